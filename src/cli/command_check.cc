#include "cli/command_check.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "check/check.h"
#include "cli/against.h"
#include "cli/check_output.h"
#include "cli/complain.h"
#include "cli/exit_code.h"
#include "cli/host_facts.h"
#include "cli/install.h"
#include "cli/options.h"
#include "cli/policies.h"
#include "cli/proving.h"
#include "cli/subjects.h"
#include "cli/usage.h"
#include "cli/yaml_files.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

struct CheckOptions {
  std::vector<std::string> paths;
  std::string policy;
  std::string profiles;
  std::string against;
  std::vector<std::string> hosts;
  std::string format = "text";
  std::string now;
  bool no_waivers = false;
};

// "checked 300 of 1000", on a terminal, once it takes longer than a second.
class Progress {
 public:
  explicit Progress(size_t all) : all_(all) {}
  ~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Done() {
    ++done_;
    const auto now = std::chrono::steady_clock::now();
    if (::isatty(STDERR_FILENO) != 1 || now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    shown_ = true;
    std::fprintf(stderr, "\rchecked %zu of %zu", done_, all_);
  }

 private:
  size_t all_;
  size_t done_ = 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

class Check {
 public:
  Check(const CheckOptions& options, const syntax::Date& today)
      : options_(options), build_(ProfileFolders(options.profiles)) {
    output_.today = today;
  }

  int Run() {
    if (const auto why = Prepare()) return Usage(*why);
    Subjects subjects(build_);
    check::Judge judge(
        [&](std::string_view name) { return subjects.Level(name); });
    check::Checker checker(policies_.gates, policies_.waivers, judge,
                           output_.today);
    Progress progress(documents_.size());
    for (const syntax::Document& document : documents_) {
      if (const auto subject = subjects.Of(document)) {
        output_.subjects.push_back(document.file);
        const std::string canonical = CanonicalPath(document.file);
        checker.Add(*subject, canonical);
        if (!options_.against.empty()) Compare(*subject, canonical, checker);
        Host(*subject, document, canonical, checker);
      }
      progress.Done();
    }
    output_.report = checker.Finish();
    output_.gates = std::move(policies_.gates);
    return Finish();
  }

 private:
  // Reads everything. An error: there is nothing to check, or no way to.
  std::optional<std::string> Prepare() {
    if (!options_.against.empty()) {
      if (auto good = CheckRevision(options_.against); !good) {
        return good.error();
      }
    }
    const auto folder = PolicyFolder(options_.policy);
    if (!folder) return folder.error();
    auto found = FindYamlFiles(options_.paths);
    if (!found) return found.error();
    output_.notes = std::move(found->notes);
    for (const YamlFile& file : found->files) {
      if (!file.named && !IsOurs(file.path)) {
        output_.notes.push_back(file.path + " is of no kind of Ringfence");
        continue;
      }
      auto document = build_.ParseFile(file.path);
      if (document) Sort(*std::move(document));
    }
    for (const std::string& path : options_.hosts) {
      auto host = ReadFacts(path, build_);
      // One that cannot be read answers nothing: no silent pass.
      if (!host) return std::nullopt;
      hosts_.push_back(*std::move(host));
    }
    if (documents_.empty() && !build_.Failed()) {
      return "there is no trust level and no workload to check";
    }
    if (options_.profiles.empty()) build_.LookAlsoIn(folders_);
    auto policies = LoadPolicies(*folder, output_.today, build_);
    if (!policies) return policies.error();
    policies_ = *std::move(policies);
    if (options_.no_waivers) policies_.waivers.clear();
    return std::nullopt;
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

  void Compare(const check::Subject& subject, const std::string& canonical,
               check::Checker& checker) {
    auto found = FindLoosenings(options_.against, subject.file,
                                options_.profiles, folders_);
    if (!found) {
      std::fputs(found.error().text.c_str(), stderr);
      exit_.Add(found.error().exit_code);
      return;
    }
    if (found->is_new) {
      output_.notes.push_back(subject.file + " is new since " +
                              options_.against);
    }
    checker.AddLoosening(subject, canonical, std::move(found->findings));
  }

  void Host(const check::Subject& subject, const syntax::Document& document,
            const std::string& canonical, check::Checker& checker) {
    if (hosts_.empty()) return;
    const auto needs = NeedsOf(document, build_);
    if (!needs) return;
    for (const KnownHost& host : hosts_) {
      auto findings = HostFindings(host, subject, *needs);
      if (Refuses(findings)) exit_.Add(kHostCannotEnforce);
      checker.AddHost(subject, canonical, host.name, std::move(findings));
    }
  }

  int Finish() {
    if (build_.Failed()) exit_.Add(build_.ExitCode());
    if (output_.report.Undecided()) exit_.Add(kUndecided);
    if (output_.report.Errors() != 0) exit_.Add(1);
    if (options_.format == "text") {
      std::fputs(build_.Problems(ErrorColour()).c_str(), stderr);
      Print(CheckText(output_, build_.sources(), OutputColour()));
      return exit_.code();
    }
    std::fputs(build_.failures().c_str(), stderr);
    for (const syntax::Diagnostic& problem : build_.diagnostics().all()) {
      output_.report.findings.push_back(
          {.code = problem.code,
           .rule = syntax::Id(problem.code),
           .subject = problem.span.file,
           .name = problem.span.file,
           .message = problem.message,
           .at = problem.span,
           .label = problem.label,
           .notes = problem.notes,
           .help = problem.help,
           .reason =
               std::string(syntax::FindCode(syntax::Id(problem.code))->title),
           .key = problem.message});
    }
    Print(Formatted());
    return exit_.code();
  }

  std::string Formatted() {
    if (options_.format == "json") return CheckJson(output_);
    if (options_.format == "sarif") return CheckSarif(output_);
    if (options_.format == "junit") return CheckJunit(output_);
    if (options_.format == "gitlab") return CheckGitlab(output_);
    // The file that GitHub shows below the step.
    if (const char* summary = std::getenv("GITHUB_STEP_SUMMARY");
        summary != nullptr && *summary != '\0') {
      std::ofstream file(summary, std::ios::app);
      file << CheckSummary(output_);
      if (!file.flush()) {
        exit_.Add(
            Usage("cannot write the step summary " + std::string(summary)));
      }
    }
    return CheckGithub(output_);
  }

  void Print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
      exit_.Add(Usage("cannot write the report"));
    }
  }

  const CheckOptions& options_;
  Build build_;
  std::vector<syntax::Document> documents_;  // levels and workloads
  std::vector<std::string> folders_;         // of the levels
  std::vector<KnownHost> hosts_;
  Policies policies_;
  CheckOutput output_;
  ExitCode exit_;
};

}  // namespace

