#include "launch/status.h"

#include <unistd.h>

#include "base/check.h"
#include "launch/text.h"
#include "sys/file.h"
#include "sys/terminal.h"

namespace ringfence::launch {
namespace {

std::string Member(std::string_view name, std::string_view text) {
  return JsonString(name) + ":" + JsonString(text);
}

std::string Member(std::string_view name, int64_t number) {
  return JsonString(name) + ":" + std::to_string(number);
}

std::string_view NameOf(Ending::Cause cause) {
  switch (cause) {
    case Ending::Cause::kExited:
      return "exited";
    case Ending::Cause::kSignal:
      return "signal";
    case Ending::Cause::kPolicy:
      return "policy";
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
    list += (list.empty() ? "{" : ",{") + Member("name", protection.name) +
            "," + Member("state", NameOf(protection.state)) + "," +
            Member("detail", protection.detail) + "}";
  }
  return "\"protections\":[" + list + "]";
}

}  // namespace

void Status::Admitted(admit::Scope scope) const {
  if (scope != admit::Scope::kUser) return;
  Say("this host has no ledger of its own: only your own workloads are kept "
      "apart by level (`ringfence host init` covers everybody)");
}

void Status::Started(const bundle::Bundle& bundle, admit::Scope scope, int init,
                     const std::vector<Protection>& protections) {
  const std::string_view scope_name =
      scope == admit::Scope::kHost ? "host" : "user";
  Write("{" + Member("event", "started") + "," + Member("name", bundle.name) +
        "," + Member("level", bundle.level.name) + "," +
        Member("tenant", bundle.level.tenant) + "," +
        Member("scope", scope_name) + "," + Member("init", init) + "," +
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

void Status::Ended(const Ending& ending, int exit_code, uint64_t denied) {
  Write("{" + Member("event", "ended") + "," +
        Member("cause", NameOf(ending.cause)) + "," +
        Member("value", ending.value) + "," + Member("exit_code", exit_code) +
        "," + Member("denied_calls", static_cast<int64_t>(denied)) + "}\n");
}

void Status::Refused(const Refusal& refusal) {
  const int code = static_cast<int>(refusal.code);
  Write("{" + Member("event", "refused") + "," + Member("exit_code", code) +
        "," + Member("why", refusal.why) + "," +
        Member("remedy", refusal.remedy) + "}\n");
  Say("refused: " + refusal.why);
  if (!refusal.remedy.empty()) Say("  help: " + refusal.remedy);
}

void Status::Say(std::string_view line) const {
  // A line break is Ringfence's own; whatever else a terminal would act on
  // came in with somebody's text.
  const bool raw = raw_ && sys::IsTerminal(STDERR_FILENO);
  std::string text = "ringfence: ";
  for (size_t at = 0;;) {
    const size_t end = line.find('\n', at);
    text += Printable(line.substr(at, end - at)) + (raw ? "\r\n" : "\n");
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  (void)sys::WriteAll(STDERR_FILENO, text);
}

void Status::Write(const std::string& object) {
  if (fd_) (void)sys::WriteAll(fd_.get(), object);
  if (file_) (void)sys::WriteAll(file_.get(), object);
}

}  // namespace ringfence::launch
