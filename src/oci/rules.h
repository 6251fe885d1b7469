// CombineRules: the rules of an OCI profile that are about one call -> its
// policy.
#pragma once

#include <string>
#include <vector>

#include "model/seccomp.h"
#include "oci/argument.h"
#include "syntax/diagnostic.h"

namespace ringfence::oci {

// One call of one rule, as libseccomp takes it: no argument is in it twice.
struct CallRule {
  std::vector<Argument> arguments;  // AND; none: always
  model::Answer answer;
  syntax::Span span;  // of the call's name
};

// `rules` is not empty, and no answer in it is `otherwise`. Rules that never
// answer are added to `notes`; rules that overlap and differ are diagnostics.
[[nodiscard]] model::CallPolicy CombineRules(const std::string& name,
                                             uint32_t number,
                                             const std::vector<CallRule>& rules,
                                             const model::Answer& otherwise,
                                             std::vector<syntax::Note>& notes,
                                             syntax::Diagnostics& diagnostics);

}  // namespace ringfence::oci
