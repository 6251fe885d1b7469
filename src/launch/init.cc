#include "launch/init.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <iterator>

#include "launch/message.h"
#include "launch/steps.h"
#include "launch/workload.h"
#include "sys/channel.h"
#include "sys/descriptor.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"
#include "sys/stub.h"

namespace ringfence::launch {
namespace {

// SIGTERM can be caught, unlike SIGKILL: init must outlive its supervisor for
// as long as it takes to end the sandbox in order.
constexpr int kSupervisorDied = SIGTERM;
// Not a field of the kernel's.
constexpr std::string_view kLabelField = "Label:\t";

class Init {
 public:
  explicit Init(const Prepared& prepared)
      : prepared_(prepared), control_(prepared.control), steps_(prepared) {}

  [[noreturn]] void Run() noexcept {
    // What needs no mapped id goes on while the supervisor writes the maps. How
    // it went is told after the release: the supervisor does not listen before.
    const Result<void> begun = Begin();
    AwaitRelease();
    Require(begun);
    // Until now the end of the channel said that the supervisor died.
    Require(sys::SetParentDeathSignal(kSupervisorDied));
    Require(TakeStepsBefore(StepKind::kOwnSession));
    StartWorkload();
    Serve();
  }

 private:
  Result<void> Begin() noexcept {
    RF_TRY(sys::BlockSignals());
    ::umask(0);
    RF_TRY(ArrangeDescriptors());
    return TakeStepsBefore(StepKind::kRoot);
  }

  // A failure is that of the step last taken.
  void Require(const Result<void>& done) noexcept {
    if (!done) Fail(step_, done.error());
  }

  void AwaitRelease() noexcept {
    Message message;
    const auto received =
        sys::Receive(control_, std::as_writable_bytes(std::span(&message, 1)));
    if (!received) Fail(kNoStep, received.error());
    // The supervisor gave up or died: nobody is there to report to.
    if (received->size == 0 || message.kind != MessageKind::kRelease) {
      ::_exit(1);
    }
  }

  // 0, 1, 2 and the sockets handed over stay; the channel and the claim move
  // to kInternalDescriptors; everything else is closed, whoever opened it.
  Result<void> ArrangeDescriptors() noexcept {
    RF_ASSIGN(control_, MoveUp(prepared_.control));
    RF_ASSIGN(const int claim, MoveUp(prepared_.claim));
    int stdio[3];
    for (int i = 0; i < 3; ++i) {
      RF_ASSIGN(stdio[i], MoveUp(prepared_.stdio[static_cast<size_t>(i)]));
    }
    int handed[kMaxHandedOver];
    const size_t count = prepared_.handed_over.size();
    for (size_t i = 0; i < count; ++i) {
      RF_ASSIGN(handed[i], MoveUp(prepared_.handed_over[i]));
    }
    for (int i = 0; i < 3; ++i) RF_TRY(Place(stdio[i], i));
    for (size_t i = 0; i < count; ++i) {
      RF_TRY(Place(handed[i], 3 + static_cast<int>(i)));
    }
    const auto first = static_cast<unsigned>(3 + count);
    RF_TRY(sys::CloseRange(first, kInternalDescriptors - 1));
    // Descriptors of the caller's may stand anywhere between.
    RF_TRY(CloseBetween(kInternalDescriptors, control_));
    RF_TRY(CloseBetween(control_ + 1, claim));
    RF_TRY(sys::CloseRange(static_cast<unsigned>(claim) + 1, ~0u));
    return VerifyDescriptors(static_cast<int>(first), claim);
  }

  static Result<int> MoveUp(int fd) noexcept {
    RF_ASSIGN(UniqueFd moved, sys::Duplicate(fd, kInternalDescriptors));
    return moved.release();
  }

  static Result<void> CloseBetween(int first, int end) noexcept {
    if (first >= end) return {};
    return sys::CloseRange(static_cast<unsigned>(first),
                           static_cast<unsigned>(end - 1));
  }

  // What was there before is the caller's, and must not stay.
  static Result<void> Place(int fd, int at) noexcept {
    if (::dup2(fd, at) < 0) return std::unexpected(SysError{"dup2", errno});
    RF_ASSIGN(const struct stat wanted, sys::Fstat(fd));
    RF_ASSIGN(const struct stat placed, sys::Fstat(at));
    if (wanted.st_dev != placed.st_dev || wanted.st_ino != placed.st_ino) {
      return std::unexpected(SysError{"dup2 had no effect", 0});
    }
    return {};
  }

