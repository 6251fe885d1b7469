#include "launch/events.h"

#include <unistd.h>

#include <utility>

#include "base/hex.h"
#include "launch/text.h"

namespace ringfence::launch {
namespace {

using audit::Kind;

constexpr size_t kLongest = 1024;
// The workload waits while its supervisor does.
constexpr uint32_t kShortMs = 100;

std::string Member(std::string_view name, std::string_view text) {
  if (text.size() <= kLongest) return JsonMember(name, text);
  return JsonMember(name, std::string(text.substr(0, kLongest)) + "...");
}

std::string Number(std::string_view name, uint64_t number) {
  return JsonMember(name, static_cast<int64_t>(number));
}

std::string DenialMembers(const Denial& denial) {
  return Member("program", denial.program) + "," +
         JsonMember("process", int64_t{denial.pid}) + "," +
         Member("call", denial.text.call) + "," +
         JsonMember("error", ErrnoName(denial.error)) + "," +
         Member("by", denial.text.by) + "," +
         Member("remedy", denial.text.remedy);
}

}  // namespace

audit::Entry RefusalEvent(std::string workload, const Refusal& refusal) {
  if (!workload.empty()) workload += ",";
  return {Kind::kRefusal,
          workload +
              JsonMember("exit_code", static_cast<int64_t>(refusal.code)) +
              "," + Member("why", refusal.why) + "," +
              Member("remedy", refusal.remedy)};
}

std::string Events::Workload() const {
  std::string members = JsonMember("name", bundle_.name) + "," +
                        JsonMember("level", bundle_.level.name);
  if (!bundle_.level.tenant.empty()) {
    members += "," + JsonMember("tenant", bundle_.level.tenant);
  }
  return members;
}

std::expected<void, Refusal> Events::Launch(admit::Scope scope) {
  std::string members =
      Workload() + "," + Member("program", bundle_.command.front());
  if (!bundle_.proofs.empty()) {
    members +=
        "," + JsonMember("filter", Hex(bundle_.proofs.front().program.bytes));
  }
  waiting_.push_back({Kind::kLaunch, std::move(members)});
  if (scope == admit::Scope::kUser) return {};
  const auto logged = Append(audit::kPatienceMs);
  // No descriptor of the log is there when the sandbox is made.
  place_.reset();
  if (logged) return {};
  said_ = true;
  return std::unexpected(
      Refusal{ExitCode::kProtection,
              "the launch cannot be logged: " + audit::Describe(logged.error()),
              logged.error().remedy});
}

void Events::Started(int init, const std::vector<Protection>& protections) {
  Log({Kind::kStarted, Workload() + "," + JsonMember("init", int64_t{init}) +
                           "," + ProtectionsAsJson(protections)});
}

void Events::Denied(const DeniedCalls& denied) {
  const std::vector<Denial>& kept = denied.kept();
  for (; denials_ < kept.size(); ++denials_) {
    waiting_.push_back(
        {Kind::kDenial, Workload() + "," + DenialMembers(kept[denials_])});
  }
  if (waiting_.empty()) return;
  const auto logged = Append(kShortMs);
  if (!logged) Say(logged.error());
}

void Events::Ended(const Ending& ending, int exit_code,
                   const launch::Denied& denied) {
  std::string calls;
  for (const auto& [name, count] : denied.calls) {
    calls += (calls.empty() ? "" : ",") + Number(name, count);
  }
  Log({Kind::kEnd, Workload() + "," +
                       JsonMember("cause", NameOf(ending.cause)) + "," +
                       JsonMember("value", int64_t{ending.value}) + "," +
                       JsonMember("exit_code", int64_t{exit_code}) + "," +
                       HitsAsJson(ending.hits) + "," +
                       Number("denied_calls", denied.total) + ",\"denied\":{" +
                       calls + "}"});
}

void Events::Refused(const Refusal& refusal) {
  Log(RefusalEvent(bundle_.name.empty() ? "" : Workload(), refusal));
}

std::expected<void, audit::Problem> Events::Append(uint32_t patience_ms) {
  if (!place_) {
    RF_ASSIGN(place_, audit::FindPlace(model::HostUid{::geteuid()}));
  }
  RF_TRY(audit::AppendTo(*place_, waiting_, patience_ms));
  waiting_.clear();
  return {};
}

void Events::Log(audit::Entry entry) {
  waiting_.push_back(std::move(entry));
  const auto logged = Append(audit::kPatienceMs);
  if (!logged) Say(logged.error());
}

void Events::Say(const audit::Problem& problem) {
  if (std::exchange(said_, true)) return;
  status_.Say("the event log misses something of this launch: " +
              audit::Describe(problem));
  if (!problem.remedy.empty()) status_.Say("  help: " + problem.remedy);
}

}  // namespace ringfence::launch
