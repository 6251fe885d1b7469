#include "report/report.h"

#include <algorithm>
#include <string>

#include "report/controls.h"
#include "syntax/render.h"

namespace ringfence::report {
namespace {

Json PlaceJson(const Place& place) {
  return {{"file", place.file}, {"line", place.line}};
}

Json Properties(const std::vector<Property>& properties) {
  Json out = Json::array();
  for (const Property& one : properties) {
    out.push_back({{"name", one.name}, {"value", one.value}});
  }
  return out;
}

Json LevelJson(const Level& level) {
  Json sources = Json::array();
  for (const FileDigest& one : level.sources) {
    sources.push_back({{"file", one.file}, {"blake2b", one.digest}});
  }
  Json allowed = Json::array();
  for (const CallGroup& one : level.allowed) {
    allowed.push_back({{"entry", one.entry},
                       {"at", PlaceJson(one.at)},
                       {"calls", one.calls}});
  }
  Json conditional = Json::array();
  for (const CallRule& one : level.conditional) {
    conditional.push_back({{"call", one.call},
                           {"rules", one.rules},
                           {"at", PlaceJson(one.at)},
                           {"otherwise", one.otherwise}});
  }
  Json denied = Json::array();
  for (const DeniedCalls& one : level.denied) {
    denied.push_back({{"answer", one.answer}, {"calls", one.calls}});
  }
  Json dangerous = Json::array();
  for (const Dangerous& one : level.dangerous) {
    dangerous.push_back({{"call", one.call},
                         {"review_by", one.review_by},
                         {"overdue", one.overdue}});
  }
  return {{"name", level.name},
          {"file", level.file},
          {"chain", level.chain},
          {"bounds", Properties(level.bounds)},
          {"allowed", allowed},
          {"conditional", conditional},
          {"denied", denied},
          {"dangerous", dangerous},
          {"tests",
           {{"passed", level.tests.passed}, {"failed", level.tests.failed}}},
          {"sources", sources}};
}

Json ProofsJson(const Facts& facts) {
  Json out = Json::array();
  for (const Level& level : facts.levels) {
    for (const Filter& one : level.filters) {
      out.push_back({{"level", level.name},
                     {"architecture", one.arch},
                     {"instructions", one.instructions},
                     {"state", NameOf(one.verdict)},
                     {"detail", one.detail},
                     {"source_blake2b", one.source_digest},
                     {"filter_blake2b", one.filter_digest}});
    }
  }
  return out;
}

Json OrderJson(const Facts& facts) {
  Json out = Json::array();
  for (const Order& one : facts.order) {
    out.push_back({{"inner", one.inner},
                   {"outer", one.outer},
                   {"claimed", one.claimed},
                   {"state", NameOf(one.verdict)},
                   {"detail", one.detail}});
  }
  return out;
}

const char* StateOf(const Finding& finding) {
  if (!finding.waived.empty()) return "waived";
  if (finding.undecided) return "undecided";
  return finding.error ? "fails" : "warning";
}

Json FindingsJson(const Facts& facts) {
  Json out = Json::array();
  for (const Finding& one : facts.findings) {
    out.push_back({{"id", one.id},
                   {"rule", one.rule},
                   {"state", StateOf(one)},
                   {"file", one.file},
                   {"name", one.name},
                   {"message", one.message},
                   {"at", PlaceJson(one.at)},
                   {"waived", one.waived}});
  }
  return out;
}

// How often a rule was tried, and what came of it.
Json RulesJson(const Facts& facts) {
  Json out = Json::array();
  for (const GateRule& rule : facts.rules) {
    size_t tried = 0;
    size_t findings = 0;
    size_t waived = 0;
    bool undecided = false;
    for (const Tried& one : facts.tried) tried += one.rule == rule.id;
    for (const Finding& one : facts.findings) {
      if (one.rule != rule.id) continue;
      ++(one.waived.empty() ? findings : waived);
      undecided = undecided || one.undecided;
    }
    const char* state = "holds";
    if (tried == 0) {
      state = "not tried";
    } else if (undecided) {
      state = "undecided";
    } else if (findings != 0) {
      state = rule.error ? "fails" : "warning";
    } else if (waived != 0) {
      state = "waived";
    }
    out.push_back({{"id", rule.id},
                   {"state", state},
                   {"tried", tried},
                   {"findings", findings},
                   {"waived", waived},
                   {"reason", rule.reason},
                   {"controls", rule.controls},
                   {"file", rule.file}});
  }
  return out;
}

Json WaiversJson(const Facts& facts) {
  Json out = Json::array();
  for (const Waiver& one : facts.waivers) {
    out.push_back({{"rule", one.rule},
                   {"subject", one.subject},
                   {"state", one.state},
                   {"expires", one.expires},
                   {"owner", one.owner},
                   {"ticket", one.ticket},
                   {"reason", one.reason}});
  }
  return out;
}

Json EscapesJson(const Facts& facts) {
  Json out = Json::array();
  for (const Escape& escape : facts.escapes) {
    Json techniques = Json::array();
    size_t stopped = 0;
    size_t through = 0;
    for (const Technique& one : escape.techniques) {
      stopped += one.verdict == "stopped";
      through += one.verdict == "THROUGH";
      techniques.push_back({{"surface", one.surface},
                            {"name", one.name},
                            {"verdict", one.verdict},
                            {"inside", one.inside},
                            {"outside", one.outside},
                            {"layer", one.layer}});
    }
    out.push_back({{"subject", escape.subject},
                   {"file", escape.file},
                   {"stopped", stopped},
                   {"through", through},
                   {"not_shown", escape.techniques.size() - stopped - through},
                   {"techniques", techniques}});
  }
  return out;
}

Json LogJson(const Facts& facts) {
  if (facts.logs.empty()) return nullptr;
  const Log& log = facts.logs.front();
  Json events = Json::array();
  for (const Event& one : log.shown) {
    events.push_back({{"seq", one.seq},
                      {"at", one.at},
                      {"uid", one.uid},
                      {"kind", one.kind},
                      {"name", one.name},
                      {"level", one.level},
                      {"detail", one.detail}});
  }
  return {{"path", log.path},
          {"state", log.broken.empty() ? "holds" : "fails"},
          {"broken", log.broken},
          {"events", log.events},
          {"last_digest", log.last_digest},
          {"left_off", log.left_off},
          {"shown", events}};
}

std::string Count(size_t all, const char* one, const char* many) {
  return std::to_string(all) + " " + (all == 1 ? one : many);
}

// The first page: one sentence a claim, with its state.
class Summary {
 public:
  explicit Summary(const Json& report) : report_(report) {}

