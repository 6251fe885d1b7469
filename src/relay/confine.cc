#include "relay/confine.h"

#include <linux/audit.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <vector>

#include "bpf/allow_list.h"
#include "sys/confine.h"
#include "sys/process.h"

namespace ringfence::relay {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArch = AUDIT_ARCH_AARCH64;
#endif

constexpr unsigned kStandardError = 2;

}  // namespace

Result<void> CloseOthers(std::span<const int> kept) {
  std::vector<unsigned> sorted = {kStandardError};
  for (const int fd : kept) sorted.push_back(static_cast<unsigned>(fd));
  std::sort(sorted.begin(), sorted.end());
  unsigned next = 0;
  for (const unsigned fd : sorted) {
    if (fd > next) RF_TRY(sys::CloseRange(next, fd - 1));
    next = fd + 1;
  }
  return sys::CloseRange(next, ~0u);
}

Result<void> GiveUpPrivileges() {
  RF_TRY(sys::SetParentDeathSignal(SIGKILL));
  RF_TRY(sys::SetUndumpable());
  RF_TRY(sys::SetNoNewPrivileges());
  RF_ASSIGN(const bool capable, sys::HoldsCapabilities());
  if (capable) {
    return std::unexpected(SysError{
        "it was started with capabilities; drop them before exec", EPERM});
  }
  return {};
}

bpf::Program ServeFilter() {
  constexpr std::array<uint32_t, 17> kCalls = {
      SYS_recvfrom,     // in the order of how often they come
      SYS_sendto,       //
      SYS_epoll_pwait,  //
      SYS_epoll_ctl,    //
      SYS_accept4,      //
      SYS_connect,      //
      SYS_bind,         // kSourceHost
      SYS_setsockopt,   //
      SYS_getsockopt,   // SO_ERROR
      SYS_getsockname,  // the PROXY line
      SYS_getpeername,  //
      SYS_shutdown,     //
      SYS_close,        //
      SYS_read,         // `alive` and signals
      SYS_write,        // `ready`, and a last message
      // Where the vDSO has no clock to read.
      SYS_clock_gettime,
      SYS_exit_group,
  };
  constexpr std::array<uint32_t, 2> kFamilies = {AF_INET, AF_INET6};
  const std::array<bpf::LimitedCall, 1> limited = {bpf::LimitedCall{
      .number = SYS_socket, .argument = 0, .values = kFamilies}};
  return bpf::AllowOnly(kArch, kCalls, limited);
}

Result<void> Install(const bpf::Program& filter) {
  return sys::InstallFilter(
      {.instructions = filter.code().data(),
       .count = static_cast<uint16_t>(filter.code().size())});
}

}  // namespace ringfence::relay
