#include "relay/proxy_line.h"

#include <gtest/gtest.h>

namespace ringfence::relay {
namespace {

std::string Line(const char* client, uint16_t client_port, const char* server,
                 uint16_t server_port) {
  return std::string(
      ProxyLine(*sys::SocketAddress::Numeric(client, client_port),
                *sys::SocketAddress::Numeric(server, server_port))
          .text());
}

TEST(ProxyLine, IPv4) {
  EXPECT_EQ(Line("192.0.2.7", 54321, "198.51.100.1", 80),
            "PROXY TCP4 192.0.2.7 198.51.100.1 54321 80\r\n");
}

TEST(ProxyLine, IPv6) {
  EXPECT_EQ(Line("2001:db8::7", 1, "2001:DB8:0:0::1", 65535),
            "PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n");
}

TEST(ProxyLine, IPv4InsideIPv6IsWrittenAsIPv4) {
  EXPECT_EQ(Line("::ffff:192.0.2.7", 5, "::ffff:198.51.100.1", 6),
            "PROXY TCP4 192.0.2.7 198.51.100.1 5 6\r\n");
}

TEST(ProxyLine, EndsOfDifferentFamiliesAreUnknown) {
  EXPECT_EQ(Line("192.0.2.7", 5, "2001:db8::1", 6), "PROXY UNKNOWN\r\n");
}

TEST(ProxyLine, LongestLineFits) {
  const char* longest = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  const std::string line = Line(longest, 65535, longest, 65535);
  EXPECT_EQ(line, std::string("PROXY TCP6 ") + longest + " " + longest +
                      " 65535 65535\r\n");
  // The specification's bound for TCP6.
  EXPECT_LE(line.size(), 104u);
}

}  // namespace
}  // namespace ringfence::relay
