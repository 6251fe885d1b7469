#include "report/controls.h"

#include <algorithm>
#include <string>

namespace ringfence::report {
namespace {

// Of several pieces of evidence the first of these decides.
constexpr const char* kWorstFirst[] = {"fails", "undecided",  "waived",
                                       "holds", "documented", "not shown"};

std::string Worst(const Json& pieces) {
  for (const char* state : kWorstFirst) {
    for (const Json& piece : pieces) {
      if (piece["state"] == state) return state;
    }
  }
  return "not shown";
}

class Judging {
 public:
  explicit Judging(const Facts& facts) : facts_(facts) {}

  Json Control(const Json& control) {
    Json out = {{"id", control["id"]}, {"title", control["title"]}};
    if (control.contains("not_covered")) {
      out["state"] = "not covered";
      out["why"] = control["not_covered"];
      out["evidence"] = Json::array();
      return out;
    }
    Json pieces = Json::array();
    for (const Json& one : control["evidence"]) Add(one, control["id"], pieces);
    const std::string state = Worst(pieces);
    out["state"] = state;
    if (control.contains("limits")) out["why"] = control["limits"];
    out["evidence"] = pieces;
    return out;
  }

 private:
  void Add(const Json& one, const std::string& control, Json& pieces) {
    const std::string kind = one["kind"];
    if (kind == "gates") {
      for (const GateRule& rule : facts_.rules) {
        if (std::ranges::find(rule.controls, control) != rule.controls.end()) {
          pieces.push_back({{"kind", "gate"},
                            {"state", StateOf(rule)},
                            {"text", rule.id + ": " + rule.reason},
                            {"place", rule.file}});
        }
      }
      return;
    }
    if (kind == "document") {
      // It was tested where Ringfence was made, not here.
      pieces.push_back({{"kind", "document"},
                        {"state", "documented"},
                        {"text", one["says"]},
                        {"place", one["file"]}});
      return;
    }
    pieces.push_back({{"kind", kind},
                      {"state", StateOf(kind)},
                      {"text", TextOf(kind)},
                      {"place", ""}});
  }

  std::string StateOf(const GateRule& rule) const {
    const bool tried = std::ranges::any_of(
        facts_.tried, [&](const Tried& one) { return one.rule == rule.id; });
    if (!tried) return "not shown";
    std::string state = "holds";
    for (const Finding& finding : facts_.findings) {
      if (finding.rule != rule.id) continue;
      if (!finding.waived.empty()) {
        state = "waived";
      } else {
        return finding.undecided ? "undecided" : "fails";
      }
    }
    return state;
  }

  std::string StateOf(const std::string& kind) const {
    if (kind == "filters") {
      std::vector<Verdict> all;
      for (const Level& level : facts_.levels) {
        for (const Filter& one : level.filters) all.push_back(one.verdict);
      }
      return Whole(all);
    }
    if (kind == "order") {
      std::vector<Verdict> all;
      for (const Order& one : facts_.order) {
        if (one.claimed) all.push_back(one.verdict);
      }
      return Whole(all);
    }
    if (kind == "tests") {
      std::vector<Verdict> all;
      for (const Level& level : facts_.levels) {
        if (level.tests.passed == 0 && level.tests.failed.empty()) continue;
        all.push_back(level.tests.failed.empty() ? Verdict::kHolds
                                                 : Verdict::kFails);
      }
      return Whole(all);
    }
    if (kind == "escapes") {
      std::vector<Verdict> all;
      for (const Escape& escape : facts_.escapes) {
        for (const Technique& one : escape.techniques) {
          if (one.verdict == "not shown") continue;
          all.push_back(one.verdict == "THROUGH" ? Verdict::kFails
                                                 : Verdict::kHolds);
        }
      }
      return Whole(all);
    }
    std::vector<Verdict> all;  // the log
    for (const Log& log : facts_.logs) {
      if (log.events == 0 && log.broken.empty()) continue;
      all.push_back(log.broken.empty() ? Verdict::kHolds : Verdict::kFails);
    }
    return Whole(all);
  }

  static std::string Whole(const std::vector<Verdict>& all) {
    if (all.empty()) return "not shown";
    for (const Verdict worst : {Verdict::kFails, Verdict::kUndecided}) {
      if (std::ranges::find(all, worst) != all.end()) return NameOf(worst);
    }
    return NameOf(Verdict::kHolds);
  }

  static std::string TextOf(const std::string& kind) {
    if (kind == "filters") {
      return "every filter is proved equal to its profile";
    }
    if (kind == "order") {
      return "every level is proved to lie inside the level that it extends";
    }
    if (kind == "tests") return "the levels' own tests pass";
    if (kind == "escapes") {
      return "every known way out was tried and stopped";
    }
    return "the event log is what was written";
  }

  const Facts& facts_;
};

}  // namespace

const char* NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kFails:
      return "fails";
    case Verdict::kUndecided:
      return "undecided";
  }
  return "";
}

Json JudgeControls(const Facts& facts, const Json& catalogue) {
  Judging judging(facts);
  Json standards = Json::array();
  for (const Json& standard : catalogue["standards"]) {
    Json controls = Json::array();
    for (const Json& control : standard["controls"]) {
      controls.push_back(judging.Control(control));
    }
    standards.push_back({{"name", standard["name"]},
                         {"edition", standard.value("edition", "")},
                         {"controls", controls}});
  }
  return standards;
}

}  // namespace ringfence::report
