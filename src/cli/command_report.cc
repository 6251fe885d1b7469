#include "cli/command_report.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "check/check.h"
#include "check/dates.h"
#include "cli/check_output.h"
#include "cli/complain.h"
#include "cli/exit_code.h"
#include "cli/install.h"
#include "cli/options.h"
#include "cli/policies.h"
#include "cli/proving.h"
#include "cli/report_levels.h"
#include "cli/report_log.h"
#include "cli/subjects.h"
#include "cli/usage.h"
#include "cli/yaml_files.h"
#include "host/facts.h"
#include "report/report.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::vector<std::string> paths;
  bool html = false;
  bool markdown = false;
  bool json = false;
  std::string policy;
  std::string profiles;
  std::string controls;
  std::vector<std::string> escapes;
  std::string log;
  std::string now;
  bool no_waivers = false;
};

const char* NameOf(check::WaiverState state) {
  switch (state) {
    case check::WaiverState::kValid:
      return "counts";
    case check::WaiverState::kEndsSoon:
      return "ends soon";
    case check::WaiverState::kExpired:
      return "expired";
    case check::WaiverState::kTooLong:
      return "lasts too long";
  }
  return "";
}

std::vector<report::Property> HostFacts() {
  utsname names{};
  ::uname(&names);
  const host::Facts facts = host::Gather();
  return {
      {"Host", names.nodename},
      {"Kernel", std::string(names.release) + " " + names.machine},
      {"Landlock ABI",
       facts.landlock_abi == 0 ? "none" : std::to_string(facts.landlock_abi)},
      {"AppArmor", facts.apparmor ? "active" : "not active"},
      {"SELinux", facts.selinux == host::Selinux::kEnforcing    ? "enforcing"
                  : facts.selinux == host::Selinux::kPermissive ? "permissive"
                                                                : "absent"},
      {"Ledger", facts.ledger.scope ? facts.ledger.path : "not usable"}};
}

class Reporting {
 public:
  Reporting(const ReportOptions& options, const syntax::Date& today)
      : options_(options),
        today_(today),
        build_(ProfileFolders(options.profiles)) {
    facts_.version = RINGFENCE_VERSION;
    facts_.today = check::Text(today);
  }

  int Run() {
    const bool of_host = options_.paths.empty();
    facts_.scope = of_host ? "this host" : "this set of files";
    const auto catalogue = Catalogue();
    if (!catalogue) return Usage(catalogue.error());
    if (const auto why = Find()) return Usage(*why);
    if (const auto why = Beside()) return Usage(*why);
    if (of_host) facts_.host = HostFacts();
    auto policies = LoadPolicies(policy_folder_, today_, build_);
    if (!policies) return Usage(policies.error());
    Judge(*policies);
    // A report that leaves something out would say more than is known.
    if (build_.Failed()) return Complain(build_);
    return Print(report::MakeReport(facts_, *catalogue));
  }

 private:
  [[nodiscard]] std::expected<report::Json, std::string> Catalogue() const {
    std::vector<std::string> files = {options_.controls};
    if (options_.controls.empty()) {
      files = {"/etc/ringfence/controls.json"};
      for (const std::string& folder : DataFolders("audit")) {
        files.push_back(folder + "/controls.json");
      }
    }
    for (const std::string& file : files) {
      std::error_code error;
      if (!fs::exists(file, error) && options_.controls.empty()) continue;
      const auto text = ReadPlace({.revision = "", .path = file}, kMaxFile);
      if (!text) return std::unexpected(text.error());
      auto catalogue = report::ParseCatalogue(*text);
      if (!catalogue) {
        return std::unexpected(
            file + " is no catalogue of controls: " + catalogue.error());
      }
      return catalogue;
    }
    return std::unexpected(
        "no catalogue of controls is installed: give --controls FILE");
  }

