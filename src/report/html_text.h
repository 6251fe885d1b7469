// The parts that the HTML form of a report is put together from. Whatever comes
// from the report goes through Safe.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/report.h"

namespace ringfence::report {

// Fragment and heading of every section.
inline constexpr std::array<std::pair<const char*, const char*>, 9> kSections{
    {{"controls", "Controls and their evidence"},
     {"levels", "Levels and what they allow"},
     {"proofs", "Proofs"},
     {"order", "Order of the levels"},
     {"gates", "Gates"},
     {"waivers", "Waivers"},
     {"escapes", "Escape attempts"},
     {"log", "What ran, and what was refused and denied"},
     {"notes", "What was passed over"}}};

// A string of the report as the text of an element or an attribute.
[[nodiscard]] std::string Safe(const Json& text);
[[nodiscard]] std::string Code(const Json& text);
// "profiles/public.yaml:12"
[[nodiscard]] std::string Where(const Json& place);
[[nodiscard]] std::string Joined(const Json& texts, std::string_view between);
// Names of calls.
[[nodiscard]] std::string Words(const Json& texts);
// A word with a ground of its own colour. The word says all: colour only
// helps to find it.
[[nodiscard]] std::string StateMark(const std::string& state);

// A table with a caption and headers. The cells of a row are HTML; the first is
// the row's header. `style`: "stack" (cells below each other on a small
// screen) or "cells".
class Table {
 public:
  Table(std::vector<std::string> heads, const std::string& caption,
        std::string style);
  void Row(const std::vector<std::string>& cells);
  [[nodiscard]] std::string Take();

 private:
  std::vector<std::string> heads_;
  std::string style_;
  std::string out_;
};

}  // namespace ringfence::report
