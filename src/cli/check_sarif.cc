#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/check_output.h"

namespace ringfence::cli {
namespace {

using nlohmann::ordered_json;
using Handler = nlohmann::json::error_handler_t;

// GitHub shows at most so many tags of a rule.
constexpr size_t kMaxTags = 10;

// Paths in SARIF are URI references (RFC 3986).
std::string Uri(const std::string& path) {
  std::string out;
  for (const char c : RelativePath(path)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").contains(c);
    out += plain ? std::string(1, c)
                 : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

class Writer {
 public:
  explicit Writer(const CheckOutput& output) : output_(output) {}

  std::string Write() {
    for (const resolve::Gate& gate : output_.gates) {
      for (const resolve::GateRule& rule : gate.rules) {
        AddRule(rule.name, rule.reason, rule.controls, rule.severity);
      }
    }
    ordered_json results = ordered_json::array();
    for (const check::Finding& finding : output_.report.findings) {
      results.push_back(Result(finding));
    }
    const ordered_json driver = {{"name", "ringfence"},
                                 {"semanticVersion", RINGFENCE_VERSION},
                                 {"rules", rules_}};
    const ordered_json run = {{"tool", {{"driver", driver}}},
                              {"columnKind", "unicodeCodePoints"},
                              {"results", results}};
    return ordered_json{
               {"$schema",
                "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/"
                "schemas/sarif-schema-2.1.0.json"},
               {"version", "2.1.0"},
               {"runs", {run}}}
               .dump(2, ' ', false, Handler::replace) +
           "\n";
  }

 private:
  static const char* Level(check::Severity severity) {
    return severity == check::Severity::kError ? "error" : "warning";
  }

  size_t AddRule(const std::string& name, const std::string& reason,
                 const std::vector<std::string>& controls,
                 check::Severity severity) {
    const auto [at, fresh] = index_.emplace(name, rules_.size());
    if (!fresh) return at->second;
    ordered_json tags = {"security"};
    for (const std::string& control : controls) {
      if (tags.size() < kMaxTags) tags.push_back(control);
    }
    const bool error = severity == check::Severity::kError;
    rules_.push_back(
        {{"id", name},
         {"shortDescription", {{"text", name}}},
         {"fullDescription", {{"text", reason.empty() ? name : reason}}},
         {"help", {{"text", reason.empty() ? name : reason}}},
         {"defaultConfiguration", {{"level", Level(severity)}}},
         {"properties",
          {{"tags", tags},
           {"precision", "very-high"},
           {"problem.severity", error ? "error" : "warning"},
           {"security-severity", error ? "8.0" : "4.0"}}}});
    return at->second;
  }

  [[nodiscard]] ordered_json Location(const syntax::Span& at,
                                      const std::string& message) const {
    ordered_json place = {{"artifactLocation", {{"uri", Uri(at.file)}}}};
    if (at.line != 0) {
      place["region"] = {{"startLine", at.line},
                         {"startColumn", std::max(at.column, 1u)},
                         {"endColumn", std::max(at.column, 1u) + at.length}};
    }
    ordered_json location = {{"physicalLocation", place}};
    if (!message.empty()) location["message"] = {{"text", message}};
    return location;
  }

  ordered_json Result(const check::Finding& finding) {
    const size_t rule = AddRule(finding.rule, finding.reason, finding.controls,
                                finding.severity);
    const syntax::Span at = finding.at.file.empty()
                                ? syntax::Span{finding.subject, 0, 0, 1}
                                : finding.at;
    ordered_json result = {
        {"ruleId", finding.rule},
        {"ruleIndex", rule},
        {"level", Level(finding.severity)},
        {"message",
         {{"text", syntax::Id(finding.code) + ": " + OneLine(finding) +
                       (finding.reason.empty() ? "" : ". " + finding.reason)}}},
        {"locations", {Location(at, "")}},
        {"partialFingerprints", {{"ringfence/v1", Fingerprint(finding)}}}};
    ordered_json related = ordered_json::array();
    for (const syntax::Note& note : finding.notes) {
      if (note.span.line == 0) continue;
      related.push_back(Location(note.span, note.message));
    }
    if (!related.empty()) result["relatedLocations"] = related;
    if (!finding.inherited.empty()) {
      ordered_json steps = ordered_json::array();
      for (const syntax::Note& note : finding.inherited) {
        steps.push_back({{"location", Location(note.span, note.message)}});
      }
      steps.push_back({{"location", Location(at, finding.message)}});
      result["codeFlows"] = {{{"threadFlows", {{{"locations", steps}}}}}};
    }
    if (finding.waived) {
      result["suppressions"] = {{{"kind", "external"},
                                 {"status", "accepted"},
                                 {"justification", WaivedText(finding)}}};
    }
    return result;
  }

  const CheckOutput& output_;
  std::map<std::string, size_t> index_;
  ordered_json rules_ = ordered_json::array();
};

}  // namespace

std::string CheckSarif(const CheckOutput& output) {
  return Writer(output).Write();
}

}  // namespace ringfence::cli
