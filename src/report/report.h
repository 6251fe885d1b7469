// Report: what holds on a host or in a set of profiles, for who has to show it.
//
//   const auto report = MakeReport(facts, *catalogue);
//   std::fputs(Html(report).c_str(), stdout);
//
// Everything is decided in MakeReport; what it gives is documented by
// docs/schemas/report.schema.json and is what --json prints. The other two
// forms are made from it alone. All are pure: the same bytes for the same
// facts.
#pragma once

#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "report/facts.h"

namespace ringfence::report {

using Json = nlohmann::ordered_json;

// The text of audit/controls.json. An error is a sentence without a full stop.
[[nodiscard]] std::expected<Json, std::string> ParseCatalogue(
    std::string_view text);
// What `ringfence attack --format json` printed. The same.
[[nodiscard]] std::expected<Escape, std::string> ParseEscape(
    std::string_view text, const std::string& file);

// Control characters and what turns the direction of writing are escaped in
// every string of it: \x1b.
[[nodiscard]] Json MakeReport(const Facts& facts, const Json& catalogue);

// One file: no script, no address of another host.
[[nodiscard]] std::string Html(const Json& report);
[[nodiscard]] std::string Markdown(const Json& report);

}  // namespace ringfence::report