  // The levels and workloads that it is about.
  std::optional<std::string> Find() {
    const auto folder = PolicyFolder(options_.policy);
    if (!folder) return folder.error();
    policy_folder_ = *folder;
    auto found = options_.paths.empty() ? FindInstalled()
                                        : FindYamlFiles(options_.paths);
    if (!found) return found.error();
    facts_.notes = std::move(found->notes);
    for (const YamlFile& file : found->files) {
      if (!file.named && !IsOurs(file.path)) {
        facts_.notes.push_back(file.path + " is of no kind of Ringfence");
        continue;
      }
      auto document = build_.ParseFile(file.path);
      if (document) Sort(*std::move(document));
    }
    if (documents_.empty() && !build_.Failed()) {
      return "there is no trust level and no workload to report on";
    }
    if (options_.profiles.empty() && !options_.paths.empty()) {
      build_.LookAlsoIn(folders_);
    }
    return std::nullopt;
  }

  // The levels that `run` would find, each once.
  std::expected<YamlFiles, std::string> FindInstalled() {
    YamlFiles all;
    std::vector<std::string> names;
    std::string closed;
    for (const std::string& folder : ProfileFolders(options_.profiles)) {
      const auto there = IsFolder(folder);
      if (!there && closed.empty()) closed = there.error();
      if (!there.value_or(false)) {
        if (!options_.profiles.empty()) {
          return std::unexpected(there ? "there is no folder `" + folder + "`"
                                       : there.error());
        }
        continue;
      }
      // What cannot be looked into comes first.
      if (!closed.empty()) return std::unexpected(closed);
      auto found = FindYamlFiles({folder});
      if (!found) return found;
      for (YamlFile& file : found->files) {
        const fs::path path = file.path;
        if (path.parent_path() != fs::path(folder)) continue;
        const std::string name = path.stem().string();
        if (std::ranges::find(names, name) != names.end()) {
          all.notes.push_back(file.path +
                              " is hidden by a file of that name in a folder "
                              "that is looked in first");
          continue;
        }
        names.push_back(name);
        all.files.push_back(std::move(file));
      }
      std::ranges::move(found->notes, std::back_inserter(all.notes));
    }
    return all;
  }

  void Sort(syntax::Document document) {
    const bool level =
        std::holds_alternative<syntax::TrustLevel>(document.content);
    if (level) {
      std::string folder = fs::path(document.file).parent_path().string();
      if (folder.empty()) folder = ".";
      if (std::ranges::find(folders_, folder) == folders_.end()) {
        folders_.push_back(folder);
      }
    }
    if (level || std::holds_alternative<syntax::Workload>(document.content)) {
      documents_.push_back(std::move(document));
    }
  }

  // What lies beside the profiles: the log, and results of attacks.
  std::optional<std::string> Beside() {
    for (const std::string& file : options_.escapes) {
      const auto text = ReadPlace({.revision = "", .path = file}, kMaxFile);
      if (!text) return text.error();
      auto escape = report::ParseEscape(*text, RelativePath(file));
      if (!escape) return file + ": " + escape.error();
      facts_.escapes.push_back(*std::move(escape));
    }
    if (options_.paths.empty() || !options_.log.empty()) {
      auto log = LogFacts(options_.log);
      if (!log) return log.error();
      facts_.logs.push_back(*std::move(log));
    }
    return std::nullopt;
  }

  void Judge(const Policies& policies) {
    Subjects subjects(build_);
    check::Judge judge(
        [&](std::string_view name) { return subjects.Level(name); });
    const std::vector<check::KnownWaiver> none;
    check::Checker checker(policies.gates,
                           options_.no_waivers ? none : policies.waivers, judge,
                           today_);
    for (const syntax::Document& document : documents_) {
      const auto subject = subjects.Of(document);
      if (!subject) continue;
      checker.Add(*subject, CanonicalPath(document.file));
      if (!subject->is_level) {
        facts_.workloads.push_back({subject->name, RelativePath(document.file),
                                    subject->levels.front()});
      } else if (auto level = build_.Level(document)) {
        facts_.levels.push_back(
            LevelFacts(*level, document.file, build_.sources(), today_));
        levels_.push_back(*std::move(level));
      }
    }
    facts_.order = OrderFacts(levels_);
    Rules(policies);
    Found(checker.Finish());
  }

