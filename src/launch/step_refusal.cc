#include "launch/step_refusal.h"

#include <cerrno>
#include <cstring>

#include "launch/sight.h"
#include "launch/text.h"

namespace ringfence::launch {
namespace {

// The program could not be executed: because of the view, or of the file.
Refusal RefuseExec(const bundle::Bundle& bundle, const Step& step, int error,
                   const std::string& why) {
  if (error == E2BIG) {
    return {ExitCode::kCannotExecute, why,
            "no argument and no variable may be longer than 128 KiB, and all "
            "of them together no longer than a quarter of the limit on the "
            "stack (execve(2))"};
  }
  const Sight sight = LookAt(bundle.view, step.text);
  const std::string seen = Describe(sight);
  if (sight.entry == nullptr) {
    return {ExitCode::kNotFound, why,
            seen + ": `ringfence explain WORKLOAD " + Printable(step.text) +
                "` says what would show it"};
  }
  if (!RightsAt(sight).execute) {
    return {ExitCode::kCannotExecute, why,
            seen +
                ": an entry of `filesystem` with `execute: true` has to "
                "hold it"};
  }
  if (error == ENOENT) {
    return {ExitCode::kNotFound, why,
            seen +
                ", but the host has no such file, or the interpreter that "
                "it names is not in the view"};
  }
  return {ExitCode::kCannotExecute, why,
          seen + ", but the file itself is not executable"};
}

}  // namespace

Refusal RefuseStep(const bundle::Bundle& bundle, const Plan& plan,
                   const Message& failed) {
  std::string error = ": " + std::string(failed.Text());
  if (failed.value != 0) {
    error += std::string(": ") + ::strerrordesc_np(failed.value);
  }
  if (failed.step >= plan.steps.size()) {
    return {ExitCode::kInternal, "cannot make the sandbox's processes" + error,
            failed.value == EAGAIN ? kTooManyProcesses
                                   : "`ringfence doctor` tells what this host "
                                     "forbids; nothing has run"};
  }
  const Step& step = plan.steps[failed.step];
  const std::string why = "cannot " + Describe(step) + error;
  switch (step.kind) {
    case StepKind::kExec:
      return RefuseExec(bundle, step, failed.value, why);
    case StepKind::kWorkingDirectory:
      return {ExitCode::kMissing, why,
              "working_directory has to be in the workload's view"};
    case StepKind::kBind:
      return {ExitCode::kMissing, why,
              "what it is shown at has to exist where a host directory "
              "covers it"};
    case StepKind::kLimit:
      return {ExitCode::kProtection, why,
              "the hard limit of your session is lower (`ulimit -H -a`): raise "
              "it, or ask for less in the workload"};
    case StepKind::kProc:
      return {ExitCode::kProtection, why,
              failed.value == EPERM
                  ? "inside a container whose /proc is masked no new procfs "
                    "may be mounted: start it without masked paths"
                  : "`ringfence doctor` tells what this host forbids"};
    case StepKind::kNewSession:
    case StepKind::kNewKeyring:
    case StepKind::kHostname:
    case StepKind::kPrivateMounts:
    case StepKind::kRoot:
    case StepKind::kDirectory:
    case StepKind::kFile:
    case StepKind::kSymlink:
    case StepKind::kScratch:
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
    case StepKind::kOwnSession:
    case StepKind::kControllingTerminal:
    case StepKind::kLabel:
    case StepKind::kLandlockPath:
    case StepKind::kLandlock:
    case StepKind::kSeccomp:
    case StepKind::kVerifyWorkload:
      break;
  }
  return {ExitCode::kProtection, why,
          "`ringfence doctor` tells what this host forbids; nothing has run"};
}

}  // namespace ringfence::launch