int RunCheck(int argc, char** argv) {
  CheckOptions options;
  CLI::App app("Say whether files may be deployed", "ringfence check");
  app.add_option("path", options.paths,
                 "Profiles, workloads, and folders of them")
      ->type_name("PATH")
      ->required();
  app.add_option("--policy", options.policy,
                 "The folder of gates and waivers; default: the installed one")
      ->type_name("DIR");
  AddProfilesOption(app, options.profiles);
  app.add_option("--against", options.against,
                 "Fail also for what is looser than in this git revision")
      ->type_name("REV");
  app.add_option("--host", options.hosts,
                 "Fail also for what this host would refuse: a file of "
                 "`ringfence host facts`")
      ->type_name("FACTS")
      ->expected(1)
      ->take_all();
  app.add_option("--format", options.format,
                 "text, json, sarif, junit, github or gitlab")
      ->check(CLI::IsMember(
          {"text", "json", "sarif", "junit", "github", "gitlab"}));
  app.add_option("--now", options.now,
                 "The day that waivers and reviews are judged by")
      ->type_name("YYYY-MM-DD");
  app.add_flag("--no-waivers", options.no_waivers,
               "Judge as if nothing was waived");
  if (const auto ended = ParseOptions(app, argc, argv)) return *ended;
  const auto today = DateOf(options.now);
  if (!today) return Usage("--now needs a day such as 2027-01-31");
  return Check(options, *today).Run();
}

}  // namespace ringfence::cli