  Json Make() {
    Filters();
    Order();
    Tests();
    Gates();
    Waivers();
    Controls();
    Escapes();
    Log();
    std::string verdict = "holds";
    for (const Json& one : statements_) {
      if (one["state"] == "fails") verdict = "fails";
      if (one["state"] == "undecided" && verdict == "holds") {
        verdict = "undecided";
      }
    }
    return {{"verdict", verdict}, {"statements", statements_}};
  }

 private:
  void Add(const std::string& state, const std::string& text,
           const char* section) {
    statements_.push_back(
        {{"state", state}, {"text", text}, {"section", section}});
  }

  static size_t CountOf(const Json& list, const std::string& state) {
    return static_cast<size_t>(std::ranges::count_if(
        list, [&](const Json& one) { return one["state"] == state; }));
  }

  // What is claimed of a list, where nothing in it fails or is open.
  void Whole(const Json& list, const std::string& holds,
             const std::string& subject, const char* section) {
    const size_t fails = CountOf(list, "fails");
    const size_t open = CountOf(list, "undecided");
    if (fails != 0) {
      Add("fails", std::to_string(fails) + " of " + subject + " refuted",
          section);
    }
    if (open != 0) {
      Add("undecided",
          std::to_string(open) + " of " + subject +
              " neither proved nor refuted",
          section);
    }
    if (fails == 0 && open == 0 && !list.empty()) Add("holds", holds, section);
  }

  void Filters() {
    const Json& all = report_["proofs"];
    const std::string number = Count(all.size(), "filter", "filters");
    Whole(all,
          number +
              " proved equal to the profile, for every call number, "
              "architecture and argument",
          number, "proofs");
  }

  void Order() {
    Json claimed = Json::array();
    for (const Json& one : report_["order"]) {
      if (one["claimed"] == true) claimed.push_back(one);
    }
    const std::string number = Count(claimed.size(), "pair", "pairs");
    Whole(claimed,
          number +
              " of levels proved to be in order: who extends a level is "
              "nowhere looser than it",
          number + " of levels in order", "order");
  }

  void Tests() {
    size_t passed = 0;
    size_t failed = 0;
    for (const Json& level : report_["levels"]) {
      passed += level["tests"]["passed"].get<size_t>();
      failed += level["tests"]["failed"].size();
    }
    if (failed != 0) {
      Add("fails",
          std::to_string(failed) + " of " +
              Count(passed + failed, "test", "tests") +
              " that the levels bring along do not hold",
          "levels");
    } else if (passed != 0) {
      Add("holds",
          Count(passed, "test", "tests") + " that the levels bring along hold",
          "levels");
    }
  }

  void Gates() {
    const Json& gates = report_["gates"];
    const Json& findings = gates["findings"];
    const size_t tried = gates["tried"];
    const std::string number = Count(gates["rules"].size(), "rule", "rules") +
                               " of the gates, tried " +
                               Count(tried, "time", "times");
    if (const size_t fails = CountOf(findings, "fails"); fails != 0) {
      Add("fails", Count(fails, "finding", "findings") + " by " + number,
          "gates");
    }
    if (const size_t open = CountOf(findings, "undecided"); open != 0) {
      Add("undecided",
          Count(open, "claim", "claims") + " left open by " + number, "gates");
    }
    if (CountOf(findings, "fails") + CountOf(findings, "undecided") == 0 &&
        tried != 0) {
      Add("holds", number + ", without an error", "gates");
    }
    if (tried == 0) Add("not shown", "no rule of a gate was tried", "gates");
    if (const size_t few = CountOf(findings, "warning"); few != 0) {
      Add("warning", Count(few, "warning", "warnings") + " by the gates",
          "gates");
    }
    const size_t idle = CountOf(gates["rules"], "not tried");
    if (idle != 0 && tried != 0) {
      Add("not shown",
          Count(idle, "rule is", "rules are") + " about none of the levels",
          "gates");
    }
  }

