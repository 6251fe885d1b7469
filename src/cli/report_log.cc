#include "cli/report_log.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/read.h"
#include "cli/event_text.h"
#include "cli/history.h"

namespace ringfence::cli {
namespace {

using nlohmann::json;

// A report is read by people: the newest events of a long log.
constexpr size_t kMaxShown = 500;

// The lines of an event as one.
std::string OnOneLine(const std::string& lines) {
  std::string out;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    const size_t start = std::min(lines.find_first_not_of(' ', at), end);
    if (start != end) {
      out += (out.empty() ? "" : "; ") + lines.substr(start, end - start);
    }
    at = end + 1;
  }
  return out;
}

report::Event EventFacts(const audit::Event& event) {
  report::Event out{.seq = event.seq,
                    .at = DescribeTime(event.at_ms),
                    .uid = event.uid,
                    .kind = std::string(event.kind),
                    .name = "",
                    .level = "",
                    .detail = ""};
  const json line = json::parse(event.json, nullptr, false);
  if (!line.is_object()) return out;
  if (const std::string name = EventName(line); name != "-") out.name = name;
  out.level = TextOf(line, "level");
  out.detail = OnOneLine(DescribeEvent(event.kind, line));
  // To be compared with the digests of the filters.
  if (const std::string filter = TextOf(line, "filter"); !filter.empty()) {
    out.detail += "; filter " + filter;
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
