#include "resolve/sockets.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "base/check.h"
#include "resolve/constants.h"
#include "resolve/names.h"
#include "resolve/syscall_table.h"

namespace ringfence::resolve {
namespace {

using model::ArgTest;
using model::CallPolicy;
using model::Condition;
using model::SeccompPolicy;
using syntax::Code;

// What is known of a condition when some bits of one argument are known.
enum class Truth { kFalse, kUnknown, kTrue };

Truth Not(Truth truth) {
  switch (truth) {
    case Truth::kFalse:
      return Truth::kTrue;
    case Truth::kUnknown:
      return Truth::kUnknown;
    case Truth::kTrue:
      return Truth::kFalse;
  }
  CheckFailed("resolve: unknown truth");
}

Truth TestTruth(const ArgTest& test, uint8_t arg, uint64_t bits) {
  if (test.arg != arg) return Truth::kUnknown;
  switch (test.relation) {
    case ArgTest::Relation::kEqual:
      if ((test.mask & bits & ~test.value) != 0) return Truth::kFalse;
      return (test.mask & ~bits) == 0 ? Truth::kTrue : Truth::kUnknown;
    case ArgTest::Relation::kAtLeast:
      return test.value <= bits ? Truth::kTrue : Truth::kUnknown;
  }
  CheckFailed("resolve: unknown relation");
}

// Kleene's three-valued logic.
Truth TruthOf(const Condition& condition, uint8_t arg, uint64_t bits) {
  const auto truth = [&](const Condition& c) { return TruthOf(c, arg, bits); };
  switch (condition.kind) {
    case Condition::Kind::kTest:
      return TestTruth(condition.test, arg, bits);
    case Condition::Kind::kAll: {
      Truth least = Truth::kTrue;
      for (const Condition& c : condition.of) least = std::min(least, truth(c));
      return least;
    }
    case Condition::Kind::kAny: {
      Truth most = Truth::kFalse;
      for (const Condition& c : condition.of) most = std::max(most, truth(c));
      return most;
    }
    case Condition::Kind::kNot:
      return Not(truth(condition.of.front()));
  }
  CheckFailed("resolve: unknown condition");
}

const CallPolicy* FindCall(const SeccompPolicy& policy, std::string_view name) {
  const Syscall* syscall = FindSyscall(policy.arch, name);
  return syscall != nullptr ? Find(policy, syscall->number) : nullptr;
}

bool IsDenied(const SeccompPolicy& policy, std::string_view name) {
  const CallPolicy* call = FindCall(policy, name);
  // Null: unlisted, or not on this architecture.
  return call == nullptr || !MayPass(*call);
}

bool DeniesFastOpen(const SeccompPolicy& policy, std::string_view name) {
  if (IsDenied(policy, name)) return true;
  const CallPolicy* call = FindCall(policy, name);
  if (model::LetsPass(call->otherwise.action)) return false;
  const auto arguments = FindSyscall(policy.arch, name)->arguments;
  const auto flags =
      std::ranges::find(arguments, "flags", &SyscallArgument::name);
  const auto fast_open = FindConstant("MSG_FASTOPEN");
  Check(flags != arguments.end() && fast_open.has_value(),
        "resolve: no flags in a send call");
  const auto arg = static_cast<uint8_t>(flags - arguments.begin());
  return std::ranges::all_of(call->clauses, [&](const model::Clause& clause) {
    return !model::LetsPass(clause.then.action) ||
           NeverHoldsWithBits(clause.when, arg, *fast_open);
  });
}

model::Address ToModel(const syntax::Address& address) {
  return {address.ipv6, address.host, address.port};
}

bool IsLoopback(const syntax::Address& address) {
  return address.ipv6 ? address.host == "::1"
                      : address.host.starts_with("127.");
}

class Sockets {
 public:
  Sockets(const ResolvedLevel& level,
          const std::vector<SeccompPolicy>& policies,
          syntax::Diagnostics& diagnostics)
      : level_(level), policies_(policies), diagnostics_(diagnostics) {}

  void Mode(const syntax::Network& own) {
    if (!own.mode) return;
    const bool allowed =
        std::ranges::find(level_.modes, own.mode->value,
                          &Spanned<syntax::NetworkMode>::value) !=
        level_.modes.end();
    if (!allowed) {
      (void)diagnostics_.RefusesLoosening(
          {Code::kModeNotAllowed,
           "level " + Quote(level_.name) + " does not allow this mode",
           own.mode->span,
           "asked for here",
           {{"the level's modes are set here", level_.modes_span}},
           ""});
    }
    switch (own.mode->value) {
      case syntax::NetworkMode::kNone:
        break;
      case syntax::NetworkMode::kListen:
        result_.mode = model::NetworkMode::kListen;
        break;
      case syntax::NetworkMode::kHost:
        result_.mode = model::NetworkMode::kHost;
        break;
      case syntax::NetworkMode::kConnect:
        Report(Code::kConnectNotAvailable,
               "network mode connect is not available in this version",
               own.mode->span, "", {}, "");
        break;
    }
  }

