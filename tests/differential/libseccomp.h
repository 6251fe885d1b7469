// What the installed libseccomp makes of a policy: the second opinion, and the
// rival in benchmarks.
//
//   LibseccompFilter filter(SCMP_ACT_ERRNO(1));
//   filter.Add(SCMP_ACT_ALLOW, SCMP_SYS(read), {});
//   const std::vector<bpf::Instruction> code = filter.Export();
#pragma once

#include <seccomp.h>

#include <string>
#include <vector>

#include "bpf/program.h"
#include "model/seccomp.h"

namespace ringfence {

class LibseccompFilter {
 public:
  // `optimize`: 1 is a chain in order of priority, 2 a binary tree.
  explicit LibseccompFilter(uint32_t default_action, uint32_t optimize = 1);
  ~LibseccompFilter();
  LibseccompFilter(const LibseccompFilter&) = delete;
  LibseccompFilter& operator=(const LibseccompFilter&) = delete;

  // The arguments of one rule are AND. False if libseccomp refuses the rule.
  bool Add(uint32_t action, int call, const std::vector<scmp_arg_cmp>& args);

  [[nodiscard]] std::vector<bpf::Instruction> Export() const;

 private:
  scmp_filter_ctx context_;
};

// An OCI profile whose rules are for every host, given to libseccomp as runc
// does: names that it does not know are left out, rules like the default are
// skipped, a rule that tests one argument twice is several rules. Rules with
// `includes` are left out and `excludes` is not looked at: what a container
// without capabilities gets.
[[nodiscard]] std::vector<bpf::Instruction> LibseccompOfProfile(
    const std::string& json, uint32_t optimize);

}  // namespace ringfence
