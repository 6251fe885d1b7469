#include "launch/supervise.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "launch/step_refusal.h"
#include "launch/text.h"
#include "sys/channel.h"
#include "sys/clock.h"
#include "sys/signal.h"

namespace ringfence::launch {
namespace {

// Signals that go to the workload as they are; SIGTERM asks for a stop.
constexpr int kForwarded[] = {SIGINT,  SIGHUP,   SIGQUIT, SIGUSR1,
                              SIGUSR2, SIGWINCH, SIGCONT};

// Between two reports of denied calls.
constexpr uint64_t kPassOnMs = 1000;

// As poll(2) takes it; `at_ms`: monotonic.
int Until(uint64_t at_ms) {
  const uint64_t now = sys::MonotonicMs();
  if (now >= at_ms) return 0;
  return static_cast<int>(std::min<uint64_t>(at_ms - now, 24u * 3600 * 1000));
}

void Add(std::vector<pollfd>& waits, int fd, short events = POLLIN) {
  if (fd >= 0) waits.push_back({fd, events, 0});
}

// "exited with 1"; `status`: wait(2).
std::string DescribeEnd(int status) {
  if (WIFEXITED(status)) {
    return "exited with " + std::to_string(WEXITSTATUS(status));
  }
  return "was killed by signal " + std::to_string(WTERMSIG(status));
}

}  // namespace

std::expected<Ending, Refusal> Supervisor::Run() {
  const uint64_t limit = supervised_.bundle.time_ms;
  while (!init_dead_) {
    Wait();
    if (started_ && limit != 0 && deadline_ms_ == 0 && !stopping_) {
      deadline_ms_ = sys::MonotonicMs() + limit;
    }
  }
  CleanUp();
  if (!started_ && !refusal_ && !stopping_) {
    refusal_ = InitEnded();
  }
  if (refusal_) return std::unexpected(*refusal_);
  if (ending_) return *ending_;
  const Ending ending = Conclude();
  if (ending.cause == Ending::Cause::kFailed && !failed_) {
    supervised_.status.Say("the sandbox's init " + DescribeEnd(init_status_) +
                           "; the workload was ended with it");
  }
  return ending;
}

void Supervisor::Wait() {
  const int control = supervised_.sandbox.control.get();
  const int init = supervised_.sandbox.init.pidfd.get();
  const int relay = supervised_.sandbox.relay.process.pidfd.get();
  std::vector<pollfd> waits;
  Add(waits, control);
  Add(waits, init);
  Add(waits, signals_);
  const uint64_t since_us = sys::ProcessorUs();
  const uint64_t rest_ms = RestMs();
  // Those whose calls nobody can answer wait for their end.
  Add(waits, rest_ms != 0 || failed_ ? -1 : listener_.get());
  Add(waits, failed_ || ending_ ? -1 : relay);
  Add(waits, supervised_.notify.descriptor());
  for (const auto* pumps :
       {&supervised_.stdio.inputs, &supervised_.stdio.outputs}) {
    for (const Pump& pump : *pumps) {
      if (!pump.done()) Add(waits, pump.WaitDescriptor(), pump.WaitEvents());
    }
  }
  if (::poll(waits.data(), waits.size(), TimeoutMs(rest_ms)) < 0 &&
      errno != EINTR) {
    Fail(std::string("the supervisor cannot wait: ") +
         ::strerrordesc_np(errno));
    // There is nothing to wait with.
    init_dead_ = true;
    return;
  }
  const auto ready = [&](int fd, short events = ~0) {
    return fd >= 0 && std::ranges::any_of(waits, [&](const pollfd& wait) {
             return wait.fd == fd && (wait.revents & events) != 0;
           });
  };
  for (auto* pumps : {&supervised_.stdio.inputs, &supervised_.stdio.outputs}) {
    for (Pump& pump : *pumps) {
      if (!pump.done() && ready(pump.WaitDescriptor())) pump.Turn();
    }
  }
  if (ready(supervised_.notify.descriptor())) {
    supervised_.notify.Hear(sys::MonotonicMs(), supervised_.status);
  }
  // What init said last is read before its death is taken note of.
  if (ready(control)) HearInit();
  if (ready(listener_.get(), POLLIN)) {
    HearDenial(since_us);
  } else if (ready(listener_.get())) {
    // POLLHUP: nobody is left who could make a call.
    listener_.reset();
  }
  if (ready(signals_)) HearSignal();
  if (ready(relay) && !failed_ && !ending_) Fail("the listen relay died");
  HearTimer();
  if (ready(init) && !ready(control)) init_dead_ = true;
}

void Supervisor::HearInit() {
  Message message;
  auto received = sys::Receive(supervised_.sandbox.control.get(),
                               std::as_writable_bytes(std::span(&message, 1)));
  if (!received || received->size == 0) {
    supervised_.sandbox.control.reset();
    return;
  }
  switch (message.kind) {
    case MessageKind::kTerminal:
      JoinTerminal(std::move(received->descriptor));
      return;
    case MessageKind::kNotify:
      supervised_.notify.Listen(std::move(received->descriptor));
      return;
    case MessageKind::kStarted:
      listener_ = std::move(received->descriptor);
      started_ = true;
      supervised_.on_started(message.Text());
      return;
    case MessageKind::kExited:
      exit_status_ = message.value;
      if (refusal_) return;
      ending_ = Conclude();
      supervised_.on_ended(*ending_);
      return;
    case MessageKind::kFailed:
      refusal_ = RefuseStep(supervised_.bundle, supervised_.plan, message);
      return;
    case MessageKind::kRelease:
    case MessageKind::kSignal:
      // Init never says these; one that does is not ours any more.
      Fail("the sandbox's init says what it never says");
      return;
  }
}

void Supervisor::JoinTerminal(UniqueFd master) {
  Stdio& stdio = supervised_.stdio;
  const auto joined =
      stdio.terminal.Connect(std::move(master), stdio.inputs, stdio.outputs);
  if (!joined) {
    refusal_ = Refusal{ExitCode::kInternal,
                       "cannot join the workload's terminal with yours: " +
                           Describe(joined.error()),
                       ""};
    EndSandbox();
    return;
  }
  supervised_.status.SetRaw(InSession());
}

uint64_t Supervisor::RestMs() {
  if (!listener_) return 0;
  const uint64_t rest = share_.RestMs(sys::MonotonicMs());
  if (rest != 0 && !std::exchange(slow_said_, true)) {
    supervised_.status.Say(
        "calls are denied faster than " + std::to_string(CpuShare::kPercent) +
        " % of a processor can answer: each waits for its answer now. Where "
        "that is too slow, make them `quiet`");
  }
  return rest;
}

void Supervisor::HearDenial(uint64_t since_us) {
  const auto call = sys::ReceiveNotification(listener_.get());
  if (!call) {
    // ENOENT: the caller died while it waited.
    if (call.error().err != ENOENT && call.error().err != EINTR) {
      Fail("denied calls cannot be answered: " + Describe(call.error()));
    }
    return;
  }
  Tell(denied_.Note(*call, sys::MonotonicMs()));
  // A caller that died meanwhile needs no answer.
  (void)sys::AnswerNotification(
      listener_.get(), call->id,
      ErrorFor(supervised_.bundle.denials, call->number));
  share_.Use(sys::ProcessorUs() - since_us, sys::MonotonicMs());
}

void Supervisor::Tell(const DeniedCalls::Lines& denied) {
  for (const std::string& line : denied) {
    if (!supervised_.status.TrySay("denied: " + line)) ++unheard_;
  }
}

void Supervisor::HearSignal() {
  while (true) {
    const auto signal = sys::NextSignal(signals_);
    if (!signal || signal->number == 0) return;
    if (signal->number == SIGWINCH) {
      supervised_.stdio.terminal.Resize();
      // The kernel tells those in the foreground of a terminal of theirs.
      if (InSession()) continue;
    }
    if (signal->number == SIGTERM) {
      if (stopping_) {
        EndSandbox();
      } else {
        BeginStop(Ending::Cause::kStopped);
      }
    } else if (std::ranges::find(kForwarded, signal->number) !=
               std::end(kForwarded)) {
      SendSignal(signal->number);
    }
  }
}

void Supervisor::HearTimer() {
  const uint64_t now_ms = sys::MonotonicMs();
  Tell(denied_.Due(now_ms));
  if (denied_.total() != passed_on_ && now_ms >= pass_on_ms_.value_or(0)) {
    passed_on_ = denied_.total();
    pass_on_ms_ = now_ms + kPassOnMs;
    supervised_.on_denied(denied_);
  }
  if (deadline_ms_ == 0 || sys::MonotonicMs() < deadline_ms_) return;
  if (stopping_) {
    EndSandbox();
  } else {
    BeginStop(Ending::Cause::kTimeLimit);
  }
}

void Supervisor::BeginStop(Ending::Cause cause) {
  stopping_ = cause;
  // The program may run although init has not said so yet.
  deadline_ms_ = sys::MonotonicMs() + supervised_.bundle.stop.grace_ms;
  SendSignal(supervised_.bundle.stop.signal);
}

void Supervisor::SendSignal(int signal) {
  const Message message{.kind = MessageKind::kSignal, .value = signal};
  // Before the start, too: init hears it as soon as there is a workload.
  if (!supervised_.sandbox.control) return;
  const auto sent =
      sys::Send(supervised_.sandbox.control.get(), message.Bytes());
  if (!sent) Fail("init cannot be told of a signal: " + Describe(sent.error()));
}

void Supervisor::Fail(std::string_view what) {
  failed_ = true;
  supervised_.status.Say(std::string(what) + "; the workload is stopped");
  EndSandbox();
}

void Supervisor::EndSandbox() {
  supervised_.sandbox.control.reset();
  // Init, which the end of the channel tells, may have nothing to tell a
  // process by that another label than its own confines.
  supervised_.cgroup.Kill();
  deadline_ms_ = 0;
}

void Supervisor::CleanUp() {
  while (::waitpid(supervised_.sandbox.init.pid, &init_status_, 0) < 0 &&
         errno == EINTR) {
  }
  // Whoever joined it from outside is in no PID namespace that ended with init.
  supervised_.cgroup.Kill();
  supervised_.sandbox.relay.alive.reset();
  EndProcess(supervised_.sandbox.relay.process, SIGTERM);
  supervised_.notify.HearRest(sys::MonotonicMs(), supervised_.status);
  FinishOutput();
  Tell(denied_.Rest());
  supervised_.stdio.terminal.Restore();
  supervised_.status.SetRaw(false);
}

void Supervisor::FinishOutput() {
  const auto asks_for_an_end = [](int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT ||
           signal == SIGHUP;
  };
  while (true) {
    std::vector<pollfd> waits = {{signals_, POLLIN, 0}};
    for (Pump& pump : supervised_.stdio.outputs) {
      if (!pump.Finish()) Add(waits, pump.WaitDescriptor(), POLLOUT);
    }
    if (waits.size() == 1) return;
    // Whoever asked for a stop waits for its grace, and no longer.
    const int timeout = !stopping_          ? -1
                        : deadline_ms_ == 0 ? 0
                                            : Until(deadline_ms_);
    const int ready = ::poll(waits.data(), waits.size(), timeout);
    if (ready == 0 || (ready < 0 && errno != EINTR)) return;
    for (auto signal = sys::NextSignal(signals_); signal && signal->number != 0;
         signal = sys::NextSignal(signals_)) {
      if (asks_for_an_end(signal->number)) return;
    }
  }
}

bool Supervisor::InSession() const {
  return supervised_.stdio.terminal.start().use == TerminalUse::kSession;
}

Ending Supervisor::Conclude() const {
  Ending ending = Cause();
  ending.hits = supervised_.cgroup.Hits();
  // Ringfence kills nobody whose end it did not announce; the limit does, and
  // may choose init.
  const bool killed =
      ending.cause == Ending::Cause::kSignal && ending.value == SIGKILL;
  const bool silent = ending.cause == Ending::Cause::kFailed && !failed_;
  if ((killed || silent) && ending.hits.oom_kills != 0) {
    ending.cause = Ending::Cause::kMemory;
    ending.value = SIGKILL;
  }
  return ending;
}

Ending Supervisor::Cause() const {
  // Without a word from init, its end was a SIGKILL for everybody.
  const int status = exit_status_.value_or(SIGKILL);
  const bool exited = WIFEXITED(status);
  const int value = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  if (stopping_ == Ending::Cause::kTimeLimit) {
    return {Ending::Cause::kTimeLimit, value, {}};
  }
  // Where somebody asked for an end, init's may well be a silent one.
  if (failed_ || (!exit_status_ && !stopping_)) {
    return {Ending::Cause::kFailed, exited ? value : 128 + value, {}};
  }
  if (stopping_) {
    return {Ending::Cause::kStopped, exited ? value : 128 + value, {}};
  }
  if (exited) return {Ending::Cause::kExited, value, {}};
  return {value == SIGSYS ? Ending::Cause::kPolicy : Ending::Cause::kSignal,
          value,
          {}};
}

int Supervisor::TimeoutMs(uint64_t rest_ms) const {
  std::optional<uint64_t> next = denied_.due_ms();
  const auto sooner = [&](uint64_t at) {
    next = std::min(next.value_or(at), at);
  };
  if (deadline_ms_ != 0) sooner(deadline_ms_);
  if (denied_.total() != passed_on_) sooner(pass_on_ms_.value_or(0));
  if (rest_ms != 0) sooner(sys::MonotonicMs() + rest_ms);
  for (const Pump& pump : supervised_.stdio.inputs) {
    const uint64_t pump_rest_ms = pump.RestMs();
    if (pump_rest_ms != 0) sooner(sys::MonotonicMs() + pump_rest_ms);
  }
  if (!next) return -1;
  return Until(*next);
}

}  // namespace ringfence::launch
