#include "launch/pump.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sys/clock.h"
#include "sys/terminal.h"

namespace ringfence::launch {
namespace {

// Until a terminal whose keys are somebody else's is looked at again.
constexpr uint64_t kLookAgainMs = 100;

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

// Who takes keys one by one, as less(1) and the prompt of a shell do, leaves
// none for us; and the background of a terminal may not read it.
bool KeysAreOurs(int terminal) {
  const auto group = sys::ForegroundGroup(terminal);
  if (group && *group != ::getpgrp()) return false;
  const auto modes = sys::GetModes(terminal);
  return !modes || (modes->c_lflag & static_cast<tcflag_t>(ICANON)) != 0;
}

}  // namespace

Pump Pump::OfSharedTerminal(UniqueFd from, UniqueFd to) {
  Pump pump(std::move(from), std::move(to));
  pump.shared_ = true;
  return pump;
}

int Pump::WaitDescriptor() const {
  if (used_ > 0) return to_.get();
  return RestMs() != 0 ? -1 : from_.get();
}

uint64_t Pump::RestMs() const {
  if (!shared_ || done()) return 0;
  const uint64_t now = sys::MonotonicMs();
  return now < rest_until_ms_ ? rest_until_ms_ - now : 0;
}

short Pump::WaitEvents() const { return used_ > 0 ? POLLOUT : POLLIN; }

void Pump::Turn() {
  if (used_ == 0 && from_) Fill();
  if (used_ > 0) Drain();
  if (!from_ && used_ == 0) to_.reset();
}

void Pump::Fill() {
  if (shared_ && !KeysAreOurs(from_.get())) {
    rest_until_ms_ = sys::MonotonicMs() + kLookAgainMs;
    return;
  }
  const ssize_t size = ::read(from_.get(), buffer_.data(), buffer_.size());
  if (size < 0 && WouldBlock()) return;
  if (size <= 0) {
    from_.reset();
    return;
  }
  begin_ = 0;
  used_ = static_cast<size_t>(size);
}

void Pump::Drain() {
  const ssize_t size = ::write(to_.get(), buffer_.data() + begin_, used_);
  if (size < 0 && WouldBlock()) return;
  if (size < 0) {
    from_.reset();
    used_ = 0;
    return;
  }
  begin_ += static_cast<size_t>(size);
  used_ -= static_cast<size_t>(size);
}

bool Pump::Finish() {
  while (!done()) {
    if (used_ == 0) Fill();
    if (used_ == 0) from_.reset();
    const size_t before = used_;
    if (used_ > 0) Drain();
    if (used_ > 0 && used_ == before) return false;
  }
  to_.reset();
  return true;
}

}  // namespace ringfence::launch
