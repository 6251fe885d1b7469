// What the kernel enforces on a sandbox, as read back before its program ran.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "launch/plan.h"
#include "sys/user.h"

namespace ringfence::launch {

enum class Enforcement {
  kReadBack,     // the kernel says so
  kProbed,       // it cannot be read, and was tried
  kNotEnforced,  // this host cannot; the profile permits that
};

struct Protection {
  std::string name;
  Enforcement state = Enforcement::kReadBack;
  std::string detail;
};

// `status`: /proc/self/status of the workload's process under its filter.
// Everything in it has been compared with what was promised by then.
[[nodiscard]] std::vector<Protection> Report(const bundle::Bundle& bundle,
                                             const Plan& plan,
                                             const Facts& facts,
                                             const sys::Caller& caller,
                                             std::string_view status);

[[nodiscard]] std::string_view NameOf(Enforcement state);

}  // namespace ringfence::launch
