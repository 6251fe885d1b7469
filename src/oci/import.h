// ImportOci: a seccomp profile of Docker, Podman or an OCI runtime -> the
// policy that it is on a given host.
//
//   const oci::Host host{.arch = model::kArchX86_64, .kernel = {6, 1}};
//   auto imported = oci::ImportOci(text, "seccomp.json", host, diagnostics);
//   if (!imported) return Report(diagnostics);
//   model::Meaning(imported->policy, call);
//
// The policy is what runc and libseccomp make of the file, not what one would
// wish it to say:
//   - `includes` and `excludes` are resolved for the host as Docker does:
//     every capability and the architecture of `includes`, no one of
//     `excludes`.
//   - Rules for one call are OR; the arguments of one rule are AND, but where
//     one of them is tested twice each test is a rule of its own (runc).
//   - Comparisons are unsigned and of all 64 bits, whatever the kernel reads.
//   - A rule without arguments beats those with; the first one wins.
//   - A rule that answers like `defaultAction` does nothing (runc).
//   - Above the newest call that is named, numbers answer ENOSYS, unless the
//     default lets pass or is ENOSYS itself (runc).
//   - A bare SCMP_ACT_ERRNO is EPERM; SCMP_ACT_KILL kills the thread.
// Where rules with arguments overlap and answer differently libseccomp's own
// order decides, which no file shows: that is an error here.
//
// Stricter than the file on two points, both told as notes: of the
// architectures that it names only the host's is let in, and x32 is killed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/seccomp.h"
#include "resolve/syscall_table.h"
#include "syntax/diagnostic.h"

namespace ringfence::oci {

// What the profile is resolved for.
struct Host {
  uint32_t arch = model::kArchX86_64;
  std::set<std::string> capabilities = {};  // of the container: "CAP_CHOWN"
  resolve::KernelVersion kernel = {6, 1};
};

struct Imported {
  model::SeccompPolicy policy;
  // What the profile says and the policy does not, with the place.
  std::vector<syntax::Note> notes;
};

// Nothing, with every error of the file, if it is malformed or contradicts
// itself. [pure]
[[nodiscard]] std::optional<Imported> ImportOci(
    std::string_view text, std::string_view file, const Host& host,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::oci