  void Rules(const Policies& policies) {
    for (const resolve::Gate& gate : policies.gates) {
      for (const resolve::GateRule& rule : gate.rules) {
        facts_.rules.push_back({rule.name,
                                RelativePath(rule.span.file) + ":" +
                                    std::to_string(rule.span.line),
                                rule.severity == check::Severity::kError,
                                rule.reason, rule.controls});
      }
    }
    facts_.waivers_count = !options_.no_waivers;
    for (const check::KnownWaiver& known : policies.waivers) {
      const syntax::Waiver& waiver = known.waiver;
      const auto state = check::StateOf(waiver, today_);
      facts_.waivers.push_back(
          {waiver.rule.value, waiver.subject.value, waiver.reason.value,
           waiver.owner.value, waiver.ticket.value,
           check::Text(waiver.expires.value), NameOf(state)});
    }
  }

  void Found(check::Report found) {
    for (const check::Tried& one : found.tried) {
      if (one.rule.starts_with("ringfence/")) continue;
      facts_.tried.push_back({one.rule, RelativePath(one.subject)});
    }
    for (const check::Finding& one : found.findings) {
      facts_.findings.push_back(
          {.id = syntax::Id(one.code),
           .rule = one.rule,
           .file = RelativePath(one.subject),
           .name = one.name,
           .message = OneLine(one),
           .at = {RelativePath(one.at.file), one.at.line},
           .error = one.severity == check::Severity::kError,
           .undecided = one.code == syntax::Code::kNotDecided,
           .waived = WaivedText(one)});
    }
  }

  int Print(const report::Json& report) const {
    const std::string text = options_.html       ? report::Html(report)
                             : options_.markdown ? report::Markdown(report)
                                                 : report.dump(2) + "\n";
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
      return Usage("cannot write the report");
    }
    const std::string verdict = report["summary"]["verdict"];
    if (verdict == "holds") return 0;
    return verdict == "fails" ? 1 : kUndecided;
  }

  static constexpr size_t kMaxFile = size_t{8} << 20;

  const ReportOptions& options_;
  syntax::Date today_;
  Build build_;
  std::string policy_folder_;
  std::vector<syntax::Document> documents_;  // levels and workloads
  std::vector<std::string> folders_;         // of the levels
  std::vector<resolve::ResolvedLevel> levels_;
  report::Facts facts_;
};

}  // namespace

int RunReport(int argc, char** argv) {
  ReportOptions options;
  CLI::App app("Show what holds, and the evidence for it", "ringfence report");
  app.add_option("path", options.paths,
                 "Profiles, workloads, and folders of them; default: this host")
      ->type_name("PATH");
  auto* html = app.add_flag("--html", options.html, "One self-contained page");
  auto* markdown = app.add_flag("--md", options.markdown, "Markdown");
  auto* json = app.add_flag("--json", options.json, "The value itself");
  html->excludes(markdown)->excludes(json);
  markdown->excludes(json);
  app.add_option("--policy", options.policy,
                 "The folder of gates and waivers; default: the installed one")
      ->type_name("DIR");
  AddProfilesOption(app, options.profiles);
  app.add_option("--controls", options.controls,
                 "The catalogue of controls; default: the installed one")
      ->type_name("FILE");
  app.add_option("--escapes", options.escapes,
                 "What `ringfence attack --format json` printed; may be "
                 "repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_option("--log", options.log, "A copy of an event log")
      ->type_name("DIR");
  app.add_option("--now", options.now,
                 "The day that waivers and reviews are judged by")
      ->type_name("YYYY-MM-DD");
  app.add_flag("--no-waivers", options.no_waivers,
               "Judge as if nothing was waived");
  if (const auto ended = ParseOptions(app, argc, argv)) return *ended;
  if (!options.html && !options.markdown && !options.json) {
    return Usage("say what to print: --html, --md or --json");
  }
  const auto today = DateOf(options.now);
  if (!today) return Usage("--now needs a day such as 2027-01-31");
  return Reporting(options, *today).Run();
}

}  // namespace ringfence::cli
