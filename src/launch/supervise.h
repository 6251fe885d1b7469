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
#include "launch/denial.h"
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
  Stdio& stdio;
  Notify& notify;
  Status& status;
  // Called once, when the program runs, with /proc/self/status as read back.
  std::function<void(std::string_view)> on_started;
};

class Supervisor {
 public:
  // `signals`: a queue (sys/signal.h) made while all signals were blocked.
  Supervisor(const Supervised& supervised, int signals)
      : supervised_(supervised), signals_(signals) {}

  // Returns when nobody of the sandbox is left. A Refusal: its program never
  // ran.
  [[nodiscard]] std::expected<Ending, Refusal> Run();
  [[nodiscard]] uint64_t denied() const { return denied_; }

 private:
  void Wait();
  void HearInit();
  void JoinTerminal(UniqueFd master);
  void HearSignal();
  void HearDenial();
  void HearTimer();
  void BeginStop(Ending::Cause cause);
  void SendSignal(int signal);
  [[nodiscard]] bool InSession() const;
  // Closes the channel: init kills everybody and ends.
  void EndSandbox();
  void CleanUp();
  // Copies what is left of the workload's output, or until somebody asks for
  // an end.
  void FinishOutput();
  [[nodiscard]] Ending Conclude() const;
  [[nodiscard]] int TimeoutMs() const;

  Supervised supervised_;
  int signals_;
  UniqueFd listener_;
  RateLimit limit_;
  uint64_t denied_ = 0;
  bool init_dead_ = false;
  bool relay_failed_ = false;
  std::optional<int> exit_status_;  // of the workload, wait(2)
  std::optional<Refusal> refusal_;
  std::optional<Ending::Cause> stopping_;
  uint64_t deadline_ms_ = 0;  // monotonic; 0: none
  bool started_ = false;
};

// The refusal for a step that failed, with its remedy.
[[nodiscard]] Refusal RefuseStep(const Plan& plan, const Message& failed);

}  // namespace ringfence::launch
