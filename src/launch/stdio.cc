#include "launch/stdio.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "sys/channel.h"
#include "sys/descriptor.h"
#include "sys/file.h"
#include "sys/socket.h"
#include "sys/terminal.h"

namespace ringfence::launch {
namespace {

// The caller's terminal, opened anew: O_NONBLOCK on a descriptor of the
// caller's would be on for everybody who shares it. Where the terminal is
// another user's (after su) that is not permitted, and a full one makes us
// wait.
Result<UniqueFd> OpenTerminal(int fd, int flags) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  auto opened = sys::Open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY);
  if (opened) return opened;
  return sys::Duplicate(fd, sys::kAfterStreams);
}

class Preparation {
 public:
  Result<Stdio> Make() {
    for (int fd = 0; fd < 3; ++fd) RF_TRY(Look(fd));
    RF_TRY(FindTerminal());
    for (int fd = 0; fd < 3; ++fd) RF_TRY(Prepare(fd));
    return std::move(stdio_);
  }

 private:
  enum class What { kClosed, kFile, kTerminal, kOther };
  struct Stream {
    What what = What::kOther;
    dev_t device = 0;  // of a terminal
  };

  Stream& Of(int fd) { return streams_[static_cast<size_t>(fd)]; }
  bool IsTerminal(int fd) { return Of(fd).what == What::kTerminal; }

  Result<void> Look(int fd) {
    const auto status = sys::Fstat(fd);
    if (!status && status.error().err != EBADF) {
      return std::unexpected(status.error());
    }
    if (!status) {
      // The lowest free number is this one: those below are open by now.
      Of(fd).what = What::kClosed;
      RF_TRY(GiveNull(fd));
    } else if (S_ISREG(status->st_mode)) {
      Of(fd).what = What::kFile;
    } else if (S_ISCHR(status->st_mode) && sys::IsTerminal(fd)) {
      Of(fd) = {What::kTerminal, status->st_rdev};
    }
    return {};
  }

  // The one that the workload's terminal stands for.
  Result<void> FindTerminal() {
    const int output = IsTerminal(1) ? 1 : IsTerminal(2) ? 2 : -1;
    if (output < 0) return {};
    device_ = Of(output).device;
    UniqueFd input;
    if (IsTerminal(0) && output == 1 && Of(0).device == device_ &&
        IsInForeground()) {
      RF_ASSIGN(input, OpenTerminal(0, O_RDONLY));
    }
    RF_ASSIGN(UniqueFd to, OpenTerminal(output, O_WRONLY));
    RF_ASSIGN(stdio_.terminal, Terminal::Of(std::move(input), std::move(to)));
    return {};
  }

  static bool IsInForeground() {
    const auto group = sys::ForegroundGroup(0);
    return group && *group == ::getpgrp();
  }

  Result<void> Prepare(int fd) {
    switch (Of(fd).what) {
      case What::kClosed:
      case What::kOther:
        return {};
      case What::kFile: {
        RF_ASSIGN(UniqueFd file, sys::Duplicate(fd, sys::kAfterStreams));
        return GivePipe(fd, std::move(file));
      }
      case What::kTerminal:
        if (IsOnTerminal(fd)) {
          stdio_.on_terminal[static_cast<size_t>(fd)] = true;
          return GiveNull(fd);  // until the terminal is there
        }
        RF_ASSIGN(UniqueFd terminal,
                  OpenTerminal(fd, fd == 0 ? O_RDONLY : O_WRONLY));
        return GivePipe(fd, std::move(terminal));
    }
    return {};
  }

  bool IsOnTerminal(int fd) {
    if (fd == 0) return stdio_.terminal.start().use == TerminalUse::kSession;
    return device_ && Of(fd).device == *device_;
  }

  Result<void> GiveNull(int fd) {
    RF_ASSIGN(UniqueFd null, sys::Open("/dev/null", O_RDWR));
    Give(fd, std::move(null));
    return {};
  }

  Result<void> GivePipe(int fd, UniqueFd outside) {
    RF_ASSIGN(sys::Pipe pipe, sys::MakePipe());
    UniqueFd& theirs = fd == 0 ? pipe.read : pipe.write;
    UniqueFd& ours = fd == 0 ? pipe.write : pipe.read;
    RF_TRY(sys::SetNonBlocking(ours.get()));
    if (IsTerminal(fd) && fd == 0) {
      stdio_.inputs.push_back(
          Pump::OfSharedTerminal(std::move(outside), std::move(ours)));
    } else if (fd == 0) {
      stdio_.inputs.emplace_back(std::move(outside), std::move(ours));
    } else {
      stdio_.outputs.emplace_back(std::move(ours), std::move(outside));
    }
    Give(fd, std::move(theirs));
    return {};
  }

  void Give(int fd, UniqueFd end) {
    stdio_.child[static_cast<size_t>(fd)] = end.get();
    stdio_.ends.push_back(std::move(end));
  }

  std::array<Stream, 3> streams_;
  std::optional<dev_t> device_;
  Stdio stdio_;
};

}  // namespace

Result<Stdio> PrepareStdio() { return Preparation().Make(); }

}  // namespace ringfence::launch
