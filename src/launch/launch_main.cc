// ringfence-launch: applies a bundle, or refuses.
//
// It is what `ringfence` is a link to: a launch that needs nothing else is done
// at once, and everything else is handed to ringfence-cli (launch/at_once.h).
// What that has prepared comes back as
//
//   ringfence-launch --bundle FD --base DIR --relay PATH
//       [--status-fd FD] [--status-file FD] [--notify FD] [--terminal-type
//       TERM] [--cgroup FD --cgroup-home FD | --no-cgroup WHY REMEDY]
//       [--verbose] [--wait MS] [-- ARG...]
//
// by exec; people do not type it. Descriptors are open already. It is the
// trusted core: it links only the folders marked T in src/deps.txt.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "base/exhaustion.h"
#include "base/least_limits.h"
#include "base/unique_fd.h"
#include "launch/at_once.h"
#include "launch/launch.h"
#include "launch/refusal.h"

namespace ringfence::launch {
namespace {

int Usage(std::string_view what) {
  std::fprintf(stderr,
               "ringfence: internal usage error: %.*s\n"
               "  help: start workloads with `ringfence run`\n",
               static_cast<int>(what.size()), what.data());
  return static_cast<int>(ExitCode::kInput);
}

// An open descriptor above the standard ones, from here on close-on-exec.
bool TakeDescriptor(std::string_view text, UniqueFd& to) {
  int fd = -1;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), fd);
  if (error != std::errc() || end != text.data() + text.size() || fd < 0) {
    return false;
  }
  if (::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return false;
  to.reset(fd);
  return true;
}

// What ringfence-cli asks for.
int LaunchAsAsked(int argc, char** argv) {
  Options options;
  int i = 1;
  for (; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--") break;
    if (option == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (++i == argc) return Usage(option);
    const std::string_view value = argv[i];
    if (option == "--base") {
      options.base = value;
    } else if (option == "--relay") {
      options.relay = value;
    } else if (option == "--terminal-type") {
      options.terminal_type = value;
    } else if (option == "--no-cgroup") {
      options.no_cgroup = value;
      if (++i == argc) return Usage(option);
      options.cgroup_remedy = argv[i];
    } else if (option == "--wait") {
      uint64_t wait_ms = 0;
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), wait_ms);
      if (error != std::errc() || end != value.data() + value.size()) {
        return Usage(option);
      }
      options.wait_ms = wait_ms;
    } else {
      UniqueFd* const target =
          option == "--bundle"        ? &options.bundle
          : option == "--status-fd"   ? &options.status_fd
          : option == "--status-file" ? &options.status_file
          : option == "--notify"      ? &options.notify
          : option == "--cgroup"      ? &options.cgroup
          : option == "--cgroup-home" ? &options.cgroup_home
                                      : nullptr;
      if (target == nullptr || !TakeDescriptor(value, *target)) {
        return Usage(option);
      }
    }
  }
  for (++i; i < argc; ++i) options.arguments.emplace_back(argv[i]);
  if (!options.bundle) return Usage("--bundle is missing");
  if (!options.cgroup != !options.cgroup_home) return Usage("--cgroup");
  if (!options.base.starts_with('/')) return Usage("--base is missing");
  return Launch(std::move(options));
}

int HandOver(char** argv) {
  const std::string program = ProgramBeside("ringfence-cli");
  ::execv(program.c_str(), argv);
  std::fprintf(stderr,
               "ringfence: cannot execute ringfence-cli: %s\n"
               "  help: install Ringfence again\n",
               std::strerror(errno));
  return static_cast<int>(ExitCode::kInternal);
}

// Every later step needs descriptors, and for want of one each would fail in
// its own words. A launch takes fewer than these, its listening sockets not
// counted, and its init some behind kInternalDescriptors.
bool AreDescriptorsLeft() {
  std::array<UniqueFd, kLaunchDescriptors> taken;
  taken[0].reset(::eventfd(0, EFD_CLOEXEC));
  for (size_t i = 1; i < taken.size(); ++i) {
    taken[i].reset(
        ::fcntl(taken[0].get(), F_DUPFD_CLOEXEC, kInternalDescriptors));
    if (taken[i].get() < kInternalDescriptors) return false;
  }
  return true;
}

// Everything else is for ringfence-cli, whose doctor says what is missing.
bool IsLaunch(int argc, char** argv) {
  if (argc < 2) return false;
  const std::string_view word = argv[1];
  return word == "run" || word == "--bundle";
}

int RefuseForWantOfDescriptors() {
  std::fputs(
      "ringfence: refused: too few file descriptors are left to this process\n"
      "  help: raise the limit on open files (`ulimit -n`) to 128 or more, or "
      "close some\n",
      stderr);
  return static_cast<int>(ExitCode::kInternal);
}

}  // namespace
}  // namespace ringfence::launch

int main(int argc, char** argv, char** environment) {
  using namespace ringfence::launch;
  ringfence::PrepareForExhaustion();
  if (IsLaunch(argc, argv) && !AreDescriptorsLeft()) {
    return RefuseForWantOfDescriptors();
  }
  if (argc > 1 && std::string_view(argv[1]) == "--bundle") {
    return LaunchAsAsked(argc, argv);
  }
  if (auto options = AtOnce(argc, argv, environment)) {
    return Launch(*std::move(options));
  }
  return HandOver(argv);
}