  // What close_range promised: none of the supervisor's own descriptors is
  // left, and the two that init keeps do not survive an exec.
  Result<void> VerifyDescriptors(int first, int claim) const noexcept {
    if (::fcntl(control_, F_GETFD) != FD_CLOEXEC ||
        ::fcntl(claim, F_GETFD) != FD_CLOEXEC) {
      return std::unexpected(
          SysError{"a descriptor would survive the exec", 0});
    }
    // poll(2) tells of many descriptors at once which are not open.
    pollfd all[64];
    // A few beyond the claim: the copies that ArrangeDescriptors made.
    for (int fd = first; fd < claim + 16;) {
      nfds_t count = 0;
      for (; count < std::size(all) && fd < claim + 16; ++fd) {
        if (fd != control_ && fd != claim) all[count++] = {fd, 0, 0};
      }
      if (::poll(all, count, 0) != static_cast<int>(count) ||
          std::any_of(all, all + count, [](const pollfd& one) {
            return one.revents != POLLNVAL;
          })) {
        return std::unexpected(
            SysError{"a descriptor is open that should not be", 0});
      }
    }
    return {};
  }

  // Goes on where the last call stopped.
  Result<void> TakeStepsBefore(StepKind end) noexcept {
    const std::vector<Step>& plan = prepared_.plan.steps;
    for (; RankOf(plan[next_].kind) < RankOf(end); ++next_) {
      step_ = next_;
      RF_TRY(steps_.Take(plan[next_]));
      HandUp(plan[next_].kind, std::move(steps_.handed_up));
    }
    step_ = kNoStep;
    return {};
  }

  void HandUp(StepKind kind, UniqueFd made) noexcept {
    if (!made) return;
    const MessageKind message = kind == StepKind::kTerminal
                                    ? MessageKind::kTerminal
                                    : MessageKind::kNotify;
    if (!Say(message, 0, 0, {}, made.get())) ::_exit(1);
  }

  void StartWorkload() noexcept {
    report_.prepared = &prepared_;
    UniqueFd label_proc = steps_.TakeLabelProc();
    report_.label_proc = label_proc.get();
    const bool labelled = static_cast<bool>(label_proc);
    UniqueFd said;
    if (labelled) {
      auto pipe = PipeForStub();
      if (!pipe) Fail(kNoStep, pipe.error());
      said = *std::move(pipe);
    }
    const auto pid =
        sys::SpawnShared(BecomeWorkload, stack_ + sizeof stack_, &report_);
    label_proc.reset();
    if (labelled) ::close(sys::stub::kReport);
    if (!pid) Fail(kNoStep, pid.error());
    if (report_.failed) {
      EndEverybody();
      Fail(report_.step, report_.error);
    }
    if (labelled) HearStub(said.get());
    workload_ = *pid;
    if (!Say(MessageKind::kStarted, 0, 0,
             {report_.status.data(), report_.status_size}, report_.listener)) {
      End();
    }
    ::close(report_.listener);
    // Not sooner: a child inherits its parent's filters, and the workload is
    // promised exactly one.
    if (const auto filtered = sys::InstallFilter(prepared_.init_filter);
        !filtered) {
      EndEverybody();
      ::_exit(1);
    }
  }

  // Its write end is sys::stub::kReport, which the exec of the stub keeps open.
  static Result<UniqueFd> PipeForStub() noexcept {
    RF_ASSIGN(sys::Pipe pipe, sys::MakePipe());
    if (::dup2(pipe.write.get(), sys::stub::kReport) < 0) {
      return std::unexpected(SysError{"dup2", errno});
    }
    return std::move(pipe.read);
  }

