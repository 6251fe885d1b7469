#include "cli/command_plan.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/complain.h"
#include "cli/exit_code.h"
#include "cli/install.h"
#include "cli/plan_input.h"

namespace ringfence::cli {
namespace {

using Json = nlohmann::ordered_json;
using placement::Item;

constexpr int kFindings = 1;

std::string LevelOf(const Item& item) {
  if (!item.level) return "no level";
  std::string text = item.level->name;
  if (!item.level->tenant.empty()) text += ", tenant " + item.level->tenant;
  if (item.level->colocate == model::Colocate::kAlone) text += ", alone";
  return text;
}

// What a host of this class must be, in the words of the file's format.
std::string HostFor(const PlanInput& asked, const placement::Group& group) {
  const model::TrustLevel& level =
      *asked.input.items[group.items.front()].level;
  if (asked.format == PlanInput::Format::kKubernetes) {
    std::string text =
        "nodeSelector " + std::string(syntax::kLevelLabel) + ": " + level.name;
    if (group.key.starts_with("tenant:")) {
      text += ", " + std::string(syntax::kTenantLabel) + ": " + level.tenant;
    }
    return group.key.empty() ? text + ", a node of its own" : text;
  }
  if (group.host) return asked.input.hosts[*group.host].name;
  return "one more host";
}

class Text {
 public:
  Text(const PlanInput& asked, const placement::Plan& plan)
      : asked_(asked), plan_(plan) {}

  void Print() const {
    Meetings();
    Problems();
    if (!plan_.shared.empty()) {
      std::puts("read-only trees shared between levels (page cache):");
      for (const placement::SharedTree& shared : plan_.shared) {
        std::printf("  %s: %s, %s\n", shared.path.c_str(),
                    Of(shared.one).c_str(), Of(shared.other).c_str());
      }
    }
    for (const std::string& what : asked_.not_considered) {
      std::printf("not considered: %s\n", what.c_str());
    }
    if (plan_.Holds()) {
      std::puts("the plan holds: no two that may not share a host would meet");
    } else {
      Split();
    }
  }

 private:
  const Item& ItemOf(size_t index) const { return asked_.input.items[index]; }
  std::string Of(size_t index) const {
    return ItemOf(index).name + " (" + LevelOf(ItemOf(index)) + ")";
  }

  void Meetings() const {
    std::puts("would meet, and share page cache and SMT siblings:");
    bool any = false;
    for (const placement::Meeting& meeting : plan_.meetings) {
      if (!meeting.compatible) continue;
      any = true;
      std::printf("  %s, %s%s\n", Of(meeting.one).c_str(),
                  Of(meeting.other).c_str(), On(meeting).c_str());
    }
    if (!any) std::puts("  none that may");
  }

  std::string On(const placement::Meeting& meeting) const {
    if (!meeting.host) return "";
    return " on " + asked_.input.hosts[*meeting.host].name;
  }

  void Problems() const {
    for (const placement::Meeting& meeting : plan_.meetings) {
      if (meeting.compatible) continue;
      std::printf("INCOMPATIBLE: %s and %s would meet%s\n  %s, %s\n",
                  Of(meeting.one).c_str(), Of(meeting.other).c_str(),
                  On(meeting).c_str(), ItemOf(meeting.one).place.c_str(),
                  ItemOf(meeting.other).place.c_str());
    }
    for (const placement::Turned& turned : plan_.turned) {
      std::printf("NOT ACCEPTED: %s does not take %s\n  %s\n",
                  asked_.input.hosts[turned.host].name.c_str(),
                  Of(turned.item).c_str(), ItemOf(turned.item).place.c_str());
    }
    Objections("CANNOT RUN", asked_.refused);
    Objections("CUT", asked_.cut);
    for (const size_t item : plan_.unknown) {
      std::printf("UNKNOWN: %s `%s` has no label %s\n  %s\n",
                  ItemOf(item).what.c_str(), ItemOf(item).name.c_str(),
                  std::string(syntax::kLevelLabel).c_str(),
                  ItemOf(item).place.c_str());
    }
  }

  void Objections(const char* what,
                  const std::vector<PlanInput::Objection>& objections) const {
    for (const PlanInput::Objection& one : objections) {
      std::printf("%s: %s\n  %s\n  help: %s\n  %s\n", what,
                  Of(one.item).c_str(), one.why.c_str(), one.remedy.c_str(),
                  one.place.c_str());
    }
  }

