#include <set>

#include "report/report.h"

namespace ringfence::report {
namespace {

std::unexpected<std::string> NotOne(const std::string& why) {
  return std::unexpected(why);
}

bool IsText(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string();
}

}  // namespace

std::expected<Json, std::string> ParseCatalogue(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return NotOne("it is no JSON object");
  if (json.value("version", Json()) != 1) {
    return NotOne("it is not of version 1, the only one that is known here");
  }
  if (!json.value("standards", Json()).is_array() ||
      json["standards"].empty()) {
    return NotOne("it has no standards");
  }
  static const std::set<std::string> kKinds = {
      "filters", "order", "tests", "gates", "escapes", "log", "document"};
  std::set<std::string> ids;
  for (const Json& standard : json["standards"]) {
    if (!IsText(standard, "name") ||
        !standard.value("controls", Json()).is_array()) {
      return NotOne("a standard has no name or no controls");
    }
    for (const Json& control : standard["controls"]) {
      if (!IsText(control, "id") || !IsText(control, "title")) {
        return NotOne("a control has no id or no title");
      }
      const std::string id = control["id"];
      if (!ids.insert(id).second) return NotOne(id + " is there twice");
      const Json evidence = control.value("evidence", Json::array());
      if (!evidence.is_array()) return NotOne(id + " has no list of evidence");
      if (evidence.empty() != IsText(control, "not_covered")) {
        return NotOne(id + " needs either evidence or `not_covered`");
      }
      for (const Json& one : evidence) {
        if (!IsText(one, "kind") || !kKinds.contains(one["kind"])) {
          return NotOne(id + " has evidence of an unknown kind");
        }
        if (one["kind"] == "document" &&
            (!IsText(one, "file") || !IsText(one, "says"))) {
          return NotOne(id + " has a document without `file` or `says`");
        }
      }
    }
  }
  return json;
}

std::expected<Escape, std::string> ParseEscape(std::string_view text,
                                               const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  constexpr char kWrong[] =
      "it is not what `ringfence attack --format json` of this version prints";
  if (!json.is_object() || !IsText(json, "subject") ||
      !json.value("techniques", Json()).is_array()) {
    return NotOne(kWrong);
  }
  Escape escape{.file = file, .subject = json["subject"], .techniques = {}};
  for (const Json& one : json["techniques"]) {
    for (const char* key :
         {"surface", "name", "verdict", "inside", "outside", "layer"}) {
      if (!one.is_object() || !IsText(one, key)) return NotOne(kWrong);
    }
    const std::string verdict = one["verdict"];
    if (verdict != "stopped" && verdict != "THROUGH" &&
        verdict != "not shown") {
      return NotOne(std::string(kWrong) + ": `" + verdict + "` is no verdict");
    }
    escape.techniques.push_back({one["surface"], one["name"], verdict,
                                 one["inside"], one["outside"], one["layer"]});
  }
  const auto count = [&](const char* verdict) {
    size_t all = 0;
    for (const Technique& one : escape.techniques)
      all += one.verdict == verdict;
    return all;
  };
  if (escape.techniques.empty()) return NotOne("no technique was tried");
  // A file whose own count differs was cut or edited.
  if (json.value("through", Json()) != count("THROUGH") ||
      json.value("stopped", Json()) != count("stopped") ||
      json.value("not_shown", Json()) != count("not shown")) {
    return NotOne("its counts are not those of its techniques");
  }
  return escape;
}

}  // namespace ringfence::report
