// The schema: every kind, key, type and default of the language, as data.
//
// One table a kind. Check (check.h) walks a YAML tree against it; the
// reference documentation and a JSON Schema are generated from it. Extract
// (extract.h) relies on what was checked.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ringfence::syntax {

struct Field;

struct Type {
  enum class Kind : uint8_t {
    // Scalars.
    kText,            // any
    kName,            // [a-z][a-z0-9-]*
    kRuleName,        // two names with a / between
    kSyscall,         // the name of a system call
    kSyscallOrGroup,  // or "@group"
    kValue,           // a number or a constant; resolve knows which
    kNumber,          // least..most
    kId,
    kBoolean,
    kLimit,  // a number or `unlimited`
    kSize,
    kDuration,
    kCpu,
    kMode,
    kAddress,
    kSignal,
    kErrno,   // the name of one
    kDenial,  // or a word
    kDate,
    kVersion,
    kInsidePath,
    kHostPath,
    kVariable,  // the name of an environment variable
    kWord,      // one of `words`
    // Others.
    kList,     // of `element`
    kMapping,  // with the keys of `fields`
    kTable,    // of `element`, with free keys of type `key`
    kEither,   // a scalar of `element`, or a mapping of `fields`
  };
  Kind kind = Kind::kText;
  std::string_view what;  // "a size such as 64Mi"; for messages
  std::span<const std::string_view> words = {};
  const Type* element = nullptr;
  const Type* key = nullptr;
  std::span<const Field> fields = {};
  uint64_t least = 0;
  uint64_t most = 0;
  bool may_be_empty = true;  // kText, kList, kMapping, kTable
};

struct Field {
  std::string_view name;
  const Type* type = nullptr;
  bool required = false;
  std::string_view doc;  // one line
};

struct KindSchema {
  std::string_view name;  // the value of `kind`
  const Type* type = nullptr;
  std::string_view doc;
};

// The kinds that this version reads.
[[nodiscard]] std::span<const KindSchema> Kinds();

// The words of each enumeration of document.h, in the order of its values.
[[nodiscard]] std::span<const std::string_view> ColocateWords();
[[nodiscard]] std::span<const std::string_view> IdSourceWords();
[[nodiscard]] std::span<const std::string_view> NetworkModeWords();
[[nodiscard]] std::span<const std::string_view> HandoverWords();
[[nodiscard]] std::span<const std::string_view> SecurityModuleWords();
[[nodiscard]] std::span<const std::string_view> ForeignAnswerWords();
[[nodiscard]] std::span<const std::string_view> SeverityWords();
[[nodiscard]] std::span<const std::string_view> TrialStepWords();
[[nodiscard]] std::span<const std::string_view> SelinuxModeWords();
// What a Denial is beside an errno.
[[nodiscard]] std::span<const std::string_view> DenialWords();
// Also the keys of a test in `when`.
[[nodiscard]] std::span<const std::string_view> ArgumentOpWords();

}  // namespace ringfence::syntax