  // The workload's program runs, under the label that the stub read, once the
  // pipe has ended with nothing but that label in it.
  void HearStub(int said) noexcept {
    std::array<char, sys::stub::kMaxLabel + 16> text;
    size_t size = 0;
    while (size < text.size()) {
      const auto more = sys::Read(
          said, std::as_writable_bytes(std::span(text).subspan(size)));
      if (!more || *more == 0) break;
      size += *more;
    }
    const std::string_view words(text.data(), size);
    const size_t end = words.find('\0');
    if (!words.starts_with(sys::stub::kChecked) || end == words.npos) {
      const bool spoke = words.starts_with(sys::stub::kBroken) && size == 2;
      EndEverybody();
      Fail(StepOf(StepKind::kLabel),
           {spoke ? "the label is not the one selected"
                  : "the program that reads the label back did not run",
            spoke ? static_cast<unsigned char>(text[1]) : 0});
    }
    if (const std::string_view rest = words.substr(end + 1); !rest.empty()) {
      EndEverybody();
      Fail(StepOf(StepKind::kExec),
           {"execve", static_cast<unsigned char>(rest.back())});
    }
    NoteLabel(words.substr(1, end - 1));
  }

  // As a line of the status.
  void NoteLabel(std::string_view label) noexcept {
    label = label.substr(0, label.find('\n'));
    for (const std::string_view part : {kLabelField, label, {"\n"}}) {
      const size_t size =
          std::min(part.size(), report_.status.size() - report_.status_size);
      std::copy_n(part.data(), size,
                  report_.status.data() + report_.status_size);
      report_.status_size += size;
    }
  }

  size_t StepOf(StepKind kind) const noexcept {
    const std::vector<Step>& plan = prepared_.plan.steps;
    return static_cast<size_t>(std::ranges::find(plan, kind, &Step::kind) -
                               plan.begin());
  }

  [[noreturn]] void Serve() noexcept {
    auto queue = sys::SignalQueue();
    if (!queue) End();
    pollfd waits[2] = {{control_, POLLIN, 0}, {queue->get(), POLLIN, 0}};
    // What came before there was a queue waits in it all the same: signals
    // have been blocked since init's first step.
    while (true) {
      if (::poll(waits, 2, -1) < 0 && errno != EINTR) End();
      if (waits[0].revents != 0) Obey();
      if (waits[1].revents != 0) Heed(queue->get());
    }
  }

  void Obey() noexcept {
    Message message;
    const auto received =
        sys::Receive(control_, std::as_writable_bytes(std::span(&message, 1)));
    if (!received || received->size == 0) End();
    if (message.kind == MessageKind::kSignal) {
      if (!sys::Kill(workload_, message.value)) End();
    }
  }

  void Heed(int queue) noexcept {
    while (true) {
      const auto signal = sys::NextSignal(queue);
      if (!signal || signal->number == 0) return;
      // Pid 0 is a process outside; one inside cannot end the sandbox's init.
      if (signal->number == kSupervisorDied && signal->sender == 0) End();
      if (signal->number == SIGCHLD) ReapSome();
    }
  }

  void ReapSome() noexcept {
    while (true) {
      const auto reaped = sys::Reap(WNOHANG);
      if (!reaped || reaped->pid <= 0) return;
      if (reaped->pid == workload_) {
        EndEverybody();
        (void)Say(MessageKind::kExited, reaped->status, 0, {}, -1);
        ::_exit(0);
      }
    }
  }

  [[noreturn]] void End() noexcept {
    EndEverybody();
    ::_exit(0);
  }

  // kill(-1) from process 1 reaches everybody in the namespace but itself.
  void EndEverybody() noexcept {
    while (true) {
      (void)sys::Kill(-1, SIGKILL);
      const auto reaped = sys::Reap(0);
      if (!reaped || reaped->pid < 0) return;
    }
  }

  // False: the supervisor is gone, or hears nothing.
  bool Say(MessageKind kind, int32_t value, size_t step, std::string_view text,
           int descriptor) noexcept {
    Message message{
        .kind = kind, .value = value, .step = static_cast<uint32_t>(step)};
    message.SetText(text);
    return sys::Send(control_, message.Bytes(), descriptor).has_value();
  }

  [[noreturn]] void Fail(size_t step, const SysError& error) noexcept {
    (void)Say(MessageKind::kFailed, error.err, step, error.call, -1);
    ::_exit(1);
  }

  const Prepared& prepared_;
  int control_;
  InitSteps steps_;
  size_t next_ = 0;
  size_t step_ = kNoStep;
  pid_t workload_ = 0;
  WorkloadReport report_;
  alignas(16) char stack_[64 * 1024];
};

}  // namespace

void RunInit(const Prepared& prepared) noexcept {
  // Too large for some stacks; there is only one init in a process.
  static Init init(prepared);
  init.Run();
}

}  // namespace ringfence::launch