  void Split() const {
    std::puts("proposed:");
    for (const placement::Group& group : plan_.split) {
      std::printf("  %s:", HostFor(asked_, group).c_str());
      for (const size_t item : group.items) {
        std::printf(" %s", ItemOf(item).name.c_str());
      }
      std::puts("");
    }
  }

  const PlanInput& asked_;
  const placement::Plan& plan_;
};

Json AsJson(const PlanInput& asked, const placement::Plan& plan) {
  const auto name = [&](size_t item) { return asked.input.items[item].name; };
  const auto host = [&](std::optional<size_t> index) {
    return index ? Json(asked.input.hosts[*index].name) : Json(nullptr);
  };
  Json items = Json::array();
  for (const Item& item : asked.input.items) {
    items.push_back({{"name", item.name},
                     {"what", item.what},
                     {"place", item.place},
                     {"level", item.level ? Json(item.level->name) : Json()},
                     {"tenant", item.level ? item.level->tenant : ""}});
  }
  Json meetings = Json::array();
  for (const placement::Meeting& meeting : plan.meetings) {
    meetings.push_back({{"one", name(meeting.one)},
                        {"other", name(meeting.other)},
                        {"host", host(meeting.host)},
                        {"compatible", meeting.compatible}});
  }
  Json turned = Json::array();
  for (const placement::Turned& entry : plan.turned) {
    turned.push_back({{"item", name(entry.item)}, {"host", host(entry.host)}});
  }
  Json unknown = Json::array();
  for (const size_t item : plan.unknown) unknown.push_back(name(item));
  Json shared = Json::array();
  for (const placement::SharedTree& tree : plan.shared) {
    shared.push_back({{"one", name(tree.one)},
                      {"other", name(tree.other)},
                      {"path", tree.path}});
  }
  const auto objections = [&](const std::vector<PlanInput::Objection>& from) {
    Json list = Json::array();
    for (const PlanInput::Objection& entry : from) {
      list.push_back({{"item", name(entry.item)},
                      {"host", entry.host},
                      {"why", entry.why},
                      {"remedy", entry.remedy},
                      {"place", entry.place}});
    }
    return list;
  };
  Json split = Json::array();
  for (const placement::Group& group : plan.split) {
    Json names = Json::array();
    for (const size_t item : group.items) names.push_back(name(item));
    split.push_back({{"class", group.key.empty() ? "alone" : group.key},
                     {"on", HostFor(asked, group)},
                     {"items", names}});
  }
  return {{"holds", plan.Holds()},
          {"items", items},
          {"meetings", meetings},
          {"not_accepted", turned},
          {"without_level", unknown},
          {"host_refuses", objections(asked.refused)},
          {"host_cuts", objections(asked.cut)},
          {"shared_trees", shared},
          {"not_considered", asked.not_considered},
          {"proposed", split}};
}

}  // namespace

int RunPlan(int argc, char** argv) {
  std::string file;
  std::string format = "text";
  std::string profiles;
  std::string facts;
  CLI::App app(
      "Say which workloads would meet on a host, and how to keep those apart "
      "that may not.\n"
      "Exit code 0: none that may not would meet; 1: some would; 3: a file "
      "is wrong; 6: a host would refuse one, by its facts.",
      "ringfence plan");
  app.add_option("file", file,
                 "A Placement, a compose file, or Kubernetes manifests")
      ->type_name("FILE")
      ->required();
  app.add_option("--profiles", profiles, "Look profiles up in this folder only")
      ->type_name("DIR");
  app.add_option("--host", facts,
                 "What `ringfence host facts` wrote, of the hosts that have no "
                 "facts in the file")
      ->type_name("FACTS");
  app.add_option("--format", format, "How to print it")
      ->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "ringfence: %s\n", error.what());
    return kBadUsage;
  }
  Build build(ProfileFolders(profiles));
  const auto asked = ReadPlanInput(file, facts, build);
  if (!asked) return Complain(build);
  const placement::Plan plan = placement::MakePlan(asked->input);
  if (format == "json") {
    std::puts(AsJson(*asked, plan).dump(2).c_str());
  } else {
    Text(*asked, plan).Print();
  }
  if (!asked->refused.empty()) return kHostCannotEnforce;
  return plan.Holds() ? 0 : kFindings;
}

}  // namespace ringfence::cli
