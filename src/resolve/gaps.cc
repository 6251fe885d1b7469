#include "resolve/gaps.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "resolve/constants.h"
#include "resolve/syscall_table.h"

namespace ringfence::resolve {
namespace {

using model::CallPolicy;
using syntax::Code;
using syntax::Span;

// Calls of which one does what another does, so that a restriction of one is
// one of all or of none. Not execve and execveat: no level can restrict the
// first (RF0513), so nobody could do anything about it.
using Names = std::vector<std::string_view>;

const std::vector<Names>& SameEffects() {
  static const std::vector<Names> kSame = {
      {"open", "openat", "openat2", "creat"},
      {"kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo",
       "rt_tgsigqueueinfo"},
      {"chmod", "fchmodat", "fchmodat2"},
      {"chown", "lchown", "fchownat"},
      {"link", "linkat"},
      {"mkdir", "mkdirat"},
      {"mknod", "mknodat"},
      {"rename", "renameat", "renameat2"},
      {"symlink", "symlinkat"},
      {"unlink", "unlinkat"},
  };
  return kSame;
}

// What io_uring can do instead of the call.
constexpr auto kByIoUring = std::to_array<std::string_view>(
    {"read", "write", "open", "openat", "openat2", "connect", "accept4",
     "sendto", "sendmsg", "recvmsg", "unlinkat", "renameat2", "socket"});

// Where a sending call has its flags.
struct Sender {
  std::string_view name;
  size_t flags = 0;
};
constexpr std::array<Sender, 3> kSenders{
    {{"sendto", 3}, {"sendmsg", 2}, {"sendmmsg", 3}}};

class Gaps {
 public:
  Gaps(const LevelCalls& calls, const model::SeccompPolicy& policy,
       syntax::Diagnostics& warnings)
      : calls_(calls), policy_(policy), warnings_(warnings) {}

  void Find() {
    for (const Names& same : SameEffects()) SameEffect(same);
    IoUring();
    Terminals();
    FastOpen();
  }

 private:
  [[nodiscard]] const CallPolicy* Policy(std::string_view name) const {
    const Syscall* call = FindSyscall(policy_.arch, name);
    return call != nullptr ? model::Find(policy_, call->number) : nullptr;
  }

  [[nodiscard]] bool IsPlainAllow(std::string_view name) const {
    const CallPolicy* call = Policy(name);
    return call != nullptr && call->clauses.empty() && MayPass(*call);
  }

  // The line that restricts the call by itself; null if none does.
  [[nodiscard]] const Span* Restriction(std::string_view name) const {
    const std::string key(name);
    if (const auto deny = calls_.deny.find(key); deny != calls_.deny.end()) {
      return &deny->second;
    }
    const auto rules = calls_.rules.find(key);
    return rules != calls_.rules.end() ? &rules->second.back().span : nullptr;
  }

  void Warn(Code code, std::string message, const Span& span,
            std::string help) {
    const bool known =
        std::ranges::any_of(warnings_.all(), [&](const auto& before) {
          return before.code == code && before.span == span;
        });
    if (known) return;
    warnings_.Add({code, std::move(message), span, "", {}, std::move(help)});
  }

  void SameEffect(const Names& same) {
    for (const std::string_view restricted : same) {
      const Span* span = Restriction(restricted);
      if (span == nullptr) continue;
      const auto open = std::ranges::find_if(
          same, [&](std::string_view name) { return IsPlainAllow(name); });
      if (open == same.end()) return;
      Warn(Code::kGapSameEffect,
           Quote(restricted) + " is restricted, but " + Quote(*open) +
               " does the same and is always allowed",
           *span, "restrict " + Quote(*open) + " as well");
      return;
    }
  }

  void IoUring() {
    const CallPolicy* setup = Policy("io_uring_setup");
    if (setup == nullptr || !MayPass(*setup)) return;
    for (const std::string_view name : kByIoUring) {
      const Span* span = Restriction(name);
      if (span == nullptr) continue;
      Warn(Code::kGapIoUring,
           Quote(name) + " is restricted, but io_uring does it past the filter",
           *span, "do not allow io_uring_setup");
      return;
    }
  }

  [[nodiscard]] bool Passes(std::string_view name, size_t argument,
                            std::string_view constant) const {
    const Syscall* syscall = FindSyscall(policy_.arch, name);
    const auto value = FindConstant(constant);
    Check(syscall != nullptr && value, "resolve: a gap without its call");
    model::Call call{.number = syscall->number, .arch = policy_.arch};
    call.args[argument] = *value;
    return model::LetsPass(Meaning(policy_, call).action);
  }

  void Terminals() {
    const Span* span = Restriction("ioctl");
    if (span == nullptr) return;
    const bool types = Passes("ioctl", 1, "TIOCSTI");
    const bool pastes = Passes("ioctl", 1, "TIOCLINUX");
    if (types == pastes) return;
    const std::string_view denied = types ? "TIOCLINUX" : "TIOCSTI";
    const std::string_view open = types ? "TIOCSTI" : "TIOCLINUX";
    Warn(Code::kGapTerminal,
         Quote(denied) + " is denied, but " + Quote(open) +
             " also writes into a terminal's input",
         *span, "deny both: cmd: {not_in: [TIOCSTI, TIOCLINUX]}");
  }

  void FastOpen() {
    const CallPolicy* connect = Policy("connect");
    const CallPolicy* socket = Policy("socket");
    if (connect == nullptr || MayPass(*connect)) return;
    if (socket == nullptr || !MayPass(*socket)) return;
    for (const Sender& sender : kSenders) {
      if (!Passes(sender.name, sender.flags, "MSG_FASTOPEN")) continue;
      const Span* rule = Restriction(sender.name);
      const auto allowed = calls_.allowed.find(std::string(sender.name));
      Check(allowed != calls_.allowed.end(), "resolve: it passes unallowed");
      Warn(Code::kGapFastOpen,
           Quote("connect") + " is denied, but " + Quote(sender.name) +
               " connects with MSG_FASTOPEN",
           rule != nullptr ? *rule : allowed->second.span,
           "{syscall: " + std::string(sender.name) +
               ", unless: {flags: {any_of: [MSG_FASTOPEN]}}}");
    }
  }

  const LevelCalls& calls_;
  const model::SeccompPolicy& policy_;
  syntax::Diagnostics& warnings_;
};

}  // namespace

void FindGaps(const LevelCalls& calls, const model::SeccompPolicy& policy,
              syntax::Diagnostics& warnings) {
  Gaps(calls, policy, warnings).Find();
}

}  // namespace ringfence::resolve
