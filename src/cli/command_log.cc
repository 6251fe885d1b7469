#include "cli/command_log.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "audit/read.h"
#include "cli/event_text.h"
#include "cli/history.h"
#include "launch/text.h"
#include "sys/clock.h"

namespace ringfence::cli {
namespace {

using nlohmann::json;

constexpr int kHolds = 0;
constexpr int kFindings = 1;
constexpr int kUsage = 2;

struct Question {
  std::string directory;  // of a copy; empty: the log that counts here
  std::string since;
  std::string name;
  std::string kind;
  std::string format = "text";
  std::string head;  // a digest that was kept elsewhere
};

int Usage(const std::string& what, const std::string& help) {
  std::fprintf(stderr, "ringfence: %s\n  help: %s\n",
               launch::Printable(what).c_str(), help.c_str());
  return kUsage;
}

// Milliseconds since 1970 of "90s", "15m", "2h", "3d" ago, and of
// "2026-11-25", "2026-11-25T03:04:05" or the same with a blank, UTC.
std::optional<int64_t> Since(const std::string& text) {
  constexpr std::pair<char, int64_t> kUnits[] = {
      {'s', 1000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
  int64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  for (const auto& [unit, factor] : kUnits) {
    if (error == std::errc() && end + 1 == text.data() + text.size() &&
        *end == unit && number >= 0 && number <= 1'000'000'000) {
      return sys::RealtimeMs() - number * factor;
    }
  }
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
                             "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* rest = ::strptime(text.c_str(), format, &parts);
    if (rest != nullptr && *rest == 'Z') ++rest;
    if (rest != nullptr && *rest == '\0') {
      return int64_t{::timegm(&parts)} * 1000;
    }
  }
  return std::nullopt;
}

void Print(const audit::Event& event, const json& parsed) {
  std::printf("%s %-8.*s %s[%d] uid %u: %s\n",
              DescribeTime(event.at_ms).c_str(),
              static_cast<int>(event.kind.size()), event.kind.data(),
              EventName(parsed).c_str(), event.pid, event.uid,
              DescribeEvent(event.kind, parsed).c_str());
}

int Fail(const audit::Problem& problem) {
  std::fprintf(stderr, "ringfence: %s\n", audit::Describe(problem).c_str());
  if (!problem.remedy.empty()) {
    std::fprintf(stderr, "  help: %s\n", problem.remedy.c_str());
  }
  return kFindings;
}

std::expected<audit::Contents, audit::Problem> Open(const Question& question) {
  if (!question.directory.empty()) {
    RF_ASSIGN(const auto copy, audit::OpenCopy(question.directory));
    return audit::Load(copy);
  }
  RF_ASSIGN(const auto place, audit::FindPlace(model::HostUid(::geteuid())));
  return audit::Load(place);
}

int Show(const Question& question) {
  std::optional<int64_t> since;
  if (!question.since.empty()) {
    since = Since(question.since);
    if (!since) {
      return Usage("`" + question.since + "` is not a time",
                   "--since 2h, or --since 2026-11-25T03:04:05 (UTC)");
    }
  }
  const auto contents = Open(question);
  if (!contents) return Fail(contents.error());
  const auto verdict = audit::Read(*contents, [&](const audit::Event& event) {
    if (since && event.at_ms < *since) return;
    if (!question.kind.empty() && event.kind != question.kind) return;
    const json parsed = json::parse(event.json, nullptr, false);
    if (!question.name.empty() &&
        (!parsed.is_object() || TextOf(parsed, "name") != question.name)) {
      return;
    }
    if (question.format == "json") {
      std::printf("%.*s\n", static_cast<int>(event.json.size()),
                  event.json.data());
    } else if (parsed.is_object()) {
      Print(event, parsed);
    }
  });
  std::fflush(stdout);
  if (verdict.findings.empty()) return kHolds;
  std::fputs(
      "ringfence: this is not all that was written, or not as it was\n"
      "  help: ringfence log verify\n",
      stderr);
  return kFindings;
}

void PrintJson(const audit::Contents& contents, const audit::Verdict& verdict) {
  json findings = json::array();
  for (const audit::Finding& finding : verdict.findings) {
    findings.push_back({{"file", contents.path + "/" + finding.file},
                        {"line", finding.line},
                        {"what", finding.what}});
  }
  const json object = {{"holds", verdict.findings.empty()},
                       {"directory", contents.path},
                       {"events", verdict.events},
                       {"first_seq", verdict.first_seq},
                       {"last_seq", verdict.last.seq},
                       {"head", verdict.last.digest},
                       {"unfinished_bytes", verdict.unfinished},
                       {"more_findings", verdict.more_findings},
                       {"findings", std::move(findings)}};
  std::puts(object.dump().c_str());
}

void PrintText(const audit::Contents& contents, const audit::Verdict& verdict) {
  for (const audit::Finding& finding : verdict.findings) {
    std::printf(
        "%s/%s%s: %s\n", contents.path.c_str(), finding.file.c_str(),
        finding.line != 0 ? (":" + std::to_string(finding.line)).c_str() : "",
        finding.what.c_str());
  }
  if (verdict.more_findings) std::puts("and more");
  if (verdict.unfinished != 0) {
    std::printf(
        "%llu bytes of an unfinished line at the end: its writer was killed, "
        "or found no room. Nobody was told that it is logged; the next event "
        "takes it away\n",
        static_cast<unsigned long long>(verdict.unfinished));
  }
  if (!verdict.findings.empty()) {
    std::puts("the log does not hold");
    return;
  }
  std::printf("%s holds: %llu events, from %llu to %llu\n",
              contents.path.c_str(),
              static_cast<unsigned long long>(verdict.events),
              static_cast<unsigned long long>(verdict.first_seq),
              static_cast<unsigned long long>(verdict.last.seq));
  std::printf(
      "to find out later that its end was not cut off, keep elsewhere:\n"
      "  ringfence log verify --head %s\n",
      verdict.last.digest.c_str());
}

int Verify(const Question& question) {
  if (!question.head.empty() && !audit::IsDigest(question.head)) {
    return Usage(
        "`" + question.head + "` is not a digest",
        "64 hexadecimal digits, as `ringfence log verify` prints them");
  }
  const auto contents = Open(question);
  if (!contents) return Fail(contents.error());
  bool found = question.head.empty() || question.head == audit::NoDigest();
  auto verdict = audit::Read(*contents, [&](const audit::Event& event) {
    found = found || event.digest == question.head;
  });
  if (!found) {
    verdict.findings.push_back(
        {audit::kHead, 0,
         "no event has the digest " + question.head +
             ": the log was cut off before it or written anew, or the event "
             "was rotated away since"});
  }
  if (question.format == "json") {
    PrintJson(*contents, verdict);
  } else {
    PrintText(*contents, verdict);
  }
  return verdict.findings.empty() ? kHolds : kFindings;
}

}  // namespace

int RunLog(int argc, char** argv) {
  Question question;
  CLI::App app(
      "Show the log of what ran, was refused and was denied here, or say "
      "whether it is what was written.\n"
      "Exit code 0: it holds; 1: it does not, or cannot be read; 2: usage.",
      "ringfence log");
  app.require_subcommand(1);
  CLI::App* show = app.add_subcommand("show", "Show the events");
  CLI::App* verify = app.add_subcommand(
      "verify",
      "Find whatever was changed, taken out, put in, moved or cut off");
  for (CLI::App* command : {show, verify}) {
    command
        ->add_option("--directory", question.directory,
                     "A copy of a log, instead of the one that counts here")
        ->type_name("DIR");
    command->add_option("--format", question.format, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
  }
  show->add_option("--since", question.since,
                   "Only from then on: 90s, 15m, 2h, 3d ago, or "
                   "2026-11-25T03:04:05 (UTC)")
      ->type_name("TIME");
  show->add_option("--name", question.name, "Only of this workload");
  show->add_option("--kind", question.kind, "Only events of this kind")
      ->check(CLI::IsMember({"launch", "started", "refusal", "denial", "end",
                             "host", "recovered", "segment"}));
  verify
      ->add_option("--head", question.head,
                   "A digest that an earlier `verify` printed, which has to be "
                   "in the log")
      ->type_name("DIGEST");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return Usage(error.what(), "ringfence log --help");
  }
  return show->parsed() ? Show(question) : Verify(question);
}

}  // namespace ringfence::cli
