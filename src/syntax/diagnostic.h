// Diagnostic: one error in the user's text, and the sink that collects them.
//
//   diagnostics.Add({.code = Code::kUnknownKey,
//                    .message = "unknown key `extend`",
//                    .span = key.span,
//                    .label = "not a key of a TrustLevel",
//                    .help = "did you mean `extends`?"});
//
// A stage adds every error it can find and then returns nothing; it prints
// nothing. Only src/syntax/render.h turns diagnostics into text. Every
// diagnostic is an error but those of which IsWarning (codes.h) holds, and
// those are collected apart from errors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "syntax/codes.h"

namespace ringfence::syntax {

// A place in a text. `line` and `column` count from 1, columns and `length`
// in code points. line 0: the file as a whole; file empty as well: no place.
struct Span {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
  uint32_t length = 1;
  bool operator==(const Span&) const = default;
};

// A second place that helps to understand the first ("the ceiling is set
// here"), or a remark without a place.
struct Note {
  std::string message;
  Span span;
  bool operator==(const Note&) const = default;
};

struct Diagnostic {
  Code code;
  std::string message;  // one sentence; user text in `backticks`
  Span span;
  std::string label;  // stands behind the carets; may be empty
  std::vector<Note> notes;
  std::string help;  // what to do; may be empty
  bool operator==(const Diagnostic&) const = default;
};

// What becomes of a level or a workload that asks for more than its ceiling.
enum class Loosening : uint8_t {
  kRefused,  // an error, and it has no effect
  kApplied,  // it has its effect; who compares two versions wants to see it
};

class Diagnostics {
 public:
  Diagnostics() = default;
  explicit Diagnostics(Loosening loosening) : loosening_(loosening) {}

  void Add(Diagnostic diagnostic) { all_.push_back(std::move(diagnostic)); }

  // A diagnostic about a ceiling. True: what was asked for must not be applied.
  [[nodiscard]] bool RefusesLoosening(Diagnostic diagnostic) {
    if (loosening_ == Loosening::kApplied) {
      breaches_.push_back(std::move(diagnostic));
      return false;
    }
    Add(std::move(diagnostic));
    return true;
  }
  [[nodiscard]] Loosening loosening() const { return loosening_; }

  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] size_t size() const { return all_.size(); }
  // The ceilings that were passed and had no effect. No errors.
  [[nodiscard]] const std::vector<Diagnostic>& breaches() const {
    return breaches_;
  }

 private:
  Loosening loosening_ = Loosening::kRefused;
  std::vector<Diagnostic> all_;
  std::vector<Diagnostic> breaches_;
};

}  // namespace ringfence::syntax
