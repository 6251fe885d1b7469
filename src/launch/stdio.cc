#include "launch/stdio.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "sys/channel.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

Result<UniqueFd> Duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) return std::unexpected(SysError{"fcntl(F_DUPFD_CLOEXEC)", errno});
  return copy;
}

Result<void> MakeNonBlocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    return std::unexpected(SysError{"fcntl(F_SETFL)", errno});
  }
  return {};
}

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

void Pump::Finish() {
  // The writers are dead, so a read never waits; a regular file never makes
  // a write wait.
  while (!done()) {
    const bool had = used_ > 0;
    Turn();
    if (!had && used_ == 0 && from_) from_.reset();
  }
  to_.reset();
}

Result<Stdio> PrepareStdio() {
  Stdio stdio;
  for (int fd = 0; fd < 3; ++fd) {
    const auto status = sys::Fstat(fd);
    if (!status) {
      // The lowest free number is this one: those below are open by now.
      RF_ASSIGN(UniqueFd null, sys::Open("/dev/null", O_RDWR));
      stdio.child[static_cast<size_t>(fd)] = null.get();
      stdio.ends.push_back(std::move(null));
      continue;
    }
    if (!S_ISREG(status->st_mode)) continue;
    RF_ASSIGN(sys::Pipe pipe, sys::MakePipe());
    RF_ASSIGN(UniqueFd file, Duplicate(fd));
    UniqueFd& theirs = fd == 0 ? pipe.read : pipe.write;
    UniqueFd& ours = fd == 0 ? pipe.write : pipe.read;
    RF_TRY(MakeNonBlocking(ours.get()));
    stdio.child[static_cast<size_t>(fd)] = theirs.get();
    stdio.ends.push_back(std::move(theirs));
    if (fd == 0) {
      stdio.pumps.emplace_back(std::move(file), std::move(ours));
    } else {
      stdio.pumps.emplace_back(std::move(ours), std::move(file));
    }
  }
  return stdio;
}

}  // namespace ringfence::launch
