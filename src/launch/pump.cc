#include "launch/pump.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace ringfence::launch {
namespace {

bool WouldBlock() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

int Pump::WaitDescriptor() const {
  if (used_ > 0) return to_.get();
  return from_.get();
}

short Pump::WaitEvents() const { return used_ > 0 ? POLLOUT : POLLIN; }

void Pump::Turn() {
  if (used_ == 0 && from_) Fill();
  if (used_ > 0) Drain();
  if (!from_ && used_ == 0) to_.reset();
}

void Pump::Fill() {
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
