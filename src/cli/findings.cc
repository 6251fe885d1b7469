#include "cli/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/result.h"
#include "cli/call_text.h"
#include "cli/changes.h"
#include "evaluate/disassemble.h"
#include "resolve/syscall_table.h"

namespace ringfence::cli {
namespace {

using evaluate::SeccompData;
using prove::Undecided;
using resolve::Syscall;

constexpr uint32_t kI386 = 0x40000003;  // AUDIT_ARCH_I386

// Calls of i386 worth having, by their numbers there
// (arch/x86/entry/syscalls/syscall_32.tbl).
struct ForeignCall {
  uint32_t number;
  std::string_view name;
};
constexpr ForeignCall kForeign[] = {{11, "execve"},      {26, "ptrace"},
                                    {21, "mount"},       {128, "init_module"},
                                    {102, "socketcall"}, {5, "open"}};

// Calls of x32 that have numbers of their own (syscall_64.tbl).
struct X32Call {
  std::string_view name;
  uint32_t number;
};
constexpr X32Call kX32Own[] = {{"execve", 520}, {"ptrace", 521}};

// The denied call can be done by the other one, with the same right.
struct Equivalent {
  std::string_view denied;
  std::string_view by;
};
constexpr Equivalent kEquivalents[] = {
    {"open", "openat"},
    {"open", "openat2"},
    {"openat", "open"},
    {"openat", "openat2"},
    {"creat", "open"},
    {"execve", "execveat"},
    {"clone", "clone3"},
    {"fork", "clone"},
    {"vfork", "clone"},
    {"unshare", "clone3"},
    {"chmod", "fchmodat"},
    {"chmod", "fchmodat2"},
    {"fchmodat", "fchmodat2"},
    {"chown", "fchownat"},
    {"lchown", "fchownat"},
    {"rename", "renameat"},
    {"rename", "renameat2"},
    {"renameat", "renameat2"},
    {"link", "linkat"},
    {"symlink", "symlinkat"},
    {"unlink", "unlinkat"},
    {"rmdir", "unlinkat"},
    {"mkdir", "mkdirat"},
    {"mknod", "mknodat"},
    {"mknodat", "mknod"},
    {"mount", "move_mount"},
    {"mount", "fsmount"},
    {"init_module", "finit_module"},
    {"finit_module", "init_module"},
    {"kexec_load", "kexec_file_load"},
    {"ptrace", "process_vm_writev"},
    {"process_vm_readv", "ptrace"},
    {"kill", "pidfd_send_signal"},
    {"socket", "io_uring_setup"},
    {"connect", "io_uring_setup"},
    {"sendmsg", "sendmmsg"},
    {"recvmsg", "recvmmsg"},
    {"setxattr", "setxattrat"},
    {"settimeofday", "clock_settime"},
    {"clock_settime", "settimeofday"},
    {"adjtimex", "clock_adjtime"},
    {"setrlimit", "prlimit64"},
    {"mlock", "mlock2"},
};

class Auditing {
 public:
  explicit Auditing(const Loaded& loaded)
      : loaded_(loaded),
        subject_(SubjectOf(loaded, prove::Reading::kReturned)),
        auditor_(subject_),
        archs_(ArchsOf(loaded)) {}

  std::expected<std::vector<Finding>, Undecided> Run() {
    RF_TRY(ForeignArchitecture());
    const bool checked = !archs_.empty();
    if (!checked) archs_.push_back(model::kArchX86_64);
    for (const uint32_t arch : archs_) {
      if (resolve::Syscalls(arch).empty()) continue;
      if (arch == model::kArchX86_64) RF_TRY(X32());
      for (const Syscall& call : resolve::Syscalls(arch)) {
        RF_TRY(Widths(arch, call));
      }
      for (const Equivalent& pair : kEquivalents) {
        RF_TRY(Equals(arch, pair));
      }
    }
    RF_TRY(Dead());
    std::ranges::stable_sort(findings_, {}, &Finding::id);
    return std::move(findings_);
  }

 private:
  using Done = std::expected<void, Undecided>;

  void Add(const char* id, bool weakens, std::string what) {
    findings_.push_back({id, weakens, std::move(what)});
  }

  // Of an architecture that the filter does not name.
  Done ForeignArchitecture() {
    if (std::ranges::find(archs_, kI386) != archs_.end()) return {};
    for (const ForeignCall& call : kForeign) {
      RF_ASSIGN(const auto made, auditor_.FindCall(kI386, call.number, true));
      if (!made) continue;
      Add("architecture", true,
          fmt::format("the architecture is not checked: number {} is {} on "
                      "i386, which is allowed because {} is allowed on x86_64",
                      call.number, call.name,
                      CallName(model::kArchX86_64, call.number)));
      return {};
    }
    RF_ASSIGN(const auto any, prove::FindPermitted(subject_, kI386));
    if (any) {
      Add("architecture", true,
          fmt::format("the architecture is not checked: number {} of i386 is "
                      "allowed",
                      any->nr));
    }
    return {};
  }

