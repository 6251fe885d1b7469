// What `ringfence check` found, in the formats that others read.
//
// All are pure and give the same bytes for the same findings. Whatever came
// from a file is escaped as the format demands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "check/check.h"
#include "resolve/gate.h"
#include "syntax/document.h"
#include "syntax/render.h"

namespace ringfence::cli {

struct CheckOutput {
  // Errors of files are findings as well, of the rule RF0203 and so on; in text
  // they are not, and are printed by themselves.
  check::Report report;
  std::vector<resolve::Gate> gates;
  syntax::Date today;
  std::vector<std::string> subjects;  // files that were judged
  std::vector<std::string> notes;     // what was passed over, and why
};

// In the style of the compiler's diagnostics, with a last line that counts.
[[nodiscard]] std::string CheckText(const CheckOutput& output,
                                    const syntax::Sources& sources,
                                    syntax::Colour colour);
// docs/schemas/check.schema.json.
[[nodiscard]] std::string CheckJson(const CheckOutput& output);
// OASIS SARIF 2.1.0, as far as GitHub reads it.
[[nodiscard]] std::string CheckSarif(const CheckOutput& output);
// One test suite a file, one test case a rule.
[[nodiscard]] std::string CheckJunit(const CheckOutput& output);
// GitHub's workflow commands, one a line, worst first.
[[nodiscard]] std::string CheckGithub(const CheckOutput& output);
// The step summary that goes with them, in Markdown.
[[nodiscard]] std::string CheckSummary(const CheckOutput& output);
// GitLab's code quality report.
[[nodiscard]] std::string CheckGitlab(const CheckOutput& output);

// Shared by the formats.

// "socket(AF_VSOCK, SOCK_STREAM, 0) is allowed, and EPERM is wanted"; empty:
// the finding has no witness.
[[nodiscard]] std::string WitnessText(const check::Finding& finding);
// "waived until 2027-01-31 by team-x, SEC-12: reason"; empty: it is not.
[[nodiscard]] std::string WaivedText(const check::Finding& finding);
// Message and witness as one sentence.
[[nodiscard]] std::string OneLine(const check::Finding& finding);
// "error", "warning", or "waived".
[[nodiscard]] std::string_view StateText(const check::Finding& finding);
// Relative to the current folder where it lies there, as hosts of code want it.
[[nodiscard]] std::string RelativePath(const std::string& path);
// 32 hexadecimal digits that stay while lines move: rule, file and key.
[[nodiscard]] std::string Fingerprint(const check::Finding& finding);

}  // namespace ringfence::cli
