#include "compile/allows.h"

#include <algorithm>

namespace ringfence::compile {

const model::CallPolicy* FindCall(const model::SeccompPolicy& policy,
                                  std::string_view name) {
  const auto at =
      std::ranges::find(policy.calls, name, &model::CallPolicy::name);
  return at == policy.calls.end() ? nullptr : &*at;
}

bool Allows(const model::SeccompPolicy& policy, std::string_view name,
            const std::array<uint64_t, 6>& args) {
  const model::CallPolicy* call = FindCall(policy, name);
  return call != nullptr &&
         Meaning(policy,
                 {.number = call->number, .arch = policy.arch, .args = args})
                 .action == model::Action::kAllow;
}

}  // namespace ringfence::compile
