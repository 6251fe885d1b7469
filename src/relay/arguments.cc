#include "relay/arguments.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace ringfence::relay {
namespace {

constexpr int kFirstDescriptor = 3;

std::unexpected<std::string> Refused(std::string_view what,
                                     std::string_view text) {
  return std::unexpected(std::string(what) + ": '" + std::string(text) + "'");
}

// Decimal digits and nothing else, 0..`max`.
std::optional<int> ParseNumber(std::string_view text, int max) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || number < 0 || number > max) {
    return std::nullopt;
  }
  return number;
}

// A descriptor that no earlier option has named.
std::expected<int, std::string> ParseDescriptor(std::string_view text,
                                                std::vector<int>& named) {
  const auto fd = ParseNumber(text, INT32_MAX);
  if (!fd || *fd < kFirstDescriptor) {
    return Refused("not the number of a descriptor", text);
  }
  if (std::find(named.begin(), named.end(), *fd) != named.end()) {
    return Refused("this descriptor is named twice", text);
  }
  named.push_back(*fd);
  return *fd;
}

// ADDRESS:PORT, and [ADDRESS]:PORT for IPv6 only.
std::optional<sys::SocketAddress> ParseTarget(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParseNumber(text.substr(colon + 1), UINT16_MAX);
  if (!port || *port == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = sys::SocketAddress::Numeric(
      std::string(host).c_str(), static_cast<uint16_t>(*port));
  if (!address || (address->family() == AF_INET6) != brackets) {
    return std::nullopt;
  }
  return address;
}

std::expected<Route, std::string> ParseRoute(std::string_view text,
                                             std::vector<int>& named) {
  constexpr std::string_view kProxy = ",proxy";
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return Refused("--listen needs FD=ADDRESS:PORT[,proxy]", text);
  }
  RF_ASSIGN(const int listener, ParseDescriptor(text.substr(0, equals), named));
  std::string_view target = text.substr(equals + 1);
  const bool proxy = target.ends_with(kProxy);
  if (proxy) target.remove_suffix(kProxy.size());
  const auto address = ParseTarget(target);
  if (!address) return Refused("not ADDRESS:PORT or [ADDRESS]:PORT", target);
  if (!address->is_loopback()) {
    return Refused("not a loopback address", target);
  }
  return Route{listener, *address, proxy};
}

}  // namespace

std::expected<Arguments, std::string> ParseArguments(
    std::span<const char* const> arguments) {
  Arguments result;
  std::vector<int> named;
  for (size_t i = 0; i < arguments.size(); i += 2) {
    const std::string_view option = arguments[i];
    if (option != "--alive" && option != "--ready" && option != "--listen") {
      return Refused("unknown option", option);
    }
    if (i + 1 == arguments.size()) return Refused("a value is missing", option);
    const std::string_view value = arguments[i + 1];
    if (option == "--listen") {
      if (result.routes.size() == kMaxRoutes) {
        return Refused("too many --listen options", value);
      }
      RF_ASSIGN(Route route, ParseRoute(value, named));
      result.routes.push_back(route);
      continue;
    }
    int& place = option == "--alive" ? result.alive : result.ready;
    if (place >= 0) return Refused("this option is given twice", option);
    RF_ASSIGN(place, ParseDescriptor(value, named));
  }
  if (result.alive < 0) return std::unexpected("--alive FD is missing");
  if (result.ready < 0) return std::unexpected("--ready FD is missing");
  if (result.routes.empty()) {
    return std::unexpected("--listen FD=ADDRESS:PORT is missing");
  }
  return result;
}

}  // namespace ringfence::relay
