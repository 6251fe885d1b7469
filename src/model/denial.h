// Denials: what is said of a denied system call, as data.
//
// The compiler knows argument names, constants and profile lines; the
// launcher, which answers denied calls, holds no table of its own. So every
// call that can be denied comes with all that is needed to say so: how to
// write its arguments, which line denied it, and which edits of the profiles
// would allow it. launch/denial.h makes sentences of it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/seccomp.h"

namespace ringfence::model {

// The name of a value, or of some of its bits: it applies where
// (argument & mask) == value. Value and mask have at most 32 bits; the mask
// may also be all ones.
struct Word {
  uint64_t mask = ~uint64_t{0};
  uint64_t value = 0;
  std::string name;
  bool operator==(const Word&) const = default;
};

inline constexpr uint16_t kNowhere = 0xFFFF;  // an index that points nowhere

// How one argument is written.
struct ArgumentForm {
  enum class Kind : uint8_t {
    kNumber,
    kOctal,
    kPointer,     // never followed
    kDescriptor,  // of the calling process
  };
  std::string name;
  uint8_t position = 0;  // 0..5
  Kind kind = Kind::kNumber;
  bool is_signed = false;
  uint8_t bits = 64;  // how many low bits the kernel reads: 16, 32 or 64
  uint16_t words = kNowhere;
  // This form holds only where the argument `given` has the value `equals`;
  // kNowhere: always. Of several forms for a position the first that holds
  // counts.
  uint16_t given = kNowhere;
  uint32_t equals = 0;
  bool operator==(const ArgumentForm&) const = default;
};

// A line of a profile or workload. `file` indexes Denials::files; line 0: no
// line of the user's.
struct Place {
  uint16_t file = 0;
  uint32_t line = 0;
  bool operator==(const Place&) const = default;
};

// One change of a profile.
struct Edit {
  enum class Kind : uint8_t {
    kAdd,      // `what` to the list `key`
    kRemove,   // `what` from the list `key`
    kJustify,  // `what` with reason, owner and review_by, to `dangerous`
    kSplit,    // the group `what` in `key` into its calls, without this one
  };
  Kind kind = Kind::kAdd;
  std::string what;  // empty: the name of the denied call
  std::string key;
  Place at;
  bool operator==(const Edit&) const = default;
};

// What a rule asks of one argument. `values` are cut to the argument's bits.
struct RuleTest {
  enum class Op : uint8_t { kIn, kNotIn, kRange, kAllOf, kAnyOf, kNoneOf };
  uint8_t position = 0;
  Op op = Op::kIn;
  bool is_signed = false;
  uint8_t bits = 64;
  std::string key;  // the argument's name in the profile
  std::vector<uint64_t> values;
  bool operator==(const RuleTest&) const = default;
};

// Holds where all of `when` hold and not all of `unless` do (none: no matter).
struct DeniedRule {
  Place at;
  std::vector<RuleTest> when;
  std::vector<RuleTest> unless;
  bool operator==(const DeniedRule&) const = default;
};

// A call that is denied always, or where rules do not hold.
struct DeniedCall {
  uint32_t number = 0;
  std::string name;
  Action action = Action::kExplain;
  uint16_t error = 0;
  Place at;                    // the line that denied it
  uint16_t form = kNowhere;    // into Denials::forms
  uint16_t remedy = kNowhere;  // into Denials::remedies: every edit, root first
  // The rules of every level that has some, root first; one of each must
  // hold. Empty: the call is denied whatever its arguments are.
  std::vector<std::vector<DeniedRule>> rules;
  // So many edits of the remedy, or entries of `rules`, are in levels above
  // the workload's own.
  uint8_t above = 0;
  bool operator==(const DeniedCall&) const = default;
};

struct Denials {
  std::vector<std::string> files;
  std::vector<std::vector<Word>> words;
  std::vector<std::vector<ArgumentForm>> forms;
  std::vector<std::vector<Edit>> remedies;
  std::vector<DeniedCall> calls;  // by number
  bool operator==(const Denials&) const = default;
};

[[nodiscard]] const DeniedCall* Find(const Denials& denials, uint32_t number);

// What of the argument the test objects to: its value, or the bits at fault.
// Nothing: the test holds.
[[nodiscard]] std::optional<uint64_t> Objection(
    const RuleTest& test, const std::array<uint64_t, 6>& args);
[[nodiscard]] bool Holds(const DeniedRule& rule,
                         const std::array<uint64_t, 6>& args);

}  // namespace ringfence::model
