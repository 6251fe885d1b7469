#include "cli/command_host.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "audit/log.h"
#include "cli/apparmor_load.h"
#include "cli/build.h"
#include "cli/complain.h"
#include "cli/host_facts.h"
#include "cli/install.h"
#include "cli/selinux_load.h"
#include "host/ground.h"
#include "host/rules.h"
#include "launch/text.h"
#include "syntax/edit.h"

namespace ringfence::cli {
namespace {

constexpr int kRefused = 1;

// What `init` writes where there is no file yet.
constexpr char kFirstRules[] =
    "# What Ringfence lets run on this host: ringfence-host(5).\n"
    "# `ringfence host accept` and `drain` write here too. After a change by\n"
    "# hand: ringfence host init\n"
    "kind: Host\n";

int Print(const host::Problem& problem) {
  std::fflush(stdout);
  std::fprintf(stderr, "ringfence: %s\n  help: %s\n", problem.what.c_str(),
               problem.remedy.c_str());
  return kRefused;
}

int Print(const host::Outcome& outcome) {
  for (const std::string& line : outcome.lines) std::puts(line.c_str());
  return outcome.problem ? Print(*outcome.problem) : 0;
}

// The rules as text and as what they mean; or the exit code, after saying why.
struct Rules {
  std::string text;
  bool in_file = false;
  model::HostPolicy policy;
};

std::expected<model::HostPolicy, int> Understand(const std::string& text) {
  Build build(ProfileFolders(""));
  const auto document = build.ParseText(text, admit::kHostFile);
  auto policy = document ? build.Host(*document) : std::nullopt;
  if (!policy) return std::unexpected(Complain(build));
  return *std::move(policy);
}

std::expected<Rules, int> Load() {
  auto text = host::ReadRules();
  if (!text) return std::unexpected(Print(text.error()));
  Rules rules{text->value_or(kFirstRules), text->has_value(), {}};
  auto policy = Understand(rules.text);
  if (!policy) return std::unexpected(policy.error());
  rules.policy = *std::move(policy);
  return rules;
}

// A change of the host is an event. It has been made; what cannot be logged is
// said, and is a failure.
int Log(const std::string& change, const std::string& members = "") {
  const audit::Entry entry{audit::Kind::kHost,
                           launch::JsonMember("change", change) +
                               (members.empty() ? "" : ",") + members};
  const auto logged =
      audit::Append(model::HostUid(::geteuid()), std::span(&entry, 1));
  if (logged) return 0;
  return Print(
      host::Problem{"the change was made, and the event log misses it: " +
                        audit::Describe(logged.error()),
                    logged.error().remedy});
}

int Initialise(bool dry_run) {
  auto rules = Load();
  if (!rules) return rules.error();
  host::Ground ground{.policy = std::move(rules->policy)};
  if (dry_run) ground.mode = host::Mode::kDryRun;
  if (const int code = Print(host::Initialise(ground)); code != 0) return code;
  if (const int code = Print(LoadAppArmor(ground.mode)); code != 0) return code;
  if (const int code = Print(LoadSelinux(ground.mode)); code != 0) return code;
  if (!rules->in_file) {
    std::printf("%s %s\n", dry_run ? "would make" : "made", admit::kHostFile);
    if (dry_run) return 0;
    if (const auto problem = host::WriteRules(rules->text)) {
      return Print(*problem);
    }
  }
  return dry_run ? 0 : Log("init");
}

// `keep_rules`: nothing starts until the next init, instead of every user's
// workloads in a ledger of their own.
int Deinitialise(bool dry_run, bool keep_rules) {
  host::Ground ground;
  if (dry_run) ground.mode = host::Mode::kDryRun;
  if (const int code = Print(host::Deinitialise(ground)); code != 0) {
    return code;
  }
  if (const int code = Print(UnloadAppArmor(ground.mode)); code != 0) {
    return code;
  }
  if (const int code = Print(UnloadSelinux(ground.mode)); code != 0) {
    return code;
  }
  if (dry_run) return 0;
  // While it is the host's log that counts.
  const auto rules = host::ReadRules();
  const int logged = rules && *rules ? Log("deinit") : 0;
  if (keep_rules) return logged;
  const auto retired = host::RetireRules();
  if (!retired) return Print(retired.error());
  if (*retired) std::printf("kept the rules as %s\n", (*retired)->c_str());
  return logged;
}

// Writes one key of the rules, and puts them into force. `meant` makes the
// same change to what they mean.
int Write(const std::string& key, const std::string& line,
          const std::function<void(model::HostPolicy&)>& meant) {
  if (::geteuid() != 0) {
    return Print(host::Problem{"only root may do this",
                               "sudo ringfence host accept|drain|undrain"});
  }
  auto rules = Load();
  if (!rules) return rules.error();
  const auto text = syntax::SetKey(rules->text, key, line);
  if (!text) {
    return Print(host::Problem{
        std::string(admit::kHostFile) + " does not have one key a line",
        "set `" + key + "` there by hand, then: ringfence host init"});
  }
  const auto policy = Understand(*text);
  if (!policy) return policy.error();
  meant(rules->policy);
  if (*policy != rules->policy) {
    return Print(host::Problem{
        std::string(admit::kHostFile) + " cannot be changed line by line",
        "set `" + key + "` there by hand, then: ringfence host init"});
  }
  const host::Outcome outcome = host::Apply(host::Ground{}, *policy);
  if (outcome.problem) return Print(outcome);
  if (const auto problem = host::WriteRules(*text)) return Print(*problem);
  return Print(outcome);
}

int Accept(const std::vector<std::string>& levels) {
  std::string line;
  for (const std::string& level : levels) {
    line += (line.empty() ? "accepts: [" : ", ") + level;
  }
  const int code =
      Write("accepts", line.empty() ? "" : line + "]",
            [&](model::HostPolicy& policy) { policy.accepts = levels; });
  if (code != 0) return code;
  std::string names;
  for (const std::string& level : levels) {
    names += (names.empty() ? "" : ",") + launch::JsonString(level);
  }
  return Log("accept", "\"levels\":[" + names + "]");
}

// The names of the files in the profile folders; those that are no levels have
// no AppArmor profile either.
int Facts() {
  std::vector<std::string> levels;
  for (const std::string& folder : ProfileFolders("")) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder, error)) {
      const std::filesystem::path& path = entry.path();
      if (path.extension() == ".yaml") levels.push_back(path.stem());
    }
  }
  std::ranges::sort(levels);
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  const std::string text = FactsText(GatherHost(levels));
  const bool written =
      std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? 0 : Print(host::Problem{"the facts cannot be written", ""});
}