  void Waivers() {
    const size_t waived = CountOf(report_["gates"]["findings"], "waived");
    if (waived == 0) return;
    Add("waived",
        Count(waived, "finding is", "findings are") +
            " set aside by a waiver that ends",
        "waivers");
  }

  void Controls() {
    size_t all = 0;
    size_t shown = 0;
    size_t fails = 0;
    size_t absent = 0;
    for (const Json& standard : report_["controls"]) {
      const Json& controls = standard["controls"];
      all += controls.size();
      shown += CountOf(controls, "holds") + CountOf(controls, "documented") +
               CountOf(controls, "waived");
      fails += CountOf(controls, "fails");
      absent += CountOf(controls, "not covered");
    }
    const std::string of = " of " + Count(all, "control", "controls");
    if (fails != 0) {
      Add("fails", std::to_string(fails) + of + " contradicted by evidence",
          "controls");
    }
    if (shown != 0) {
      Add("holds", std::to_string(shown) + of + " with evidence", "controls");
    }
    if (absent != 0) {
      Add("not covered",
          std::to_string(absent) + of +
              " not covered by Ringfence: each says why",
          "controls");
    }
  }

  void Escapes() {
    size_t through = 0;
    size_t stopped = 0;
    size_t open = 0;
    for (const Json& one : report_["escapes"]) {
      through += one["through"].get<size_t>();
      stopped += one["stopped"].get<size_t>();
      open += one["not_shown"].get<size_t>();
    }
    if (report_["escapes"].empty()) {
      Add("not shown", "no results of escape attempts were given", "escapes");
      return;
    }
    const std::string number =
        Count(through + stopped + open, "escape attempt", "escape attempts");
    if (through != 0) {
      Add("fails", std::to_string(through) + " of " + number + " got through",
          "escapes");
    } else if (stopped != 0) {
      Add("holds",
          number + ": " + std::to_string(stopped) +
              " stopped that succeed outside, none got through",
          "escapes");
    }
    if (open != 0) {
      Add("not shown",
          std::to_string(open) + " of " + number +
              " show nothing: they are stopped outside, too",
          "escapes");
    }
  }

  void Log() {
    const Json& log = report_["log"];
    if (log.is_null()) {
      Add("not shown", "no event log was read", "log");
    } else if (log["state"] == "holds" && log["events"] == 0) {
      Add("not shown", "the event log holds no event yet", "log");
    } else if (log["state"] == "holds") {
      Add("holds",
          "the event log is whole: " +
              Count(log["events"].get<size_t>(), "event", "events") +
              ", each bound to the one before it",
          "log");
    } else {
      Add("fails",
          "the event log was changed: " +
              Count(log["broken"].size(), "place", "places"),
          "log");
    }
  }

  const Json& report_;
  Json statements_ = Json::array();
};

// Everything a reader sees comes through here once.
void MakeHarmless(Json& value) {
  if (value.is_string()) {
    value = syntax::Escape(value.get_ref<const std::string&>());
  } else if (value.is_structured()) {
    for (Json& part : value) MakeHarmless(part);
  }
}

}  // namespace

Json MakeReport(const Facts& facts, const Json& catalogue) {
  Json levels = Json::array();
  for (const Level& level : facts.levels) levels.push_back(LevelJson(level));
  Json workloads = Json::array();
  for (const Workload& one : facts.workloads) {
    workloads.push_back(
        {{"name", one.name}, {"file", one.file}, {"level", one.level}});
  }
  Json report = {{"version", 1},
                 {"ringfence", facts.version},
                 {"today", facts.today},
                 {"scope", facts.scope},
                 {"summary", nullptr},
                 {"host", Properties(facts.host)},
                 {"levels", levels},
                 {"workloads", workloads},
                 {"proofs", ProofsJson(facts)},
                 {"order", OrderJson(facts)},
                 {"gates",
                  {{"tried", facts.tried.size()},
                   {"rules", RulesJson(facts)},
                   {"findings", FindingsJson(facts)}}},
                 {"waivers_count", facts.waivers_count},
                 {"waivers", WaiversJson(facts)},
                 {"controls", JudgeControls(facts, catalogue)},
                 {"escapes", EscapesJson(facts)},
                 {"log", LogJson(facts)},
                 {"notes", facts.notes}};
  report["summary"] = Summary(report).Make();
  MakeHarmless(report);
  return report;
}

}  // namespace ringfence::report