  static uint32_t X32Number(const Syscall& call) {
    for (const X32Call& own : kX32Own) {
      if (own.name == call.name) return own.number | model::kX32Bit;
    }
    return call.number | model::kX32Bit;
  }

  // A call that is denied, and made under its x32 number. The first few say
  // enough.
  Done X32() {
    constexpr int kShown = 3;
    int shown = 0;
    for (const Syscall& call : resolve::Syscalls(model::kArchX86_64)) {
      RF_ASSIGN(const auto denied,
                auditor_.FindCall(model::kArchX86_64, call.number, false));
      if (!denied) continue;
      SeccompData twin = *denied;
      twin.nr = X32Number(call);
      RF_ASSIGN(const auto answer, auditor_.Ask(twin));
      if (!prove::Permits(answer)) continue;
      RF_ASSIGN(const auto before, auditor_.Ask(*denied));
      Add("x32", true,
          fmt::format("{} is {}, and {} under its x32 number {:#x}",
                      CallText(*denied), OutcomeText(before),
                      OutcomeText(answer), twin.nr));
      if (++shown == kShown) break;
    }
    return {};
  }

  Done Widths(uint32_t arch, const Syscall& call) {
    for (unsigned i = 0; i < call.arguments.size(); ++i) {
      const resolve::SyscallArgument& argument = call.arguments[i];
      if (argument.width != model::Width::kLow32) continue;
      RF_ASSIGN(const auto gap, auditor_.Width(arch, call.number, i));
      if (!gap) continue;
      Add("width", prove::Permits(gap->weak_outcome),
          fmt::format("{} is {} and {} is {}{}, but the kernel reads 32 bits "
                      "of `{}`",
                      CallText(gap->strict), OutcomeText(gap->strict_outcome),
                      CallText(gap->weak), OutcomeText(gap->weak_outcome),
                      Suffix(arch), argument.name));
    }
    return {};
  }

  Done Equals(uint32_t arch, const Equivalent& pair) {
    const Syscall* denied = resolve::FindSyscall(arch, pair.denied);
    const Syscall* by = resolve::FindSyscall(arch, pair.by);
    if (denied == nullptr || by == nullptr) return {};
    RF_ASSIGN(const auto refused,
              auditor_.FindCall(arch, denied->number, false));
    if (!refused) return {};
    RF_ASSIGN(const auto restricted,
              auditor_.FindCall(arch, by->number, false));
    RF_ASSIGN(const auto made, auditor_.FindCall(arch, by->number, true));
    // A condition on the other call may be the same one: not our finding.
    if (!made || restricted) return {};
    RF_ASSIGN(const auto answer, auditor_.Ask(*refused));
    Add("equivalent", true,
        fmt::format("{} is {}{}, and {} does the same and is allowed",
                    CallText(*refused), OutcomeText(answer), Suffix(arch),
                    CallText(*made)));
    return {};
  }

  std::string Suffix(uint32_t arch) const {
    return archs_.size() < 2 ? "" : " on " + ArchName(arch);
  }

  Done Dead() {
    size_t index = 0;
    for (const auto& code : loaded_.programs) {
      ++index;
      RF_TRY(DeadCode(code, loaded_.programs.size() < 2
                                ? ""
                                : fmt::format(" of filter {}", index)));
    }
    if (loaded_.bundle) {
      for (const bpf::Program& program : loaded_.bundle->filters) {
        RF_TRY(DeadCode(program.code(), Suffix(program.arch())));
      }
    }
    for (const model::SeccompPolicy& policy : loaded_.policies) {
      for (const model::CallPolicy& call : policy.calls) {
        RF_TRY(DeadRule(policy, call));
      }
    }
    return {};
  }

  Done DeadCode(std::span<const bpf::Instruction> code,
                const std::string& where) {
    RF_ASSIGN(const auto dead, prove::DeadInstructions(code));
    for (const size_t at : dead) {
      Add("dead", false,
          fmt::format("no call reaches instruction {}{}: code {:#x}, k {:#x}",
                      at, where, code[at].code, code[at].k));
    }
    return {};
  }

  Done DeadRule(const model::SeccompPolicy& policy,
                const model::CallPolicy& call) {
    for (const model::Clause& clause : call.clauses) {
      RF_ASSIGN(const bool never, prove::NeverHolds(clause.when));
      if (!never) continue;
      Add("dead", false,
          fmt::format("no arguments of {} satisfy its rule{} ({})", call.name,
                      Suffix(policy.arch), PlaceText(clause.source)));
    }
    return {};
  }

  const Loaded& loaded_;
  prove::Subject subject_;
  prove::Auditor auditor_;
  std::vector<uint32_t> archs_;
  std::vector<Finding> findings_;
};

}  // namespace

std::expected<std::vector<Finding>, Undecided> Audit(const Loaded& loaded) {
  return Auditing(loaded).Run();
}

}  // namespace ringfence::cli