  void ListenList(const syntax::Network& own) {
    const bool listens = result_.mode == model::NetworkMode::kListen;
    if (listens && (!own.listen || own.listen->items.empty())) {
      Report(Code::kModeWithoutListen, "mode listen has no sockets",
             own.mode->span, "", {},
             "add `listen: [{bind: \"127.0.0.1:8080\"}]`");
    }
    if (!own.listen || own.listen->items.empty()) return;
    if (!listens) {
      Report(Code::kListenWithoutMode, "`listen` needs `mode: listen`",
             own.listen->span, "nothing would be listening", {}, "");
    }
    for (const syntax::Listen& listen : own.listen->items) Add(listen);
  }

  model::Network Take() { return std::move(result_); }

 private:
  void Report(Code code, std::string message, const Span& span,
              std::string label, std::vector<syntax::Note> notes,
              std::string help) {
    diagnostics_.Add({code, std::move(message), span, std::move(label),
                      std::move(notes), std::move(help)});
  }

  void Add(const syntax::Listen& own) {
    model::Listen listen;
    listen.bind = ToModel(own.bind.value);
    listen.source = ToSource(own.bind.span);
    const auto handover =
        own.handover ? own.handover->value : syntax::Handover::kRelay;
    switch (handover) {
      case syntax::Handover::kRelay:
        listen.handover = model::Handover::kRelay;
        Relay(own, listen);
        break;
      case syntax::Handover::kFds:
        listen.handover = model::Handover::kFds;
        HandOver(own);
        break;
      case syntax::Handover::kNginx:
        listen.handover = model::Handover::kNginx;
        HandOver(own);
        break;
    }
    BindOnce(own.bind.value, own.bind.span);
    result_.listen.push_back(std::move(listen));
  }

  void Relay(const syntax::Listen& own, model::Listen& listen) {
    listen.proxy_protocol = own.proxy_protocol && own.proxy_protocol->value;
    const bool ipv6 = own.bind.value.ipv6;
    syntax::Address to{ipv6, ipv6 ? "::1" : "127.0.0.1", own.bind.value.port};
    if (own.to) {
      to = own.to->value;
      if (!IsLoopback(to)) {
        Report(Code::kNotLoopback,
               Quote(to.host) + " is not a loopback address", own.to->span,
               "only loopback exists inside", {}, "use 127.0.0.1 or ::1");
      }
    }
    listen.to = ToModel(to);
  }

  void HandOver(const syntax::Listen& own) {
    const Span& span = own.handover->span;
    if (own.to) OnlyForRelay("to", own.to->span, span);
    if (own.proxy_protocol) {
      OnlyForRelay("proxy_protocol", own.proxy_protocol->span, span);
    }
    const bool connect_denied =
        std::ranges::all_of(policies_, [](const SeccompPolicy& policy) {
          return IsDenied(policy, "connect");
        });
    if (!connect_denied) result_.needs_landlock = true;
    std::string open;
    for (const std::string_view name : {"sendto", "sendmsg", "sendmmsg"}) {
      const bool denied =
          std::ranges::all_of(policies_, [&](const SeccompPolicy& policy) {
            return DeniesFastOpen(policy, name);
          });
      if (!denied) open += (open.empty() ? "" : ", ") + std::string(name);
    }
    if (open.empty()) return;
    Report(Code::kHandoverNeedsNoConnect,
           "a handed-over socket could connect out with MSG_FASTOPEN", span,
           "level " + Quote(level_.name) + " allows it in " + open, {},
           "use `handover: relay`, or a level with the rule {syscall: sendto, "
           "unless: {flags: {any_of: [MSG_FASTOPEN]}}} for each of them");
  }

  void OnlyForRelay(const std::string& key, const Span& span,
                    const Span& handover) {
    Report(Code::kOnlyForRelay, Quote(key) + " is for `handover: relay` only",
           span, "", {{"the socket is handed over here", handover}},
           "remove it");
  }

  using Key = std::tuple<bool, std::string, uint16_t>;

  void BindOnce(const syntax::Address& address, const Span& span) {
    const Key key{address.ipv6, address.host, address.port};
    const auto [first, inserted] = bound_.emplace(key, span);
    if (inserted) return;
    Report(Code::kBoundTwice,
           Quote(address.host) + " port " + std::to_string(address.port) +
               " is bound twice",
           span, "again here", {{"first here", first->second}}, "remove one");
  }

  const ResolvedLevel& level_;
  const std::vector<SeccompPolicy>& policies_;
  syntax::Diagnostics& diagnostics_;
  model::Network result_;
  std::map<Key, Span> bound_;
};

}  // namespace

bool NeverHoldsWithBits(const Condition& condition, uint8_t arg,
                        uint64_t bits) {
  return TruthOf(condition, arg, bits) == Truth::kFalse;
}

model::Network ResolveNetwork(const syntax::Workload& workload,
                              const ResolvedLevel& level,
                              const std::vector<SeccompPolicy>& policies,
                              syntax::Diagnostics& diagnostics) {
  Sockets sockets(level, policies, diagnostics);
  sockets.Mode(workload.network);
  sockets.ListenList(workload.network);
  return sockets.Take();
}

}  // namespace ringfence::resolve
