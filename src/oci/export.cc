#include "oci/export.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/check.h"
#include "oci/boxes.h"
#include "resolve/syscall_table.h"
#include "syntax/parse.h"

namespace ringfence::oci {
namespace {

using model::Action;
using model::Answer;
using model::CallPolicy;
using nlohmann::ordered_json;

// The answer as it is without our supervisor.
Answer Alone(const Answer& answer) {
  if (answer.action != Action::kExplain) return answer;
  return {Action::kQuiet, answer.error};
}

const char* WordOf(Action action) {
  switch (action) {
    case Action::kAllow:
      return "SCMP_ACT_ALLOW";
    case Action::kLog:
      return "SCMP_ACT_LOG";
    case Action::kExplain:
    case Action::kQuiet:
      return "SCMP_ACT_ERRNO";
    case Action::kKill:
      return "SCMP_ACT_KILL_PROCESS";
    case Action::kKillThread:
      return "SCMP_ACT_KILL_THREAD";
    case Action::kTrap:
      return "SCMP_ACT_TRAP";
    case Action::kTrace:
      return "SCMP_ACT_TRACE";
    case Action::kNotify:
      return "SCMP_ACT_NOTIFY";
  }
  CheckFailed("oci: unknown action");
}

void PutAnswer(ordered_json& to, const Answer& answer, const char* action_key,
               const char* errno_key) {
  to[action_key] = WordOf(answer.action);
  if (answer.action == Action::kQuiet || answer.action == Action::kTrace) {
    to[errno_key] = answer.error;
  }
}

ordered_json ArgumentsOf(const Box& box) {
  ordered_json arguments = ordered_json::array();
  for (size_t i = 0; i < box.sides.size(); ++i) {
    const Box::Side& side = box.sides[i];
    if (side.mask == 0) continue;
    if (side.mask == ~uint64_t{0}) {
      arguments.push_back(
          {{"index", i}, {"value", side.value}, {"op", "SCMP_CMP_EQ"}});
    } else {
      arguments.push_back({{"index", i},
                           {"value", side.mask},
                           {"valueTwo", side.value},
                           {"op", "SCMP_CMP_MASKED_EQ"}});
    }
  }
  return arguments;
}

// The answer in some boxes of a call.
struct Part {
  std::vector<Box> boxes;
  Answer answer;
};

// Nothing: too many boxes.
std::optional<std::vector<Part>> PartsOf(const CallPolicy& call) {
  std::vector<Part> parts;
  std::vector<Box> rest = {Box{}};  // where no clause has answered yet
  for (const model::Clause& clause : call.clauses) {
    const auto holds = BoxesOf(clause.when, true);
    const auto fails = BoxesOf(clause.when, false);
    if (!holds || !fails) return std::nullopt;
    auto here = Intersect(rest, *holds);
    auto after = Intersect(rest, *fails);
    if (!here || !after) return std::nullopt;
    parts.push_back({*std::move(here), Alone(clause.then)});
    rest = *std::move(after);
  }
  parts.push_back({std::move(rest), Alone(call.otherwise)});
  return parts;
}

ordered_json RuleOf(std::vector<std::string> names, const Answer& answer) {
  ordered_json rule = {{"names", std::move(names)}};
  PutAnswer(rule, answer, "action", "errnoRet");
  return rule;
}

class Exporter {
 public:
  explicit Exporter(const model::SeccompPolicy& policy) : policy_(policy) {}

  std::expected<std::string, std::string> Run() {
    const Answer unlisted = Alone(policy_.unlisted);
    for (const CallPolicy& call : policy_.calls) {
      if (auto added = Add(call, unlisted); !added) {
        return std::unexpected(std::move(added).error());
      }
    }
    ordered_json profile;
    PutAnswer(profile, unlisted, "defaultAction", "defaultErrnoRet");
    profile["architectures"] = {policy_.arch == model::kArchAarch64
                                    ? "SCMP_ARCH_AARCH64"
                                    : "SCMP_ARCH_X86_64"};
    ordered_json rules = ordered_json::array();
    for (auto& [answer, names] : plain_) {
      rules.push_back(RuleOf(std::move(names), answer));
    }
    for (ordered_json& rule : conditional_) rules.push_back(std::move(rule));
    profile["syscalls"] = std::move(rules);
    std::string text = profile.dump(2) + "\n";
    if (text.size() > syntax::kMaxFileBytes) {
      return std::unexpected(
          "as a profile the rules would take " + std::to_string(text.size()) +
          " bytes, and more than " + std::to_string(syntax::kMaxFileBytes) +
          " are not read");
    }
    return text;
  }

 private:
  std::expected<void, std::string> Add(const CallPolicy& call,
                                       const Answer& unlisted) {
    const auto parts = PartsOf(call);
    if (!parts) {
      return std::unexpected("the rules for " + call.name +
                             " are too many masked comparisons for a profile");
    }
    for (const Part& part : *parts) {
      if (part.answer == unlisted || part.boxes.empty()) continue;
      if (call.name.empty()) {
        return std::unexpected("a profile cannot name the call number " +
                               std::to_string(call.number));
      }
      AddPart(call.name, part);
    }
    return {};
  }

  void AddPart(const std::string& name, const Part& part) {
    if (std::ranges::find(part.boxes, Box{}) != part.boxes.end()) {
      for (auto& [answer, names] : plain_) {
        if (answer != part.answer) continue;
        names.push_back(name);
        return;
      }
      plain_.push_back({part.answer, {name}});
      return;
    }
    for (const Box& box : part.boxes) {
      ordered_json rule = RuleOf({name}, part.answer);
      rule["args"] = ArgumentsOf(box);
      conditional_.push_back(std::move(rule));
    }
  }

  const model::SeccompPolicy& policy_;
  std::vector<std::pair<Answer, std::vector<std::string>>> plain_;
  std::vector<ordered_json> conditional_;
};

}  // namespace

std::expected<std::string, std::string> ExportOci(
    const model::SeccompPolicy& policy) {
  return Exporter(policy).Run();
}

}  // namespace ringfence::oci
