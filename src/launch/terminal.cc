#include "launch/terminal.h"

#include <unistd.h>

#include <utility>

#include "sys/descriptor.h"
#include "sys/socket.h"

namespace ringfence::launch {
namespace {

Result<UniqueFd> CopyOf(const UniqueFd& fd) {
  return sys::Duplicate(fd.get(), sys::kAfterStreams);
}

// What a terminal is set to that only passes bytes on.
termios Raw(termios modes) {
  ::cfmakeraw(&modes);
  return modes;
}

}  // namespace

Result<Terminal> Terminal::Of(UniqueFd input, UniqueFd output) {
  Terminal terminal;
  RF_ASSIGN(terminal.start_.modes, sys::GetModes(output.get()));
  RF_ASSIGN(terminal.start_.size, sys::GetWindowSize(output.get()));
  terminal.start_.use = input ? TerminalUse::kSession : TerminalUse::kOutput;
  // Without a session the caller's terminal does what is to be done to output,
  // and must not find it done.
  if (!input) terminal.start_.modes = Raw(terminal.start_.modes);
  terminal.input_ = std::move(input);
  terminal.output_ = std::move(output);
  return terminal;
}

Result<void> Terminal::Connect(UniqueFd master, std::vector<Pump>& inputs,
                               std::vector<Pump>& outputs) {
  RF_TRY(sys::SetNonBlocking(master.get()));
  master_ = std::move(master);
  RF_ASSIGN(UniqueFd from, CopyOf(master_));
  RF_ASSIGN(UniqueFd output, CopyOf(output_));
  outputs.emplace_back(std::move(from), std::move(output));
  Resize();
  if (start_.use != TerminalUse::kSession) return {};
  RF_ASSIGN(UniqueFd to, CopyOf(master_));
  RF_ASSIGN(UniqueFd input, CopyOf(input_));
  inputs.emplace_back(std::move(input), std::move(to));
  RF_ASSIGN(const termios modes, sys::GetModes(input_.get()));
  RF_TRY(sys::SetModes(input_.get(), Raw(modes)));
  before_ = modes;
  return {};
}

void Terminal::Resize() {
  if (!master_) return;
  // A size that cannot be had or set is no reason to end anything.
  const auto size = sys::GetWindowSize(output_.get());
  if (size) (void)sys::SetWindowSize(master_.get(), *size);
}

void Terminal::Restore() {
  const auto modes = std::exchange(before_, std::nullopt);
  if (!modes || !input_) return;
  const auto foreground = sys::ForegroundGroup(input_.get());
  if (foreground && *foreground != ::getpgrp()) return;
  (void)sys::SetModes(input_.get(), *modes);
}

}  // namespace ringfence::launch
