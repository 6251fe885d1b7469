#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>

#include <charconv>

#include "probe.h"

namespace probe {
namespace {

struct Constant {
  std::string_view name;
  long value;
};

constexpr Constant kConstants[] = {
    {"AF_UNIX", AF_UNIX},
    {"AF_INET", AF_INET},
    {"AF_INET6", AF_INET6},
    {"AF_NETLINK", AF_NETLINK},
    {"AF_PACKET", AF_PACKET},
    {"AF_KEY", AF_KEY},
    {"AF_ALG", AF_ALG},
    {"AF_BLUETOOTH", AF_BLUETOOTH},
    {"AF_CAN", AF_CAN},
    {"AF_RDS", AF_RDS},
    {"AF_TIPC", AF_TIPC},
    {"AF_VSOCK", AF_VSOCK},
    {"AF_XDP", AF_XDP},
    {"SOCK_STREAM", SOCK_STREAM},
    {"SOCK_DGRAM", SOCK_DGRAM},
    {"SOCK_RAW", SOCK_RAW},
    {"SOCK_SEQPACKET", SOCK_SEQPACKET},
    {"SOCK_CLOEXEC", SOCK_CLOEXEC},
    {"SOCK_NONBLOCK", SOCK_NONBLOCK},
    {"IPPROTO_ICMP", IPPROTO_ICMP},
    {"IPPROTO_TCP", IPPROTO_TCP},
    {"IPPROTO_UDP", IPPROTO_UDP},
    {"IPPROTO_SCTP", IPPROTO_SCTP},
    {"IPPROTO_MPTCP", IPPROTO_MPTCP},
    {"CLONE_NEWNS", CLONE_NEWNS},
    {"CLONE_NEWCGROUP", CLONE_NEWCGROUP},
    {"CLONE_NEWUTS", CLONE_NEWUTS},
    {"CLONE_NEWIPC", CLONE_NEWIPC},
    {"CLONE_NEWUSER", CLONE_NEWUSER},
    {"CLONE_NEWPID", CLONE_NEWPID},
    {"CLONE_NEWNET", CLONE_NEWNET},
};

std::optional<long> ParseOne(std::string_view text) {
  for (const Constant& constant : kConstants) {
    if (constant.name == text) return constant.value;
  }
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  unsigned long value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] =
      std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return static_cast<long>(negative ? 0 - value : value);
}

}  // namespace

std::optional<long> ParseValue(std::string_view text) {
  long value = 0;
  for (const std::string& part : Split(text, '|')) {
    const auto one = ParseOne(part);
    if (!one) return std::nullopt;
    value |= *one;
  }
  return value;
}

std::optional<std::vector<long>> ParseValues(std::string_view text,
                                             size_t least, size_t most) {
  std::vector<long> values;
  for (const std::string& part : Split(text, ',')) {
    const auto value = ParseValue(part);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  if (values.size() < least || values.size() > most) return std::nullopt;
  return values;
}

}  // namespace probe
