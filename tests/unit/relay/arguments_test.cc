#include "relay/arguments.h"

#include <gtest/gtest.h>

namespace ringfence::relay {
namespace {

std::expected<Arguments, std::string> Parse(
    const std::vector<const char*>& arguments) {
  return ParseArguments(arguments);
}

std::expected<Arguments, std::string> ParseListen(const char* listen) {
  return Parse({"--alive", "3", "--ready", "4", "--listen", listen});
}

std::string Host(const sys::SocketAddress& address) {
  char host[INET6_ADDRSTRLEN];
  address.FormatHost(host);
  return host;
}

TEST(Arguments, EveryOptionIsTaken) {
  const auto parsed =
      Parse({"--listen", "5=127.0.0.1:8080", "--alive", "3", "--listen",
             "17=[::1]:65535,proxy", "--ready", "4"});
  ASSERT_TRUE(parsed) << parsed.error();
  EXPECT_EQ(parsed->alive, 3);
  EXPECT_EQ(parsed->ready, 4);
  ASSERT_EQ(parsed->routes.size(), 2u);
  EXPECT_EQ(parsed->routes[0].listener, 5);
  EXPECT_EQ(Host(parsed->routes[0].target), "127.0.0.1");
  EXPECT_EQ(parsed->routes[0].target.port(), 8080);
  EXPECT_FALSE(parsed->routes[0].proxy_protocol);
  EXPECT_EQ(parsed->routes[1].listener, 17);
  EXPECT_EQ(Host(parsed->routes[1].target), "::1");
  EXPECT_EQ(parsed->routes[1].target.port(), 65535);
  EXPECT_TRUE(parsed->routes[1].proxy_protocol);
}

TEST(Arguments, WholeLoopbackNetworkIsTaken) {
  for (const char* listen :
       {"5=127.0.0.0:1", "5=127.82.70.1:1", "5=127.255.255.255:1"}) {
    EXPECT_TRUE(ParseListen(listen)) << listen;
  }
}

TEST(Arguments, MalformedListenIsRefused) {
  for (const char* listen : {
           "",
           "5",
           "5=",
           "=127.0.0.1:80",
           "5=127.0.0.1",
           "5=127.0.0.1:",
           "5=127.0.0.1:0",
           "5=127.0.0.1:65536",
           "5=127.0.0.1:-1",
           "5=127.0.0.1:+1",
           "5=127.0.0.1: 80",
           "5=127.0.0.1:80 ",
           "5=127.0.0.1:80,PROXY",
           "5=127.0.0.1:80,proxy,proxy",
           "5=127.0.0.1:99999999999999999999",
           "5=127.1:80",
           "5=localhost:80",
           "5=[127.0.0.1]:80",
           "5=::1:80",
           "5=[::1:80",
           "5=[::1]80",
           "5=[]:80",
           "x=127.0.0.1:80",
           "5x=127.0.0.1:80",
           "-5=127.0.0.1:80",
           "2=127.0.0.1:80",
           "4294967301=127.0.0.1:80",
       }) {
    EXPECT_FALSE(ParseListen(listen)) << listen;
  }
}

TEST(Arguments, AddressThatIsNotLoopbackIsRefused) {
  for (const char* listen :
       {"5=0.0.0.0:80", "5=126.255.255.255:80", "5=128.0.0.1:80",
        "5=192.0.2.1:80", "5=[::]:80", "5=[::2]:80", "5=[2001:db8::1]:80",
        "5=[::ffff:127.0.0.1]:80"}) {
    const auto parsed = ParseListen(listen);
    ASSERT_FALSE(parsed) << listen;
    EXPECT_NE(parsed.error().find("loopback"), std::string::npos)
        << parsed.error();
  }
}

TEST(Arguments, MissingTwiceAndUnknownAreRefused) {
  const std::vector<std::vector<const char*>> all = {
      {},
      {"--alive", "3", "--ready", "4"},
      {"--alive", "3", "--listen", "5=127.0.0.1:80"},
      {"--ready", "4", "--listen", "5=127.0.0.1:80"},
      {"--alive", "3", "--ready", "4", "--listen", "5=127.0.0.1:80", "--alive",
       "6"},
      {"--alive", "3", "--ready", "3", "--listen", "5=127.0.0.1:80"},
      {"--alive", "3", "--ready", "4", "--listen", "4=127.0.0.1:80"},
      {"--alive", "3", "--ready", "4", "--listen", "5=127.0.0.1:80", "--listen",
       "5=127.0.0.1:81"},
      {"--alive", "2", "--ready", "4", "--listen", "5=127.0.0.1:80"},
      {"--alive", "3", "--ready", "4", "--listen"},
      {"--alive", "3", "--ready", "4", "--listen", "5=127.0.0.1:80", "-v", "1"},
      {"alive", "3", "--ready", "4", "--listen", "5=127.0.0.1:80"},
  };
  for (size_t i = 0; i < all.size(); ++i) {
    const auto parsed = Parse(all[i]);
    ASSERT_FALSE(parsed) << "case " << i;
    EXPECT_FALSE(parsed.error().empty()) << "case " << i;
  }
}

TEST(Arguments, OneRouteTooManyIsRefused) {
  std::vector<std::string> listens;
  for (size_t i = 0; i <= kMaxRoutes; ++i) {
    listens.push_back(std::to_string(10 + i) + "=127.0.0.1:80");
  }
  std::vector<const char*> arguments = {"--alive", "3", "--ready", "4"};
  for (const std::string& listen : listens) {
    if (&listen == &listens.back()) {
      EXPECT_TRUE(Parse(arguments));
    }
    arguments.push_back("--listen");
    arguments.push_back(listen.c_str());
  }
  EXPECT_FALSE(Parse(arguments));
}

}  // namespace
}  // namespace ringfence::relay
