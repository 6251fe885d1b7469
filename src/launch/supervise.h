// The supervisor: from the release of init to the last process's end.
#pragma once

#include <csignal>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "launch/cpu_share.h"
#include "launch/denied_calls.h"
#include "launch/message.h"
#include "launch/notify.h"
#include "launch/plan.h"
#include "launch/spawn.h"
#include "launch/status.h"
#include "launch/stdio.h"

namespace ringfence::launch {

struct Supervised {
  const bundle::Bundle& bundle;
  const Plan& plan;
  Sandbox& sandbox;
  const Cgroup& cgroup;
  Stdio& stdio;
  Notify& notify;
  Status& status;
  // Called once, when the program runs, with /proc/self/status as read back.
  std::function<void(std::string_view)> on_started;
  // Called at most once a second while calls are denied.
  std::function<void(const DeniedCalls&)> on_denied;
  // Called once, when init says that it is the last process. The kernel takes
  // the sandbox down meanwhile, which takes as long as a few files to write.
  std::function<void(const Ending&)> on_ended;
};

class Supervisor {
 public:
  // `signals`: a queue (sys/signal.h) made while all signals were blocked.
  Supervisor(const Supervised& supervised, int signals)
      : supervised_(supervised),
        signals_(signals),
        denied_(supervised.bundle.denials) {}

  // Returns when nobody of the sandbox is left. A Refusal: its program never
  // ran.
  [[nodiscard]] std::expected<Ending, Refusal> Run();
  [[nodiscard]] const DeniedCalls& denied() const { return denied_; }
  // Lines about denied calls for which standard error had no room.
  [[nodiscard]] uint64_t unheard() const { return unheard_; }

 private:
  void Wait();
  void HearInit();
  void JoinTerminal(UniqueFd master);
  void HearSignal();
  // `since_us`: processor time when it began.
  void HearDenial(uint64_t since_us);
  // Denied calls wait for their answer once their share is used up.
  [[nodiscard]] uint64_t RestMs();
  void HearTimer();
  void Tell(const DeniedCalls::Lines& denied);
  void BeginStop(Ending::Cause cause);
  void SendSignal(int signal);
  [[nodiscard]] bool InSession() const;
  // A part of Ringfence cannot go on; nor can the workload, then.
  void Fail(std::string_view what);
  // Closes the channel: init kills everybody and ends.
  void EndSandbox();
  void CleanUp();
  // Copies what is left of the workload's output, or until somebody asks for
  // an end.
  void FinishOutput();
  [[nodiscard]] Ending Conclude() const;
  [[nodiscard]] Ending Cause() const;
  [[nodiscard]] int TimeoutMs(uint64_t rest_ms) const;

  Supervised supervised_;
  int signals_;
  UniqueFd listener_;
  DeniedCalls denied_;
  CpuShare share_;  // of what denied calls may use
  bool slow_said_ = false;
  uint64_t unheard_ = 0;
  uint64_t passed_on_ = 0;              // of denied_.total()
  std::optional<uint64_t> pass_on_ms_;  // monotonic
  bool init_dead_ = false;
  bool failed_ = false;             // a part of Ringfence, and it was said
  int init_status_ = 0;             // wait(2)
  std::optional<int> exit_status_;  // of the workload, wait(2)
  std::optional<Ending> ending_;    // once that is known; nothing changes it
  std::optional<Refusal> refusal_;
  std::optional<Ending::Cause> stopping_;
  uint64_t deadline_ms_ = 0;  // monotonic; 0: none
  bool started_ = false;
};

}  // namespace ringfence::launch
