#include "cli/report_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "audit/read.h"

namespace ringfence::cli {
namespace {

using nlohmann::json;

// A report is read by people: the newest events of a long log.
constexpr size_t kMaxShown = 500;

std::string TextOf(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

report::Event EventFacts(const audit::Event& event) {
  static constexpr std::array<std::string_view, 9> kShownElsewhere{
      "seq", "at_ms", "uid", "pid", "kind", "name", "level", "prev", "digest"};
  report::Event out{
      .seq = event.seq,
      .at = fmt::format(
          "{:%Y-%m-%d %H:%M:%S} UTC",
          fmt::gmtime(static_cast<std::time_t>(event.at_ms / 1000))),
      .uid = event.uid,
      .kind = std::string(event.kind),
      .name = "",
      .level = "",
      .detail = ""};
  const json line = json::parse(event.json, nullptr, false);
  if (!line.is_object()) return out;
  if (line.contains("name")) out.name = TextOf(line["name"]);
  if (line.contains("level")) out.level = TextOf(line["level"]);
  for (const auto& [key, value] : line.items()) {
    if (std::ranges::find(kShownElsewhere, key) != kShownElsewhere.end()) {
      continue;
    }
    out.detail += (out.detail.empty() ? "" : ", ") + key + " " + TextOf(value);
  }
  return out;
}

}  // namespace

std::expected<report::Log, std::string> LogFacts(const std::string& copy) {
  const auto place = copy.empty()
                         ? audit::FindPlace(model::HostUid(::geteuid()))
                         : audit::OpenCopy(copy);
  if (!place) return std::unexpected(audit::Describe(place.error()));
  const auto contents = audit::Load(*place);
  if (!contents) return std::unexpected(audit::Describe(contents.error()));
  report::Log log{.path = contents->path};
  const audit::Verdict verdict =
      audit::Read(*contents, [&](const audit::Event& event) {
        if (event.kind == audit::NameOf(audit::Kind::kSegment)) return;
        log.shown.push_back(EventFacts(event));
      });
  if (!copy.empty() && verdict.events == 0 && verdict.findings.empty()) {
    return std::unexpected("there is no event log in " + copy);
  }
  if (log.shown.size() > kMaxShown) {
    log.left_off = log.shown.size() - kMaxShown;
    log.shown.erase(log.shown.begin(),
                    log.shown.end() - static_cast<std::ptrdiff_t>(kMaxShown));
  }
  for (const audit::Finding& one : verdict.findings) {
    log.broken.push_back(one.file +
                         (one.line == 0 ? "" : ":" + std::to_string(one.line)) +
                         ": " + one.what);
  }
  if (verdict.more_findings) log.broken.emplace_back("and there are more");
  log.events = verdict.events;
  log.last_digest = verdict.last.digest;
  return log;
}

}  // namespace ringfence::cli