int Drain(bool drain) {
  const int code =
      Write("drain", drain ? "drain: true" : "",
            [&](model::HostPolicy& policy) { policy.draining = drain; });
  return code != 0 ? code : Log(drain ? "drain" : "undrain");
}

}  // namespace

int RunHost(int argc, char** argv) {
  bool dry_run = false;
  bool all = false;
  bool keep_rules = false;
  std::vector<std::string> levels;
  CLI::App app(
      "Set this host up for all its users, say what may run on it, or undo "
      "it. Needs root, but for `facts`.\n"
      "Exit code 0: it is so; 1: it could not be done; 3: host.yaml is wrong.",
      "ringfence host");
  app.require_subcommand(1);
  CLI::App* init = app.add_subcommand(
      "init",
      "Make the ledger in /run/ringfence, and let host.yaml count from now on");
  CLI::App* deinit = app.add_subcommand(
      "deinit", "Take the ledger away again, if no workload runs");
  for (CLI::App* command : {init, deinit}) {
    command->add_flag("--dry-run", dry_run, "Only say what would be done");
  }
  deinit->add_flag("--keep-rules", keep_rules,
                   "Leave host.yaml as it is: nothing starts until `init`");
  CLI::App* accept = app.add_subcommand(
      "accept", "Reserve the host for these levels, also after a reboot");
  accept->add_option("levels", levels, "Trust levels")->type_name("LEVEL...");
  accept->add_flag("--all", all, "Accept every level again");
  CLI::App* facts = app.add_subcommand("facts",
                                       "Print what this host can enforce for "
                                       "you, for `check --host`; as anyone");
  CLI::App* drain =
      app.add_subcommand("drain", "Let nothing new start; what runs, runs on");
  CLI::App* undrain = app.add_subcommand("undrain", "End a drain");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "ringfence: %s\n", error.what());
    return kBadUsage;
  }
  if (accept->parsed() && all != levels.empty()) {
    std::fputs("ringfence: name the levels, or say --all\n", stderr);
    return kBadUsage;
  }
  if (facts->parsed()) return Facts();
  if (init->parsed()) return Initialise(dry_run);
  if (deinit->parsed()) return Deinitialise(dry_run, keep_rules);
  if (accept->parsed()) return Accept(levels);
  return Drain(!undrain->parsed() && drain->parsed());
}

}  // namespace ringfence::cli
