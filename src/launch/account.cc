#include "launch/account.h"

#include <unistd.h>

#include "launch/text.h"
#include "sys/clock.h"

namespace ringfence::launch {
namespace {

std::string Count(std::string_view name, uint64_t count) {
  return JsonMember(name, static_cast<int64_t>(count));
}

std::string DenialJson(const Denial& denial) {
  return "{" + JsonMember("program", denial.program) + "," +
         JsonMember("pid", int64_t{denial.pid}) + "," +
         JsonMember("call", denial.text.call) + "," +
         JsonMember("error", ErrnoName(denial.error)) + "," +
         JsonMember("by", denial.text.by) + "," +
         JsonMember("remedy", denial.text.remedy) + "," +
         Count("count", denial.count) + "," +
         JsonMember("first_ms", denial.first_ms) + "," +
         JsonMember("last_ms", denial.last_ms) + "}";
}

std::string DeniedJson(const DeniedCalls& denied) {
  std::string calls;
  for (const auto& [name, count] : denied.Totals()) {
    calls += (calls.empty() ? "" : ",") + Count(name, count);
  }
  std::string last;
  for (const Denial& denial : denied.kept()) {
    last += (last.empty() ? "" : ",") + DenialJson(denial);
  }
  return "\"denied\":{" + Count("total", denied.total()) + ",\"calls\":{" +
         calls + "},\"last\":[" + last + "]}";
}

}  // namespace

Account::Account(const bundle::Bundle& bundle, admit::Scope scope)
    : about_(
          JsonMember("name", bundle.name) + "," +
          JsonMember("level", bundle.level.name) + "," +
          JsonMember("tenant", bundle.level.tenant) + "," +
          JsonMember("scope", scope == admit::Scope::kHost ? "host" : "user") +
          "," + JsonMember("program", bundle.command.front()) + "," +
          JsonMember("supervisor", int64_t{::getpid()}) + "," +
          JsonMember("began_ms", sys::RealtimeMs()) + "," +
          Count("time_limit_ms", bundle.time_ms) + "," +
          Count("stop_grace_ms", bundle.stop.grace_ms)) {}

void Account::Started(int init, const std::vector<Protection>& protections) {
  about_ += "," + JsonMember("init", int64_t{init}) + "," +
            ProtectionsAsJson(protections);
}

void Account::Ended(const Ending& ending, int exit_code) {
  end_ = ",\"ended\":{" + JsonMember("cause", NameOf(ending.cause)) + "," +
         JsonMember("value", int64_t{ending.value}) + "," +
         JsonMember("exit_code", int64_t{exit_code}) + "," +
         HitsAsJson(ending.hits) + "," +
         JsonMember("at_ms", sys::RealtimeMs()) + "}";
}

void Account::Refused(const Refusal& refusal) {
  end_ = ",\"refused\":{" + JsonMember("why", refusal.why) + "," +
         JsonMember("remedy", refusal.remedy) + "," +
         JsonMember("exit_code", static_cast<int64_t>(refusal.code)) + "," +
         JsonMember("at_ms", sys::RealtimeMs()) + "}";
}

std::string Account::Text(const DeniedCalls* denied) const {
  return "{" + about_ + (denied != nullptr ? "," + DeniedJson(*denied) : "") +
         end_ + "}\n";
}

}  // namespace ringfence::launch
