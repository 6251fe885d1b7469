#include "launch/status.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "base/check.h"
#include "launch/text.h"
#include "sys/file.h"
#include "sys/poll.h"
#include "sys/terminal.h"

namespace ringfence::launch {
namespace {

// `raw`: for a terminal that does not begin a new line by itself.
std::string Prefixed(std::string_view line, bool raw) {
  // A line break is Ringfence's own; whatever else a terminal would act on
  // came in with somebody's text.
  std::string text = "ringfence: ";
  for (size_t at = 0;;) {
    const size_t end = line.find('\n', at);
    text += Printable(line.substr(at, end - at)) + (raw ? "\r\n" : "\n");
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  return text;
}

// For what has to be said once.
constexpr int kPatienceMs = 1000;

// False: standard error had no room within that time, and nothing was said.
bool Tell(std::string text, int patience_ms) {
  // What a pipe takes at once where it takes anything (pipe(7)).
  if (text.size() > PIPE_BUF) {
    text.resize(PIPE_BUF - 4);
    text += "...\n";
  }
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  const auto ready = sys::Poll(std::span(&room, 1), patience_ms);
  if (!ready || (room.revents & POLLOUT) == 0) return false;
  return sys::WriteAll(STDERR_FILENO, text).has_value();
}

}  // namespace

std::string_view NameOf(Ending::Cause cause) {
  switch (cause) {
    case Ending::Cause::kExited:
      return "exited";
    case Ending::Cause::kSignal:
      return "signal";
    case Ending::Cause::kPolicy:
      return "policy";
    case Ending::Cause::kMemory:
      return "memory";
    case Ending::Cause::kTimeLimit:
      return "time-limit";
    case Ending::Cause::kStopped:
      return "stopped";
    case Ending::Cause::kFailed:
      return "failed";
  }
  CheckFailed("status: unknown cause");
}

std::string ProtectionsAsJson(const std::vector<Protection>& protections) {
  std::string list;
  for (const Protection& protection : protections) {
    list += (list.empty() ? "{" : ",{") + JsonMember("name", protection.name) +
            "," + JsonMember("state", NameOf(protection.state)) + "," +
            JsonMember("detail", protection.detail) + "}";
  }
  return "\"protections\":[" + list + "]";
}

std::string HitsAsJson(const LimitHits& hits) {
  return JsonMember("oom_kills", static_cast<int64_t>(hits.oom_kills)) + "," +
         JsonMember("forks_refused", static_cast<int64_t>(hits.forks_refused));
}

void Status::Admitted(admit::Scope scope) const {
  if (scope != admit::Scope::kUser) return;
  Say("this host has no ledger of its own: only your own workloads are kept "
      "apart by level (`ringfence host init` covers everybody)");
}

void Status::Started(const bundle::Bundle& bundle, admit::Scope scope, int init,
                     const std::vector<Protection>& protections) {
  const std::string_view scope_name =
      scope == admit::Scope::kHost ? "host" : "user";
  Write("{" + JsonMember("event", "started") + "," +
        JsonMember("name", bundle.name) + "," +
        JsonMember("level", bundle.level.name) + "," +
        JsonMember("tenant", bundle.level.tenant) + "," +
        JsonMember("scope", scope_name) + "," + JsonMember("init", init) + "," +
        ProtectionsAsJson(protections) + "}\n");
  if (!verbose_) return;
  Say(bundle.name + " runs as " + bundle.level.name +
      "; read back before its first instruction:");
  for (const Protection& protection : protections) {
    Say("  " + protection.name + ": " +
        std::string(launch::NameOf(protection.state)) + ": " +
        Printable(protection.detail));
  }
}

void Status::Ended(const Ending& ending, int exit_code, const Denied& denied) {
  if (ending.cause == Ending::Cause::kMemory) {
    Say("killed at its limit on memory (limits: memory)");
  } else if (ending.hits.oom_kills != 0) {
    Say("of its processes, " + std::to_string(ending.hits.oom_kills) +
        " were killed at its limit on memory (limits: memory)");
  }
  if (ending.hits.forks_refused != 0) {
    Say("it wanted more processes than its limit, " +
        std::to_string(ending.hits.forks_refused) +
        " times (limits: processes)");
  }
  std::string calls;
  for (const auto& [name, count] : denied.calls) {
    calls += (calls.empty() ? "" : ",") +
             JsonMember(name, static_cast<int64_t>(count));
  }
  Write("{" + JsonMember("event", "ended") + "," +
        JsonMember("cause", NameOf(ending.cause)) + "," +
        JsonMember("value", ending.value) + "," +
        JsonMember("exit_code", exit_code) + "," + HitsAsJson(ending.hits) +
        "," + JsonMember("denied_calls", static_cast<int64_t>(denied.total)) +
        "," +
        JsonMember("denials_unheard", static_cast<int64_t>(denied.unheard)) +
        ",\"denied\":{" + calls + "}}\n");
}

void Status::Refused(const Refusal& refusal) {
  const int code = static_cast<int>(refusal.code);
  Write("{" + JsonMember("event", "refused") + "," +
        JsonMember("exit_code", code) + "," + JsonMember("why", refusal.why) +
        "," + JsonMember("remedy", refusal.remedy) + "}\n");
  Say("refused: " + refusal.why);
  if (!refusal.remedy.empty()) Say("  help: " + refusal.remedy);
}

void Status::Say(std::string_view line) const {
  (void)Tell(Prefixed(line, IsRaw()), kPatienceMs);
}

bool Status::TrySay(std::string_view line) const {
  return Tell(Prefixed(line, IsRaw()), 0);
}

bool Status::IsRaw() const { return raw_ && sys::IsTerminal(STDERR_FILENO); }

void Status::Write(const std::string& object) {
  for (const UniqueFd* to : {&fd_, &file_}) {
    if (!*to) continue;
    const auto written = sys::WriteAll(to->get(), object);
    // A reader that went away wants no more of it.
    if (written || written.error().err == EPIPE || unwritten_) continue;
    unwritten_ = true;
    Say("the status is not written: " + Describe(written.error()));
  }
}

}  // namespace ringfence::launch
