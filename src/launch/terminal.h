// The caller's terminal, for which the workload has one of its own.
//
//   Terminal terminal = ...;                  // stdio.h
//   terminal.Connect(std::move(master), stdio.inputs, stdio.outputs);
//   terminal.Resize();                        // at every SIGWINCH
//   terminal.Restore();                       // or when it goes
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "launch/pump.h"
#include "sys/terminal.h"

namespace ringfence::launch {

enum class TerminalUse : uint8_t {
  kNone,
  kOutput,   // the workload writes to it, and that is all
  kSession,  // it controls the workload
};

// How the workload's terminal starts.
struct TerminalStart {
  TerminalUse use = TerminalUse::kNone;
  termios modes = {};
  winsize size = {};
};

class Terminal {
 public:
  Terminal() = default;
  // `input` is empty but in a session. Both are of the caller's terminal.
  [[nodiscard]] static Result<Terminal> Of(UniqueFd input, UniqueFd output);

  Terminal(Terminal&&) = default;
  Terminal& operator=(Terminal&&) = default;
  ~Terminal() { Restore(); }

  [[nodiscard]] const TerminalStart& start() const { return start_; }
  // The workload's terminal is there: `master` is joined with the caller's,
  // which becomes raw where they are in a session.
  [[nodiscard]] Result<void> Connect(UniqueFd master, std::vector<Pump>& inputs,
                                     std::vector<Pump>& outputs);
  // The workload's becomes as large as the caller's; its foreground gets a
  // SIGWINCH from the kernel.
  void Resize();
  // The caller's terminal gets the modes it had, unless somebody else is in
  // its foreground by now.
  void Restore();

 private:
  TerminalStart start_;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd master_;
  std::optional<termios> before_;  // while it is raw
};

}  // namespace ringfence::launch
