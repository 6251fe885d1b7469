#include "cli/command_explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/check.h"
#include "cli/build.h"
#include "cli/complain.h"
#include "cli/explain_layers.h"
#include "cli/explain_path.h"
#include "cli/filter_text.h"
#include "cli/install.h"
#include "launch/denial.h"
#include "resolve/call.h"
#include "resolve/constants.h"
#include "resolve/syscall_table.h"
#include "syntax/codes.h"
#include "syntax/quantity.h"
#include "syntax/render.h"

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

void ExplainCalls(const model::SeccompPolicy& policy) {
  std::vector<std::string> allowed;
  std::vector<std::string> logged;
  std::vector<std::string> conditional;
  std::map<std::string, std::vector<std::string>> denied;
  for (const model::CallPolicy& call : policy.calls) {
    const bool always = call.clauses.empty();
    if (always && model::LetsPass(call.otherwise.action)) {
      const bool log = call.otherwise.action == model::Action::kLog;
      (log ? logged : allowed).push_back(call.name);
    } else if (!always) {
      conditional.push_back(call.name + " (" + DeciderText(call.source) +
                            "; otherwise " + AnswerText(call.otherwise) + ")");
    } else {
      denied[AnswerText(call.otherwise)].push_back(call.name);
    }
  }
  fmt::print("\nsystem calls (x86_64)\n  always allowed: {}\n{}",
             allowed.size(), Wrapped(allowed));
  if (!logged.empty()) {
    fmt::print("  always allowed, and logged: {}\n{}", logged.size(),
               Wrapped(logged));
  }
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

// The release that brought a call the profile does not know.
std::string NewerText(uint32_t arch, uint32_t number) {
  const resolve::Syscall* syscall = resolve::FindSyscall(arch, number);
  if (syscall == nullptr) return "no Linux release has this call";
  return fmt::format("it came with Linux {}.{}, after kernel_baseline",
                     syscall->since.major, syscall->since.minor);
}

int ExplainCall(const std::vector<model::SeccompPolicy>& policies,
                const model::Denials& denials, const std::string& text) {
  const model::SeccompPolicy& policy = policies.front();
  const auto call = resolve::ParseCall(text, policy.arch);
  if (!call) {
    const resolve::CallError& error = call.error();
    const std::string name = "the call";
    syntax::Diagnostics diagnostics;
    diagnostics.Add({error.code,
                     error.message,
                     {name, 1, static_cast<uint32_t>(error.at + 1),
                      static_cast<uint32_t>(error.length)},
                     "",
                     {},
                     error.help});
    std::fputs(Render(diagnostics, {{name, text}}, ErrorColour()).c_str(),
               stderr);
    return kBadUsage;
  }
  const model::Answer answer = model::Meaning(policy, *call);
  const model::CallPolicy* rule = model::Find(policy, call->number);
  fmt::print("{}: {}\n", syntax::Escape(text), AnswerText(answer));
  if (rule == nullptr) {
    fmt::print("  decided by the kernel baseline: {}\n",
               NewerText(policy.arch, call->number));
  } else if (model::LetsPass(answer.action)) {
    const model::Clause* clause = model::FindClause(*rule, call->args);
    fmt::print("  decided by {}\n",
               DeciderText(clause != nullptr ? clause->source : rule->source));
  } else {
    const launch::DenialText denial =
        launch::Describe(denials, call->number, call->args);
    fmt::print("  {}\n  decided by {}\n", denial.call,
               denial.by.empty() ? DeciderText(rule->source) : denial.by);
    if (!denial.remedy.empty()) fmt::print("  {}\n", denial.remedy);
  }
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

// What the filters of `policies` cost; they are compiled for it.
int ExplainCost(Build& build,
                const std::vector<model::SeccompPolicy>& policies) {
  std::vector<bundle::FilterProof> proofs;
  const auto filters = build.Filters(policies, proofs);
  if (!filters) return Complain(build);
  for (size_t i = 0; i < policies.size(); ++i) {
    fmt::print("{}{}", i == 0 ? "" : "\n",
               CostText(policies[i], (*filters)[i].program()));
  }
  return 0;
}

// Asked as `question` by --cost: no call and no path looks like it.
constexpr char kCost[] = "--cost";

bool IsPath(const std::string& text) { return text.starts_with('/'); }

// What is asked of a level: a call, a path, or everything.
int ExplainLevel(Build& build, const resolve::ResolvedLevel& level,
                 const std::string& question) {
  Warn(build);
  if (question == kCost) return ExplainCost(build, level.seccomp);
  if (IsPath(question)) {
    ExplainPath(level, question);
  } else if (!question.empty()) {
    return ExplainCall(level.seccomp, level.denials, question);
  } else {
    ExplainLayers(level);
    ExplainCalls(level.seccomp.front());
  }
  return 0;
}

int ExplainWorkload(Build& build, const Compiled& compiled,
                    const std::string& question) {
  const model::Confinement& confinement = compiled.confinement;
  if (question == kCost) return ExplainCost(build, confinement.seccomp);
  if (IsPath(question)) {
    const auto level = build.Level(confinement.level.name);
    if (!level) return Complain(build);
    ExplainPath(compiled, *level, question);
    return 0;
  }
  if (!question.empty()) {
    return ExplainCall(confinement.seccomp, confinement.denials, question);
  }
  ExplainLayers(compiled);
  ExplainCalls(confinement.seccomp.front());
  return 0;
}

int Explain(const std::string& subject, const std::string& question,
            const std::string& profiles) {
  if (IsPath(question)) {
    const auto good = syntax::CheckInsidePath(question);
    if (!good) {
      std::fprintf(stderr, "error: %s: %s\n", syntax::Escape(question).c_str(),
                   good.error().message.c_str());
      return kBadUsage;
    }
  }
  if (IsDiagnosticId(subject)) return ExplainCode(subject);
  Build build(ProfileFolders(profiles));
  std::error_code error;
  if (!std::filesystem::exists(subject, error)) {
    const auto level = build.Level(subject);
    if (!level) return Complain(build);
    return ExplainLevel(build, *level, question);
  }
  const auto document = build.ParseFile(subject);
  if (!document) return Complain(build);
  if (std::holds_alternative<syntax::TrustLevel>(document->content)) {
    const auto level = build.Level(*document);
    if (!level) return Complain(build);
    return ExplainLevel(build, *level, question);
  }
  const auto compiled = build.Workload(*document);
  if (!compiled) return Complain(build);
  return ExplainWorkload(build, *compiled, question);
}

}  // namespace

int RunExplain(int argc, char** argv) {
  std::string subject;
  std::string question;
  std::string profiles;
  CLI::App app("Say what a profile, a workload or a diagnostic means",
               "ringfence explain");
  app.add_option("subject", subject,
                 "A profile or workload file, the name of a level, or RF0123")
      ->required();
  app.add_option("question", question,
                 "A system call: 'socket(AF_VSOCK, 1, 0)'; or a path inside")
      ->type_name("CALL|PATH");
  bool cost = false;
  app.add_flag("--cost", cost, "Print what the filter costs each system call");
  app.add_option("--profiles", profiles, "Look profiles up in this folder only")
      ->type_name("DIR");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  return Explain(subject, cost ? kCost : question, profiles);
}

}  // namespace ringfence::cli
