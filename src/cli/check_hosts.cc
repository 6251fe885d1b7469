// The formats of the hosts of code: GitHub and GitLab.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/check_output.h"

namespace ringfence::cli {
namespace {

using check::Finding;
using nlohmann::ordered_json;
using Handler = nlohmann::json::error_handler_t;

// GitHub shows ten annotations of one kind for a step.
constexpr size_t kShown = 10;

// What ends a property or the command would change what it says.
std::string Encode(std::string_view text, bool property) {
  std::string out;
  for (const char c : syntax::Escape(text)) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else if (property && c == ':') {
      out += "%3A";
    } else if (property && c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::vector<const Finding*> WorstFirst(const CheckOutput& output) {
  std::vector<const Finding*> findings;
  for (const Finding& finding : output.report.findings) {
    findings.push_back(&finding);
  }
  std::ranges::stable_sort(findings, {}, [](const Finding* finding) {
    return finding->waived                                ? 2
           : finding->severity == check::Severity::kError ? 0
                                                          : 1;
  });
  return findings;
}

std::string Cell(std::string_view text) {
  std::string out;
  for (const char c : syntax::Escape(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '<' || c == '*' || c == '_' ||
        c == '[') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

}  // namespace

std::string CheckGithub(const CheckOutput& output) {
  std::string text;
  size_t shown[3] = {};
  for (const Finding* finding : WorstFirst(output)) {
    const size_t kind = finding->waived                                ? 2
                        : finding->severity == check::Severity::kError ? 0
                                                                       : 1;
    constexpr const char* kCommands[] = {"error", "warning", "notice"};
    if (shown[kind]++ == kShown) {
      text += fmt::format(
          "::notice::more than {} of a kind: see the step summary\n", kShown);
    }
    text += fmt::format("::{} file={},line={}", kCommands[kind],
                        Encode(RelativePath(finding->at.file), true),
                        std::max(finding->at.line, 1u));
    if (finding->at.line != 0) {
      text += fmt::format(",endLine={},col={},endColumn={}", finding->at.line,
                          finding->at.column,
                          finding->at.column + finding->at.length);
    }
    const std::string waived = WaivedText(*finding);
    text += fmt::format(
        ",title={}::{}\n", Encode(finding->rule, true),
        Encode(syntax::Id(finding->code) + ": " + OneLine(*finding) +
                   (waived.empty() ? "" : " (" + waived + ")"),
               false));
  }
  return text;
}

std::string CheckSummary(const CheckOutput& output) {
  const check::Report& report = output.report;
  std::string text = fmt::format(
      "### ringfence check: {}\n\n{} files, {} rules tried: {} errors, {} "
      "warnings, {} waived.\n",
      report.Errors() == 0 ? "passed" : "failed", output.subjects.size(),
      report.tried.size(), report.Errors(), report.Warnings(), report.Waived());
  if (report.findings.empty()) return text;
  text += "\n| | rule | place | what |\n|---|---|---|---|\n";
  for (const Finding* finding : WorstFirst(output)) {
    text +=
        fmt::format("| {} | {} | {}:{} | {} |\n", StateText(*finding),
                    Cell(finding->rule), Cell(RelativePath(finding->at.file)),
                    finding->at.line, Cell(OneLine(*finding)));
  }
  return text;
}

std::string CheckGitlab(const CheckOutput& output) {
  ordered_json issues = ordered_json::array();
  for (const Finding* finding : WorstFirst(output)) {
    if (finding->waived) continue;
    issues.push_back(
        {{"description", OneLine(*finding)},
         {"check_name", finding->rule},
         {"fingerprint", Fingerprint(*finding)},
         {"severity",
          finding->severity == check::Severity::kError ? "critical" : "minor"},
         {"location",
          {{"path", RelativePath(finding->at.file)},
           {"lines", {{"begin", std::max(finding->at.line, 1u)}}}}}});
  }
  return issues.dump(2, ' ', false, Handler::replace) + "\n";
}

}  // namespace ringfence::cli
