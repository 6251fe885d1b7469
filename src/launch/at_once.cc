#include "launch/at_once.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "admit/ledger.h"
#include "bundle/bundle.h"
#include "model/host.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr std::string_view kTerminalType = "TERM=";
constexpr std::string_view kNotifySocket = "NOTIFY_SOCKET=";

// Whether what Ringfence did not start has to be looked for first. Only a host
// that was initialised has rules.
bool AsksForForeign() {
  const auto host = sys::Lstatat(AT_FDCWD, "/run/ringfence");
  if (!host && host.error().err == ENOENT) return false;
  const auto ledger = admit::Ledger::Open(model::HostUid(::geteuid()));
  if (!ledger) return true;
  const auto policy = ledger->Policy();
  return !policy || model::AsksForForeign(*policy);
}

// Whether a cgroup may have to be found, which can take a bus.
bool HasCgroups() {
  const auto root = sys::Statfs("/sys/fs/cgroup");
  return root && root->f_type == CGROUP2_SUPER_MAGIC;
}

std::string Parent(const std::string& path) {
  return path.substr(0, std::max<size_t>(1, path.rfind('/')));
}

}  // namespace

std::optional<Options> AtOnce(int argc, char** argv, char** environment) {
  if (argc < 3 || std::string_view(argv[1]) != "run" || argv[2][0] == '-' ||
      (argc > 3 && std::string_view(argv[3]) != "--")) {
    return std::nullopt;
  }
  Options options;
  for (; *environment != nullptr; ++environment) {
    const std::string_view variable = *environment;
    if (variable.starts_with(kNotifySocket)) return std::nullopt;
    if (variable.starts_with(kTerminalType)) {
      options.terminal_type = variable.substr(kTerminalType.size());
    }
  }
  auto bundle = sys::Open(argv[2], O_RDONLY);
  if (!bundle || !IsBundle(bundle->get())) return std::nullopt;
  const auto path = sys::DescriptorPath(bundle->get());
  if (!path || !path->starts_with('/') || AsksForForeign() || HasCgroups()) {
    return std::nullopt;
  }
  options.bundle = *std::move(bundle);
  options.base = Parent(*path);
  options.relay = ProgramBeside("ringfence-relay");
  if (options.relay.empty()) return std::nullopt;
  for (int i = 4; i < argc; ++i) options.arguments.emplace_back(argv[i]);
  return options;
}

bool IsBundle(int fd) {
  std::array<std::byte, sizeof bundle::kMagic> start;
  const auto size = sys::Pread(fd, start, 0);
  return size && *size == start.size() &&
         std::memcmp(start.data(), bundle::kMagic, start.size()) == 0;
}

std::string ProgramBeside(const char* name) {
  const auto self = sys::Readlinkat(AT_FDCWD, "/proc/self/exe");
  if (!self || !self->starts_with('/')) return {};
  return Parent(*self) + "/" + name;
}

}  // namespace ringfence::launch
