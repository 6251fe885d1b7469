// Argument: one comparison of an OCI rule, of all 64 bits of an argument.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/seccomp.h"

namespace ringfence::oci {

struct Argument {
  enum class Op : uint8_t { kEq, kNe, kLt, kLe, kGe, kGt, kMaskedEq };
  uint8_t index = 0;  // 0..5
  Op op = Op::kEq;
  uint64_t value = 0;   // kMaskedEq: the mask
  uint64_t value2 = 0;  // kMaskedEq: what the masked argument is
  bool operator==(const Argument&) const = default;
};

// "SCMP_CMP_EQ" and so on; the word is one of the schema's.
[[nodiscard]] Argument::Op OpOf(std::string_view word);

[[nodiscard]] model::Condition ToCondition(const Argument& argument);

// True if no value passes both. The index does not count.
[[nodiscard]] bool AreDisjoint(const Argument& one, const Argument& other);

}  // namespace ringfence::oci
