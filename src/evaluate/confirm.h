// Confirm: a program gives the answers of its policy, for every call.
//
//   auto confirmed = Confirm(policy, *compile::CompileSeccomp(policy));
//   if (!confirmed) Print(Describe(confirmed.error()));  // our emitter is
//   wrong
//
// The check is complete, not a sample: all 2^32 call numbers (cut at the
// constants of program and policy, so that one number of a piece stands for
// the piece), every other architecture, and all values of all arguments
// (cases.h). It does not trust the emitter with anything.
//
// A Confirmed can be had in no other way, and src/pack takes nothing else, so
// no bundle holds a program that was not compared with its policy.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "bpf/program.h"
#include "model/seccomp.h"

namespace ringfence::evaluate {

class Confirmed;

// One call for which policy and program differ, or why they could not be
// compared.
struct Disagreement {
  const char* why = "";
  model::Call call;
  std::string name;                  // of the call; empty: not in the policy
  model::Answer wanted;              // the policy's
  std::optional<uint32_t> returned;  // the program's; nothing: not compared
  model::Source source;              // the policy's line
};

// Takes the program, which is lost if it is wrong. [pure]
[[nodiscard]] std::expected<Confirmed, Disagreement> Confirm(
    const model::SeccompPolicy& policy, bpf::Program program);

class Confirmed {
 public:
  [[nodiscard]] const bpf::Program& program() const { return program_; }
  [[nodiscard]] bool operator==(const Confirmed&) const = default;

 private:
  explicit Confirmed(bpf::Program program) : program_(std::move(program)) {}
  friend std::expected<Confirmed, Disagreement> Confirm(
      const model::SeccompPolicy& policy, bpf::Program program);

  bpf::Program program_;
};

// One line: the call, both answers, the line of the profile.
[[nodiscard]] std::string Describe(const Disagreement& disagreement);

}  // namespace ringfence::evaluate
