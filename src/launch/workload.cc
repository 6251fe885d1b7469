#include "launch/workload.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "model/landlock.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"
#include "sys/terminal.h"

namespace ringfence::launch {
namespace {

namespace landlock = model::landlock;

// The rights that make sense on something that is not a directory; the kernel
// refuses the others there (landlock_add_rule(2), EINVAL).
constexpr uint64_t kFileRights = landlock::kExecute | landlock::kWriteFile |
                                 landlock::kReadFile | landlock::kTruncate |
                                 landlock::kIoctlDev;

std::unexpected<SysError> BrokenPromise(const char* sentence) {
  return std::unexpected(SysError{sentence, 0});
}

class WorkloadSteps {
 public:
  explicit WorkloadSteps(WorkloadReport& report)
      : report_(report), prepared_(*report.prepared) {}

  Result<void> Take(const Step& step) noexcept {
    switch (step.kind) {
      case StepKind::kOwnSession:
        return OwnSession();
      case StepKind::kControllingTerminal:
        return TakeTerminal();
      case StepKind::kWorkingDirectory:
        return sys::ChangeDirectory(step.path.c_str());
      case StepKind::kLimit:
        return SetLimit(step);
      case StepKind::kLabel:
        return SelectLabel(step);
      case StepKind::kLandlockPath:
        return AllowPath(step);
      case StepKind::kLandlock:
        return EnforceLandlock();
      case StepKind::kSeccomp:
        return InstallFilter();
      case StepKind::kVerifyWorkload:
        return Verify();
      case StepKind::kExec:
        return std::unexpected(sys::Exec(
            (step.path.empty() ? step.text : step.path).c_str(),
            prepared_.arguments.data(), prepared_.environment.data()));
      case StepKind::kNewSession:
      case StepKind::kNewKeyring:
      case StepKind::kHostname:
      case StepKind::kPrivateMounts:
      case StepKind::kRoot:
      case StepKind::kDirectory:
      case StepKind::kFile:
      case StepKind::kSymlink:
      case StepKind::kBind:
      case StepKind::kScratch:
      case StepKind::kProc:
      case StepKind::kLabelProc:
      case StepKind::kPts:
      case StepKind::kNotify:
      case StepKind::kSealRoot:
      case StepKind::kPivot:
      case StepKind::kLoopback:
      case StepKind::kVerifyView:
      case StepKind::kTerminal:
      case StepKind::kUndumpable:
      case StepKind::kDropCapabilities:
      case StepKind::kNoNewPrivileges:
      case StepKind::kVerifyInit:
        break;
    }
    return BrokenPromise("a step of init came to the workload");
  }

 private:
  Result<void> OwnSession() noexcept {
    RF_TRY(sys::NewSession());
    ::umask(022);
    return sys::UnblockSignals();
  }

  // Standard input is on it in every session.
  Result<void> TakeTerminal() noexcept {
    RF_TRY(sys::TakeControllingTerminal(STDIN_FILENO));
    RF_ASSIGN(const pid_t session, sys::SessionOf(STDIN_FILENO));
    if (session != ::getpid()) {
      return BrokenPromise("the terminal does not control the workload");
    }
    return {};
  }

  // Read back at once: a limit survives exec, and reading one needs a call
  // that the workload's own filter may deny later.
  Result<void> SetLimit(const Step& step) noexcept {
    RF_TRY(sys::SetLimit(step.resource, step.value));
    RF_ASSIGN(const sys::LimitPair limit, sys::GetLimit(step.resource));
    if (limit.soft != step.value || limit.hard != step.value) {
      return BrokenPromise("a resource limit is not the one promised");
    }
    return {};
  }

  // Before Landlock, which would deny the writing. It takes effect at the exec
  // of the stub, which is also who reads it back.
  Result<void> SelectLabel(const Step& step) noexcept {
    RF_ASSIGN(const UniqueFd attribute,
              sys::OpenAt(report_.label_proc, step.path.c_str(), O_WRONLY));
    return sys::WriteAll(attribute.get(), step.text);
  }

  Result<void> AllowPath(const Step& step) noexcept {
    if (!ruleset_) {
      RF_ASSIGN(ruleset_, sys::LandlockRuleset(prepared_.landlock_fs,
                                               prepared_.landlock_net,
                                               prepared_.landlock_scopes));
    }
    RF_ASSIGN(const UniqueFd at, sys::Open(step.path.c_str(), O_PATH));
    RF_ASSIGN(const struct stat status, sys::Fstat(at.get()));
    const uint64_t rights = S_ISDIR(status.st_mode)
                                ? step.attributes
                                : step.attributes & kFileRights;
    return sys::LandlockAllowPath(ruleset_.get(), at.get(), rights);
  }

  // Landlock cannot be read out, so it is tried: the root directory is in no
  // rule, and could be listed until now.
  Result<void> EnforceLandlock() noexcept {
    if (!ruleset_) return BrokenPromise("Landlock has no rule at all");
    RF_TRY(sys::Open("/", O_RDONLY | O_DIRECTORY));
    RF_TRY(sys::LandlockRestrictSelf(ruleset_.get()));
    ruleset_.reset();
    const auto probe = sys::Open("/", O_RDONLY | O_DIRECTORY);
    if (probe || probe.error().err != EACCES) {
      return BrokenPromise("Landlock does not deny what it must deny");
    }
    return {};
  }

  Result<void> InstallFilter() noexcept {
    RF_ASSIGN(report_.listener,
              sys::InstallFilterWithListener(prepared_.workload_filter));
    return {};
  }

  // Under the filter already: every profile allows openat, read and close.
  Result<void> Verify() noexcept {
    RF_ASSIGN(const UniqueFd file, sys::Open("/proc/self/status", O_RDONLY));
    RF_ASSIGN(report_.status_size,
              sys::Read(file.get(),
                        std::as_writable_bytes(std::span(report_.status))));
    const std::string_view status(report_.status.data(), report_.status_size);
    if (const char* broken = Broken(status, prepared_.workload)) {
      return BrokenPromise(broken);
    }
    return {};
  }

  WorkloadReport& report_;
  const Prepared& prepared_;
  UniqueFd ruleset_;
};

}  // namespace

int BecomeWorkload(void* argument) noexcept {
  auto& report = *static_cast<WorkloadReport*>(argument);
  WorkloadSteps steps(report);
  const std::vector<Step>& plan = report.prepared->plan.steps;
  for (size_t i = 0; i < plan.size(); ++i) {
    if (!IsWorkloads(plan[i].kind)) continue;
    if (const auto taken = steps.Take(plan[i]); !taken) {
      report.failed = true;
      report.step = i;
      report.error = taken.error();
      break;
    }
  }
  ::_exit(1);
}

}  // namespace ringfence::launch
