#include "cli/command_explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "cli/build.h"
#include "cli/complain.h"
#include "cli/install.h"
#include "resolve/call.h"
#include "resolve/constants.h"
#include "syntax/codes.h"

namespace ringfence::cli {
namespace {

std::string AnswerText(const model::Answer& answer) {
  switch (answer.action) {
    case model::Action::kAllow:
      return "allowed";
    case model::Action::kExplain:
      return resolve::ErrnoName(answer.error) + ", and the supervisor says why";
    case model::Action::kQuiet:
      return resolve::ErrnoName(answer.error) + ", silently";
    case model::Action::kKill:
      return "killed";
    case model::Action::kLog:
      return "allowed and logged";
    case model::Action::kKillThread:
      return "the thread is killed";
    case model::Action::kTrap:
      return "SIGSYS";
    case model::Action::kTrace:
      return "a tracer decides";
    case model::Action::kNotify:
      return "a supervisor decides";
  }
  CheckFailed("explain: unknown action");
}

std::string PlaceText(const model::Source& source) {
  if (source.line == 0) return "decided by Ringfence";
  return syntax::Escape(source.file) + ":" + std::to_string(source.line);
}

// Names in lines of at most 78 columns.
std::string Wrapped(const std::vector<std::string>& names) {
  std::string text;
  std::string line = "   ";
  for (const std::string& name : names) {
    if (line.size() + 1 + name.size() > 78) {
      text += line + "\n";
      line = "   ";
    }
    line += " " + name;
  }
  return text + line + "\n";
}

std::string Joined(const std::vector<syntax::Text>& texts) {
  std::string joined;
  for (const syntax::Text& text : texts) joined += " " + text.value;
  return joined.empty() ? " nothing" : joined;
}

void ExplainCalls(const model::SeccompPolicy& policy) {
  std::vector<std::string> allowed;
  std::vector<std::string> conditional;
  std::map<std::string, std::vector<std::string>> denied;
  for (const model::CallPolicy& call : policy.calls) {
    const bool always = call.clauses.empty();
    if (always && model::LetsPass(call.otherwise.action)) {
      allowed.push_back(call.name);
    } else if (!always) {
      conditional.push_back(call.name + " (" + PlaceText(call.source) +
                            "; otherwise " + AnswerText(call.otherwise) + ")");
    } else {
      denied[AnswerText(call.otherwise)].push_back(call.name);
    }
  }
  fmt::print("\nsystem calls (x86_64)\n  always allowed: {}\n{}",
             allowed.size(), Wrapped(allowed));
  fmt::print("  allowed on a condition: {}\n", conditional.size());
  for (const std::string& line : conditional) fmt::print("    {}\n", line);
  for (const auto& [answer, names] : denied) {
    fmt::print("  {}: {}\n{}", answer, names.size(), Wrapped(names));
  }
  fmt::print(
      "  every other number: {}\n  another architecture, and x32: "
      "killed\n",
      AnswerText(policy.unlisted));
}

void ExplainLevel(const resolve::ResolvedLevel& level) {
  fmt::print("trust level {}", level.name);
  for (size_t i = 1; i < level.chain.size(); ++i) {
    fmt::print("{}{}", i == 1 ? ", inside " : " inside ", level.chain[i]);
  }
  fmt::print("\n\nuser: uid {}, gid {}; capabilities:", level.user.uid.value,
             level.user.gid.value);
  for (const std::string& name : level.capabilities) fmt::print(" {}", name);
  fmt::print("{}\n", level.capabilities.empty() ? " none" : "");
  fmt::print("may read:{}\nmay write:{}\nmay execute:{}\n",
             Joined(level.ceilings.may_read), Joined(level.ceilings.may_write),
             Joined(level.ceilings.may_execute));
  fmt::print("processes: {}; open files: {}\n", level.processes.value,
             level.open_files.value);
  ExplainCalls(level.seccomp.front());
}

int ExplainCall(const std::vector<model::SeccompPolicy>& policies,
                const std::string& text) {
  const model::SeccompPolicy& policy = policies.front();
  const auto call = resolve::ParseCall(text, policy.arch);
  if (!call) {
    std::fprintf(
        stderr, "error[%s]: %s\n%s%s%s", syntax::Id(call.error().code).c_str(),
        call.error().message.c_str(),
        call.error().help.empty() ? "" : "  help: ", call.error().help.c_str(),
        call.error().help.empty() ? "" : "\n");
    return kBadUsage;
  }
  const model::CallPolicy* rule = model::Find(policy, call->number);
  fmt::print("{}: {}\n", syntax::Escape(text),
             AnswerText(model::Meaning(policy, *call)));
  fmt::print("  decided by {}\n",
             rule != nullptr ? PlaceText(rule->source)
                             : "the kernel baseline: the profile does not "
                               "know this call");
  return 0;
}

int ExplainCode(const std::string& id) {
  const auto entry = syntax::FindCode(id);
  if (!entry) {
    std::fprintf(stderr, "error: there is no diagnostic %s\n", id.c_str());
    return kBadUsage;
  }
  fmt::print("{}: {}\n\n{}\n", syntax::Id(entry->code), entry->title,
             entry->explanation);
  return 0;
}

bool IsDiagnosticId(const std::string& text) {
  return text.size() == 6 && (text.starts_with("RF") || text.starts_with("rf"));
}

int Explain(const std::string& subject, const std::string& call,
            const std::string& profiles) {
  if (IsDiagnosticId(subject)) return ExplainCode(subject);
  Build build(ProfileFolders(profiles));
  std::error_code error;
  if (!std::filesystem::exists(subject, error)) {
    const auto level = build.Level(subject);
    if (!level) return Complain(build);
    if (!call.empty()) return ExplainCall(level->seccomp, call);
    ExplainLevel(*level);
    return 0;
  }
  const auto document = build.ParseFile(subject);
  if (!document) return Complain(build);
  if (std::holds_alternative<syntax::TrustLevel>(document->content)) {
    const auto level = build.Level(*document);
    if (!level) return Complain(build);
    if (!call.empty()) return ExplainCall(level->seccomp, call);
    ExplainLevel(*level);
    return 0;
  }
  const auto compiled = build.Workload(*document);
  if (!compiled) return Complain(build);
  if (!call.empty()) return ExplainCall(compiled->confinement.seccomp, call);
  fmt::print("workload {}, at trust level {}\n", compiled->confinement.name,
             compiled->confinement.level.name);
  ExplainCalls(compiled->confinement.seccomp.front());
  return 0;
}

}  // namespace

int RunExplain(int argc, char** argv) {
  std::string subject;
  std::string call;
  std::string profiles;
  CLI::App app("Say what a profile, a workload or a diagnostic means",
               "ringfence explain");
  app.add_option("subject", subject,
                 "A profile or workload file, the name of a level, or RF0123")
      ->required();
  app.add_option("call", call, "A system call: 'socket(AF_VSOCK, 1, 0)'");
  app.add_option("--profiles", profiles, "Look profiles up in this folder only")
      ->type_name("DIR");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  return Explain(subject, call, profiles);
}

}  // namespace ringfence::cli
