// ringfence-launch: applies a bundle, or refuses.
//
//   ringfence-launch --bundle FD --base DIR --relay PATH
//       [--status-fd FD] [--status-file FD] [--notify FD] [--terminal-type
//       TERM] [--verbose] [--wait MS] [-- ARG...]
//
// `ringfence run` starts it by exec; people do not. Descriptors are open
// already. It is the trusted core: it links only the folders marked T in
// src/deps.txt.

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <string_view>

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

int Main(int argc, char** argv) {
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
    } else if (option == "--wait") {
      uint64_t wait_ms = 0;
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), wait_ms);
      if (error != std::errc() || end != value.data() + value.size()) {
        return Usage(option);
      }
      options.wait_ms = wait_ms;
    } else {
      UniqueFd* const target = option == "--bundle"      ? &options.bundle
                               : option == "--status-fd" ? &options.status_fd
                               : option == "--status-file"
                                   ? &options.status_file
                               : option == "--notify" ? &options.notify
                                                      : nullptr;
      if (target == nullptr || !TakeDescriptor(value, *target)) {
        return Usage(option);
      }
    }
  }
  for (++i; i < argc; ++i) options.arguments.emplace_back(argv[i]);
  if (!options.bundle) return Usage("--bundle is missing");
  if (!options.base.starts_with('/')) return Usage("--base is missing");
  return Launch(std::move(options));
}

}  // namespace
}  // namespace ringfence::launch

int main(int argc, char** argv) { return ringfence::launch::Main(argc, argv); }
