#include "cli/event_text.h"

#include "cli/history.h"
#include "launch/text.h"

namespace ringfence::cli {
namespace {

using nlohmann::json;

std::string Started(const json& event) {
  std::string missing;
  for (const json& protection : PartOf(event, "protections")) {
    if (TextOf(protection, "state") != "not enforced") continue;
    missing += (missing.empty() ? "; not enforced: " : ", ") +
               TextOf(protection, "name");
  }
  return "runs, read back before its first instruction" + missing;
}

// In one line: `inspect` has the rest.
std::string End(const json& event) {
  if (TextOf(event, "cause") == "time-limit") {
    return "was stopped at its time limit";
  }
  const std::string end = DescribeEnd({json{{"ended", event}}, false});
  return end.substr(0, end.find('\n'));
}

std::string Levels(const json& event) {
  std::string levels;
  for (const json& level : PartOf(event, "levels")) {
    if (level.is_string()) {
      levels += " " + launch::Printable(level.get<std::string>());
    }
  }
  return levels;
}

}  // namespace

std::string EventName(const json& event) {
  for (const char* key : {"name", "file"}) {
    if (std::string name = TextOf(event, key); !name.empty()) return name;
  }
  return "-";
}

std::string DescribeEvent(std::string_view kind, const json& event) {
  if (kind == "launch") {
    return "as " + TextOf(event, "level") + ": " + TextOf(event, "program");
  }
  if (kind == "started") return Started(event);
  if (kind == "refusal") {
    const std::string remedy = LinesOf(event, "remedy");
    return "exit code " + std::to_string(NumberOf(event, "exit_code")) + ": " +
           LinesOf(event, "why") +
           (remedy.empty() ? "" : "\n    help: " + remedy);
  }
  if (kind == "denial") {
    json denial = event;
    denial["pid"] = NumberOf(event, "process");
    return DescribeDenial(denial);
  }
  if (kind == "end") {
    const int64_t denied = NumberOf(event, "denied_calls");
    if (denied == 0) return End(event);
    return End(event) + (denied == 1 ? "\n    1 call was denied"
                                     : "\n    " + std::to_string(denied) +
                                           " calls were denied");
  }
  if (kind == "host") return TextOf(event, "change") + Levels(event);
  if (kind == "recovered") {
    return std::to_string(NumberOf(event, "bytes")) +
           " bytes of an unfinished line were taken away";
  }
  if (kind == "segment") {
    return "segment " + std::to_string(NumberOf(event, "segment")) +
           " of the log begins";
  }
  return launch::Printable(event.dump());
}

}  // namespace ringfence::cli
