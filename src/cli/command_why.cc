#include "cli/command_why.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "admit/layout.h"
#include "admit/ledger.h"
#include "cli/foreign_check.h"
#include "cli/history.h"
#include "cli/install.h"
#include "launch/refusal.h"
#include "sys/user.h"

namespace ringfence::cli {
namespace {

using launch::ExitCode;

struct Question {
  std::string level;  // or the name of a running workload
  std::string tenant;
  std::string colocate;
  std::string profiles;
};

int Fail(ExitCode code, const std::string& text) {
  std::fprintf(stderr, "ringfence: %s\n", text.c_str());
  return static_cast<int>(code);
}

// How the level asked about is colocated. Its profile is not read here: while
// none of its workloads runs, the answer is the same for all three.
model::Colocate ColocateOf(const Question& question,
                           const std::vector<admit::Entry>& entries) {
  static const std::map<std::string, model::Colocate> kNames{
      {"same-level", model::Colocate::kSameLevel},
      {"same-tenant", model::Colocate::kSameTenant},
      {"alone", model::Colocate::kAlone}};
  if (!question.colocate.empty()) return kNames.at(question.colocate);
  for (const admit::Entry& entry : entries) {
    if (entry.record.level.name == question.level) {
      return entry.record.level.colocate;
    }
  }
  return model::Colocate::kSameLevel;
}

// For `why NAME`: who that is, and who may join it.
const admit::Record* FindWorkload(const Question& question,
                                  const std::vector<admit::Entry>& entries) {
  const admit::Record* found = nullptr;
  for (const admit::Entry& entry : entries) {
    if (entry.record.level.name == question.level) return nullptr;
    if (entry.record.name == question.level) found = &entry.record;
  }
  return found;
}

std::vector<model::HostGid> CallersGroups() {
  std::vector<model::HostGid> groups;
  if (const auto caller = sys::GetCaller()) {
    groups.emplace_back(caller->gid);
    for (const gid_t gid : caller->groups) groups.emplace_back(gid);
  }
  return groups;
}

// nullopt: admitted.
std::optional<admit::Refusal> AsRefusal(const admit::Decision& decision) {
  return std::visit(
      [](const auto& why) -> std::optional<admit::Refusal> {
        if constexpr (std::is_same_v<decltype(why), const admit::Admitted&>) {
          return std::nullopt;
        } else {
          return why;
        }
      },
      decision);
}

// A denial this shortly before the end may be what a program died of.
constexpr int64_t kShortlyMs = 2000;

// How a workload that does not run ended. False: nothing is known of it.
bool TellEnd(const std::string& name) {
  const auto known = Recall(model::HostUid(::geteuid()), name);
  if (!known) {
    std::fprintf(stderr, "ringfence: %s\n",
                 launch::Describe(known.error()).c_str());
    return false;
  }
  if (known->empty() || known->back().running) return false;
  const Remembered& last = known->back();
  auto ended = PartOf(last.account, "ended");
  if (ended.empty()) ended = PartOf(last.account, "refused");
  const int64_t at = NumberOf(ended, "at_ms");
  std::printf("%s does not run; its last launch%s %s\n", name.c_str(),
              at != 0 ? (", until " + DescribeTime(at) + ",").c_str() : "",
              DescribeEnd(last).c_str());
  const auto denied = PartOf(last.account, "denied");
  const int64_t total = NumberOf(denied, "total");
  if (total == 0) return true;
  std::printf("%lld %s denied; `ringfence inspect %s` has %s\n",
              static_cast<long long>(total),
              total == 1 ? "call was" : "calls were", name.c_str(),
              total == 1 ? "it" : "them");
  for (const auto& denial : PartOf(denied, "last")) {
    if (NumberOf(denial, "last_ms") + kShortlyMs < at) continue;
    std::printf("  shortly before its end: %s\n",
                DescribeDenial(denial).c_str());
  }
  return true;
}

// Whether there is a profile of that name: nobody is told that a level may
// start which does not exist. What is in it is not read here.
bool HasProfile(const Question& question) {
  return std::ranges::any_of(
      ProfileFolders(question.profiles), [&](const std::string& folder) {
        std::error_code error;
        return std::filesystem::exists(folder + "/" + question.level + ".yaml",
                                       error);
      });
}

int Answer(const Question& question, const admit::Ledger& ledger,
           const std::vector<admit::Entry>& entries,
           const model::HostPolicy& policy) {
  if (ledger.scope() == admit::Scope::kUser) {
    std::puts("user scope: workloads of other users are not known here");
  }
  std::vector<admit::Record> held;
  for (const admit::Entry& entry : entries) held.push_back(entry.record);
  if (const admit::Record* workload = FindWorkload(question, entries)) {
    std::printf("%s runs; beside it may start: %s\n",
                admit::Describe(*workload).c_str(),
                admit::DescribeCompatible(held).c_str());
    return 0;
  }
  const bool is_level =
      std::ranges::any_of(entries, [&](const admit::Entry& entry) {
        return entry.record.level.name == question.level;
      });
  if (!is_level && TellEnd(question.level)) return 0;
  if (!is_level && !HasProfile(question)) {
    return Fail(ExitCode::kMissing,
                "`" + question.level +
                    "` is neither a trust level nor a workload of yours that "
                    "is remembered\n  help: `ringfence ps` lists what runs; a "
                    "level with a profile elsewhere needs --profiles DIR");
  }
  const admit::Request request{
      .level = {.name = question.level,
                .tenant = question.tenant,
                .colocate = ColocateOf(question, entries)},
      .name = "why",
      .uid = model::HostUid(::geteuid()),
      .groups = CallersGroups()};
  const auto refusal =
      AsRefusal(admit::Decide({request.level, request.groups}, held, policy));
  if (!refusal) {
    if (const auto foreign = FindForeignInTheWay()) {
      std::printf("%s may not start now: %s\n  help: %s\n",
                  question.level.c_str(), foreign->what.c_str(),
                  foreign->remedy.c_str());
      return static_cast<int>(ExitCode::kColocation);
    }
    std::printf("%s may start now: ", question.level.c_str());
    if (held.empty()) {
      std::puts("nothing runs here");
    } else {
      std::puts("everything that runs here is compatible:");
      for (const admit::Record& record : held) {
        std::printf("  %s\n", admit::Describe(record).c_str());
      }
    }
    return 0;
  }
  std::printf("%s may not start now: %s\n", question.level.c_str(),
              admit::Describe(*refusal, request).c_str());
  return static_cast<int>(ExitCode::kColocation);
}

}  // namespace

int RunWhy(int argc, char** argv) {
  Question question;
  CLI::App app(
      "Say whether a trust level may start here now, and who is in its way; or "
      "how a workload last ended.\n"
      "Exit code 0: it may, or the workload is known; 120: it may not; 123: "
      "there is none of that name.",
      "ringfence why");
  app.add_option("level", question.level,
                 "A trust level, or the name of a workload")
      ->type_name("LEVEL|NAME")
      ->required();
  app.add_option("--tenant", question.tenant, "As a workload of this tenant");
  app.add_option("--colocate", question.colocate,
                 "As a level with this key; default: as its workloads that "
                 "run, else same-level")
      ->check(CLI::IsMember({"same-level", "same-tenant", "alone"}));
  app.add_option("--profiles", question.profiles,
                 "Look profiles up in this folder only")
      ->type_name("DIR");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return Fail(ExitCode::kInput, error.what());
  }
  for (const std::string& text : {question.level, question.tenant}) {
    if (admit::IsName(text) || (text.empty() && !question.level.empty())) {
      continue;
    }
    return Fail(ExitCode::kInput,
                admit::Describe(admit::Refusal(admit::InvalidName{text}),
                                admit::Request{}));
  }
  const auto ledger = admit::Ledger::Open(model::HostUid(::geteuid()));
  if (!ledger) {
    return Fail(ExitCode::kColocation, admit::Describe(ledger.error()));
  }
  const auto entries = ledger->Running();
  if (!entries) {
    return Fail(ExitCode::kColocation, admit::Describe(entries.error()));
  }
  const auto policy = ledger->Policy();
  if (!policy) {
    return Fail(ExitCode::kColocation, admit::Describe(policy.error()));
  }
  return Answer(question, *ledger, *entries, *policy);
}

}  // namespace ringfence::cli
