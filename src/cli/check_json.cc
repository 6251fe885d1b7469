#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "check/dates.h"
#include "cli/call_text.h"
#include "cli/check_output.h"

namespace ringfence::cli {
namespace {

using nlohmann::ordered_json;
using Handler = nlohmann::json::error_handler_t;

ordered_json Place(const syntax::Span& at) {
  return {{"file", RelativePath(at.file)},
          {"line", at.line},
          {"column", at.column}};
}

ordered_json Places(const std::vector<syntax::Note>& notes) {
  ordered_json out = ordered_json::array();
  for (const syntax::Note& note : notes) {
    ordered_json one = {{"message", note.message}};
    if (note.span.line != 0) one["at"] = Place(note.span);
    out.push_back(std::move(one));
  }
  return out;
}

ordered_json FindingJson(const check::Finding& finding) {
  ordered_json json = {
      {"id", syntax::Id(finding.code)},
      {"rule", finding.rule},
      {"severity",
       finding.severity == check::Severity::kError ? "error" : "warning"},
      {"file", RelativePath(finding.subject)},
      {"name", finding.name},
      {"message", finding.message},
      {"at", Place(finding.at)},
      {"inherited_through", Places(finding.inherited)},
      {"notes", Places(finding.notes)},
      {"help", finding.help},
      {"reason", finding.reason},
      {"controls", finding.controls},
      {"fingerprint", Fingerprint(finding)}};
  if (finding.witness) {
    const check::Witness& witness = *finding.witness;
    ordered_json args = ordered_json::array();
    for (const uint64_t arg : witness.call.args) {
      args.push_back(fmt::format("{:#x}", arg));
    }
    json["witness"] = {{"call", CallText(witness.call)},
                       {"architecture", ArchName(witness.call.arch)},
                       {"number", witness.call.nr},
                       {"arguments", args},
                       {"is", OutcomeText(witness.is)},
                       {"other", OutcomeText(witness.wanted)}};
  }
  if (finding.waived) {
    const syntax::Waiver& waiver = *finding.waived;
    json["waived"] = {{"file", RelativePath(waiver.rule.span.file)},
                      {"reason", waiver.reason.value},
                      {"owner", waiver.owner.value},
                      {"ticket", waiver.ticket.value},
                      {"expires", check::Text(waiver.expires.value)}};
  }
  return json;
}

}  // namespace

std::string CheckJson(const CheckOutput& output) {
  const check::Report& report = output.report;
  ordered_json gates = ordered_json::array();
  for (const resolve::Gate& gate : output.gates) {
    gates.push_back({{"name", gate.name},
                     {"file", RelativePath(gate.span.file)},
                     {"rules", gate.rules.size()}});
  }
  ordered_json tried = ordered_json::array();
  for (const check::Tried& one : report.tried) {
    tried.push_back({{"rule", one.rule}, {"file", RelativePath(one.subject)}});
  }
  ordered_json findings = ordered_json::array();
  for (const check::Finding& finding : report.findings) {
    findings.push_back(FindingJson(finding));
  }
  const ordered_json json = {{"version", 1},
                             {"today", check::Text(output.today)},
                             {"gates", gates},
                             {"tried", tried},
                             {"findings", findings},
                             {"notes", output.notes},
                             {"summary",
                              {{"files", output.subjects.size()},
                               {"errors", report.Errors()},
                               {"warnings", report.Warnings()},
                               {"waived", report.Waived()}}}};
  return json.dump(2, ' ', false, Handler::replace) + "\n";
}

}  // namespace ringfence::cli
