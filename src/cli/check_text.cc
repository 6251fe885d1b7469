#include <fmt/format.h>

#include "cli/check_output.h"

namespace ringfence::cli {
namespace {

std::string Plural(size_t number, const char* what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

std::string CheckText(const CheckOutput& output, const syntax::Sources& sources,
                      syntax::Colour colour) {
  std::string text;
  for (const check::Finding& finding : output.report.findings) {
    if (finding.waived) {
      std::string place = syntax::Escape(finding.at.file);
      if (finding.at.line != 0) place += fmt::format(":{}", finding.at.line);
      text += fmt::format("waived[{}]: {}: {}: {}\n", syntax::Id(finding.code),
                          place, syntax::Escape(OneLine(finding)),
                          syntax::Escape(WaivedText(finding)));
      continue;
    }
    syntax::Diagnostic diagnostic{.code = finding.code,
                                  .message = finding.message,
                                  .span = finding.at,
                                  .label = finding.label,
                                  .notes = {},
                                  .help = finding.help};
    const auto remark = [&](const std::string& what) {
      if (!what.empty()) diagnostic.notes.push_back({what, {}});
    };
    remark(WitnessText(finding));
    for (const syntax::Note& note : finding.inherited) {
      diagnostic.notes.push_back(note);
    }
    for (const syntax::Note& note : finding.notes) {
      diagnostic.notes.push_back(note);
    }
    remark(finding.reason);
    if (!finding.controls.empty()) {
      remark(fmt::format("{}", fmt::join(finding.controls, ", ")));
    }
    text += syntax::RenderAs(StateText(finding), diagnostic, sources, colour) +
            "\n";
  }
  for (const std::string& note : output.notes) {
    text += "note: " + syntax::Escape(note) + "\n";
  }
  const check::Report& report = output.report;
  text += fmt::format(
      "{}, {} tried on {}: {}, {}, {} waived\n",
      Plural(output.gates.size(), "gate"), Plural(report.tried.size(), "rule"),
      Plural(output.subjects.size(), "file"), Plural(report.Errors(), "error"),
      Plural(report.Warnings(), "warning"), report.Waived());
  return text;
}

}  // namespace ringfence::cli
