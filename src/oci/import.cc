#include "oci/import.h"

#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

#include "base/check.h"
#include "oci/json.h"
#include "oci/rules.h"
#include "oci/schema.h"
#include "resolve/constants.h"
#include "resolve/names.h"
#include "syntax/check.h"

namespace ringfence::oci {
namespace {

using model::Action;
using model::Answer;
using resolve::Quote;
using syntax::Code;
using syntax::Node;
using syntax::Span;

constexpr Answer kNotImplemented{Action::kQuiet, ENOSYS};

bool TakesErrno(Action action) {
  return action == Action::kQuiet || action == Action::kTrace;
}

Action ActionOf(std::string_view word) {
  if (word == "SCMP_ACT_ALLOW") return Action::kAllow;
  if (word == "SCMP_ACT_ERRNO") return Action::kQuiet;
  if (word == "SCMP_ACT_KILL_PROCESS") return Action::kKill;
  if (word == "SCMP_ACT_LOG") return Action::kLog;
  if (word == "SCMP_ACT_NOTIFY") return Action::kNotify;
  if (word == "SCMP_ACT_TRACE") return Action::kTrace;
  if (word == "SCMP_ACT_TRAP") return Action::kTrap;
  Check(word == "SCMP_ACT_KILL" || word == "SCMP_ACT_KILL_THREAD",
        "oci: unknown action");
  return Action::kKillThread;
}

// Of a number that the schema has checked.
uint64_t NumberOf(const Node& node) {
  uint64_t number = 0;
  const char* end = node.text.data() + node.text.size();
  const auto read = std::from_chars(node.text.data(), end, number);
  Check(read.ec == std::errc{} && read.ptr == end, "oci: not a number");
  return number;
}

std::vector<Node> ItemsOf(const Node& mapping, std::string_view key) {
  const Node* list = mapping.Find(key);
  return list != nullptr ? list->items : std::vector<Node>{};
}

bool Contains(const std::vector<Node>& items, std::string_view text) {
  return std::ranges::find(items, text, &Node::text) != items.end();
}

// What engines call the machines (GOARCH, mostly).
std::string_view MachineName(uint32_t arch) {
  return arch == model::kArchAarch64 ? "arm64" : "amd64";
}
std::string_view ArchitectureName(uint32_t arch) {
  return arch == model::kArchAarch64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";
}
std::string_view KernelName(uint32_t arch) {
  return arch == model::kArchAarch64 ? "aarch64" : "x86_64";
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

class Importer {
 public:
  Importer(const Host& host, syntax::Diagnostics& diagnostics)
      : host_(host), diagnostics_(diagnostics) {}

  std::optional<Imported> Run(const Node& profile) {
    const size_t before = diagnostics_.size();
    default_ =
        AnswerOf(profile, "defaultAction", "defaultErrnoRet", "defaultErrno");
    if (default_.action == Action::kNotify) {
      Report(Code::kOciNotify, "`SCMP_ACT_NOTIFY` cannot be the default",
             profile.Find("defaultAction")->span,
             "the container could not be started: runc refuses it");
    }
    Architectures(profile);
    NoteUnused(profile, "flags");
    NoteUnused(profile, "listenerPath");
    NoteUnused(profile, "listenerMetadata");
    for (const Node& rule : ItemsOf(profile, "syscalls")) Rule(rule);
    model::SeccompPolicy policy = Policy();
    if (diagnostics_.size() != before) return std::nullopt;
    return Imported{std::move(policy), std::move(notes_)};
  }

 private:
  void Report(Code code, std::string message, const Span& span,
              std::string help) {
    diagnostics_.Add({code, std::move(message), span, "", {}, std::move(help)});
  }

  void NoteUnused(const Node& profile, std::string_view key) {
    const Node* node = profile.Find(key);
    if (node == nullptr) return;
    notes_.push_back({Quote(key) + " is no part of the filter and was left out",
                      node->span});
  }

  Answer AnswerOf(const Node& from, std::string_view action_key,
                  std::string_view number_key, std::string_view name_key) {
    const Node& word = *from.Find(action_key);
    Answer answer{ActionOf(word.text), 0};
    if (TakesErrno(answer.action)) answer.error = EPERM;
    const Node* number = from.Find(number_key);
    const Node* name = from.Find(name_key);
    if (name != nullptr && name->text.empty()) name = nullptr;
    const Node* any = number != nullptr ? number : name;
    if (any == nullptr) return answer;
    if (!TakesErrno(answer.action)) {
      Report(Code::kOciErrno, Quote(word.text) + " takes no errno", any->span,
             "remove it, or use SCMP_ACT_ERRNO");
      return answer;
    }
    if (number != nullptr)
      answer.error = static_cast<uint16_t>(NumberOf(*number));
    if (name == nullptr) return answer;
    const auto known = resolve::FindErrno(name->text);
    if (!known) {
      Report(Code::kOciErrno, "unknown errno " + Quote(name->text), name->span,
             "write a name such as EPERM");
    } else if (number != nullptr && *known != answer.error) {
      Report(Code::kOciErrno,
             Quote(name->text) + " is " + std::to_string(*known) + ", not " +
                 std::to_string(answer.error),
             name->span, "remove one of the two");
    } else {
      answer.error = *known;
    }
    return answer;
  }

  void Architectures(const Node& profile) {
    const Node* list = profile.Find("architectures");
    const Node* map = profile.Find("archMap");
    if (list != nullptr && map != nullptr && !list->items.empty() &&
        !map->items.empty()) {
      Report(Code::kOciEither, "`architectures` and `archMap` are both there",
             list->span, "keep one of them");
      return;
    }
    std::vector<Node> others = ItemsOf(profile, "architectures");
    for (const Node& entry : ItemsOf(profile, "archMap")) {
      if (entry.Find("architecture")->text != ArchitectureName(host_.arch)) {
        continue;
      }
      others = ItemsOf(entry, "subArchitectures");
    }
    for (const Node& other : others) {
      if (other.text == ArchitectureName(host_.arch)) continue;
      notes_.push_back({Quote(other.text) + " is killed: only calls of " +
                            std::string(KernelName(host_.arch)) + " are let in",
                        other.span});
    }
  }

  // True if the host is not among those that the rule is for.
  bool IsForOthers(const Node& rule) {
    const Node* includes = rule.Find("includes");
    const Node* excludes = rule.Find("excludes");
    const auto is_here = [&](const Node& capability) {
      return host_.capabilities.contains(capability.text);
    };
    if (excludes != nullptr) {
      if (Contains(ItemsOf(*excludes, "arches"), MachineName(host_.arch)) ||
          std::ranges::any_of(ItemsOf(*excludes, "caps"), is_here) ||
          HasKernel(*excludes, false)) {
        return true;
      }
    }
    if (includes == nullptr) return false;
    const std::vector<Node> arches = ItemsOf(*includes, "arches");
    return (!arches.empty() && !Contains(arches, MachineName(host_.arch))) ||
           !std::ranges::all_of(ItemsOf(*includes, "caps"), is_here) ||
           !HasKernel(*includes, true);
  }

  // Whether the host's kernel is at least minKernel; `without` if none is said.
  bool HasKernel(const Node& filter, bool without) {
    const Node* least = filter.Find("minKernel");
    if (least == nullptr || least->text.empty()) return without;
    resolve::KernelVersion version;
    const char* at = least->text.data();
    const char* end = at + least->text.size();
    const auto major = std::from_chars(at, end, version.major);
    const bool has_minor =
        major.ec == std::errc{} && major.ptr != end && *major.ptr == '.';
    const auto minor =
        has_minor ? std::from_chars(major.ptr + 1, end, version.minor) : major;
    if (!has_minor || minor.ec != std::errc{} ||
        (minor.ptr != end && *minor.ptr != '.')) {
      Report(Code::kOciKernel, Quote(least->text) + " is not a kernel release",
             least->span, "write it like 4.8");
      return without;
    }
    return version <= host_.kernel;
  }

  void Rule(const Node& rule) {
    const Node* name = rule.Find("name");
    const Node* names = rule.Find("names");
    if ((name == nullptr) == (names == nullptr || names->items.empty())) {
      Report(Code::kOciEither,
             name != nullptr ? "`name` and `names` are both there"
                             : "the rule names no system call",
             rule.span, "write `names`");
      return;
    }
    const Answer answer = AnswerOf(rule, "action", "errnoRet", "errno");
    const std::vector<CallRule> parts = Parts(rule, answer);
    const std::vector<Node> calls =
        name != nullptr ? std::vector<Node>{*name} : names->items;
    if (IsForOthers(rule)) {
      for (const Node& call : calls) FindCall(call);
      notes_.push_back(
          {"this rule is for other hosts and was left out", rule.span});
      return;
    }
    if (answer == default_) {
      notes_.push_back(
          {"this rule answers like the default and has no effect", rule.span});
    }
    AddCalls(calls, parts);
  }

  // The rule as libseccomp gets it, without its calls.
  std::vector<CallRule> Parts(const Node& rule, const Answer& answer) {
    std::vector<Argument> arguments;
    bool has_one_twice = false;
    for (const Node& node : ItemsOf(rule, "args")) {
      Argument argument{
          .index = static_cast<uint8_t>(NumberOf(*node.Find("index"))),
          .op = OpOf(node.Find("op")->text),
          .value = NumberOf(*node.Find("value"))};
      if (const Node* second = node.Find("valueTwo")) {
        argument.value2 = NumberOf(*second);
        NoteValueTwo(argument, *second);
      }
      has_one_twice |= std::ranges::find(arguments, argument.index,
                                         &Argument::index) != arguments.end();
      arguments.push_back(argument);
    }
    if (!has_one_twice) return {{std::move(arguments), answer, {}}};
    notes_.push_back(
        {"one argument is tested twice: each test is a rule of its "
         "own, and one of them is enough",
         rule.Find("args")->span});
    std::vector<CallRule> parts;
    for (const Argument& argument : arguments) {
      parts.push_back({{argument}, answer, {}});
    }
    return parts;
  }

  void NoteValueTwo(const Argument& argument, const Node& second) {
    const bool is_masked = argument.op == Argument::Op::kMaskedEq;
    const uint64_t used = is_masked ? argument.value : 0;
    if ((argument.value2 & ~used) == 0) return;
    notes_.push_back({is_masked ? "bits outside the mask do not count"
                                : "only SCMP_CMP_MASKED_EQ looks at `valueTwo`",
                      second.span});
  }

  // Null for a call that this architecture does not have; a diagnostic for one
  // that no architecture has.
  const resolve::Syscall* FindCall(const Node& name) {
    const resolve::Syscall* call = resolve::FindSyscall(host_.arch, name.text);
    if (call == nullptr && !resolve::IsSyscall(name.text) &&
        ::seccomp_syscall_resolve_name(name.text.c_str()) == __NR_SCMP_ERROR) {
      Report(Code::kUnknownSyscall, "unknown system call " + Quote(name.text),
             name.span, resolve::SuggestSyscall(name.text));
    }
    return call;
  }

  void AddCalls(const std::vector<Node>& names,
                const std::vector<CallRule>& parts) {
    std::vector<std::string> missing;
    Span first_missing;
    for (const Node& name : names) {
      const resolve::Syscall* call = FindCall(name);
      if (call == nullptr) {
        if (missing.empty()) first_missing = name.span;
        missing.push_back(name.text);
        continue;
      }
      if (parts.front().answer.action == Action::kNotify &&
          call->name == "write") {
        Report(Code::kOciNotify, "`SCMP_ACT_NOTIFY` cannot be used for `write`",
               name.span,
               "the container could not be started: runc refuses it");
      }
      newest_ = std::max(newest_, call->number);
      if (parts.front().answer == default_) continue;
      if (!call->enforceable) {
        notes_.push_back({"current kernels let " + Quote(name.text) +
                              " pass, whatever a filter says",
                          name.span});
      }
      for (CallRule rule : parts) {
        rule.span = name.span;
        rules_[call->number].push_back(std::move(rule));
      }
    }
    if (missing.empty()) return;
    notes_.push_back({"not on " + std::string(KernelName(host_.arch)) + ": " +
                          Joined(missing),
                      first_missing});
  }

  // runc puts a test before libseccomp's program: what is newer than any call
  // that the profile names is ENOSYS.
  [[nodiscard]] bool HidesNewerCalls() const {
    return !model::LetsPass(default_.action) &&
           default_.action != Action::kTrace && default_ != kNotImplemented &&
           newest_ != 0;
  }

  model::SeccompPolicy Policy() {
    model::SeccompPolicy policy{
        .arch = host_.arch, .calls = {}, .unlisted = default_};
    uint32_t next = 0;
    const auto list_up_to = [&](uint32_t end) {
      for (; HidesNewerCalls() && next < end; ++next) {
        const auto* call = resolve::FindSyscall(host_.arch, next);
        policy.calls.push_back({.number = next,
                                .name = std::string(call ? call->name : ""),
                                .otherwise = default_});
      }
      next = end + 1;
    };
    for (const auto& [number, rules] : rules_) {
      list_up_to(number);
      const std::string name(resolve::FindSyscall(host_.arch, number)->name);
      policy.calls.push_back(
          CombineRules(name, number, rules, default_, notes_, diagnostics_));
    }
    list_up_to(newest_ + 1);
    if (HidesNewerCalls()) policy.unlisted = kNotImplemented;
    return policy;
  }

  const Host& host_;
  syntax::Diagnostics& diagnostics_;
  Answer default_;
  std::map<uint32_t, std::vector<CallRule>> rules_;  // by number
  uint32_t newest_ = 0;  // the largest number that a rule names
  std::vector<syntax::Note> notes_;
};

}  // namespace

std::optional<Imported> ImportOci(std::string_view text, std::string_view file,
                                  const Host& host,
                                  syntax::Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  const std::optional<Node> profile = ReadJson(text, file, diagnostics);
  if (!profile) return std::nullopt;
  syntax::CheckAgainst(ProfileType(), *profile, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;
  return Importer(host, diagnostics).Run(*profile);
}

}  // namespace ringfence::oci
