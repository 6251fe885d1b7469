#include "relay/relay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "relay_process.h"

namespace ringfence::relay {
namespace {

using namespace testing;  // NOLINT: the vocabulary of these tests

class BothFamilies : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Families, BothFamilies,
                         ::testing::Values(AF_INET, AF_INET6),
                         [](const auto& family) {
                           return family.param == AF_INET ? "IPv4" : "IPv6";
                         });

TEST_P(BothFamilies, BytesGoBothWays) {
  RelayProcess relay({.routes = {{.family = GetParam()}}});
  Pair pair = relay.Open();
  SendAll(pair.client, "ping");
  EXPECT_EQ(ReceiveExactly(pair.service, 4), "ping");
  SendAll(pair.service, "pong");
  EXPECT_EQ(ReceiveExactly(pair.client, 4), "pong");
}

TEST_P(BothFamilies, EndOfEachSideIsPassedOnAlone) {
  for (const bool client_first : {true, false}) {
    RelayProcess relay({.routes = {{.family = GetParam()}}});
    Pair pair = relay.Open();
    const UniqueFd& first = client_first ? pair.client : pair.service;
    const UniqueFd& second = client_first ? pair.service : pair.client;
    SendAll(first, "question");
    EndWriting(first);
    const Rest question = ReceiveToEnd(second);
    EXPECT_EQ(question.bytes, "question");
    EXPECT_EQ(question.err, 0);
    SendAll(second, "answer");  // the other way is still open
    EXPECT_EQ(ReceiveExactly(first, 6), "answer");
    EndWriting(second);
    const Rest nothing = ReceiveToEnd(first);
    EXPECT_EQ(nothing.bytes, "");
    EXPECT_EQ(nothing.err, 0);
    EXPECT_TRUE(relay.ForgetsItsConnections());
  }
}

TEST(Relay, ServiceSeesAnAddressOfItsOwnNotTheTrustedOne) {
  RelayProcess relay;
  Pair pair = relay.Open();
  const auto peer = sys::PeerAddress(pair.service.get());
  ASSERT_TRUE(peer);
  char host[INET6_ADDRSTRLEN];
  peer->FormatHost(host);
  EXPECT_STREQ(host, "127.82.70.1");
}

TEST(Relay, OverIPv6ServiceSeesTheOnlyLoopbackAddress) {
  RelayProcess relay({.routes = {{.family = AF_INET6}}});
  Pair pair = relay.Open();
  const auto peer = sys::PeerAddress(pair.service.get());
  ASSERT_TRUE(peer);
  char host[INET6_ADDRSTRLEN];
  peer->FormatHost(host);
  EXPECT_STREQ(host, "::1");
}

TEST(Relay, RoutesDoNotMix) {
  RelayProcess relay({.routes = {{AF_INET}, {AF_INET6}, {AF_INET}}});
  std::vector<Pair> pairs;
  for (size_t route = 0; route < 3; ++route) {
    pairs.push_back(relay.Open(route));
  }
  for (size_t route = 0; route < 3; ++route) {
    SendAll(pairs[route].client, std::to_string(route));
  }
  for (size_t route = 0; route < 3; ++route) {
    EXPECT_EQ(ReceiveExactly(pairs[route].service, 1), std::to_string(route));
  }
}

TEST(Relay, ProxyLineComesFirstAndNamesTheClient) {
  for (const int family : {AF_INET, AF_INET6}) {
    RelayProcess relay({.routes = {{family, true}}});
    UniqueFd client = relay.Connect();
    SendAll(client, "GET /\r\n");
    EndWriting(client);
    UniqueFd service = relay.AcceptAtService();
    const auto from = sys::LocalAddress(client.get());
    ASSERT_TRUE(from);
    const std::string host = family == AF_INET ? "127.0.0.1" : "::1";
    EXPECT_EQ(ReceiveToEnd(service).bytes,
              std::string("PROXY ") + (family == AF_INET ? "TCP4 " : "TCP6 ") +
                  host + " " + host + " " + std::to_string(from->port()) + " " +
                  std::to_string(relay.bound().port()) + "\r\nGET /\r\n");
  }
}

TEST(Relay, UrgentByteDoesNotDisturbTheStream) {
  RelayProcess relay;
  Pair pair = relay.Open();
  SendAll(pair.client, "abc");
  ASSERT_EQ(::send(pair.client.get(), "!", 1, MSG_OOB), 1);
  SendAll(pair.client, "def");
  ASSERT_EQ(::send(pair.client.get(), "?", 1, MSG_OOB), 1);
  EXPECT_EQ(ReceiveExactly(pair.service, 3), "abc");
  SendAll(pair.client, "ghi");
  EndWriting(pair.client);
  const Rest rest = ReceiveToEnd(pair.service);
  EXPECT_EQ(rest.err, 0);
  // A second urgent byte turns the one before it, unless it has been passed
  // already, into an ordinary one (tcp(7)).
  EXPECT_THAT(rest.bytes, ::testing::AnyOf("defghi", "!defghi"));
}

TEST(Relay, TargetDown_ClientIsReset_AndOthersAreNot) {
  RelayProcess relay;
  Pair before = relay.Open();
  relay.StopService();
  for (int i = 0; i < 20; ++i) {
    UniqueFd client = relay.Connect();
    EXPECT_EQ(ReceiveToEnd(client).err, ECONNRESET);
  }
  SendAll(before.client, "still here");
  EXPECT_EQ(ReceiveExactly(before.service, 10), "still here");
  relay.StartService();
  Pair after = relay.Open();
  SendAll(after.client, "back");
  EXPECT_EQ(ReceiveExactly(after.service, 4), "back");
}

TEST(Relay, TargetThatDoesNotAnswer_ClientIsResetInTheEnd) {
  RelayProcess relay;
  relay.ShrinkServiceQueue();
  // A queue of length 0 takes one connection and drops the packets of others.
  UniqueFd fills_queue = ConnectTo(relay.target());
  UniqueFd client = relay.Connect();
  EXPECT_EQ(ReceiveToEnd(client).err, ECONNRESET);
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(Relay, ClientGoneBeforeTheTargetAnswers_IsForgotten) {
  RelayProcess relay;
  relay.ShrinkServiceQueue();
  UniqueFd fills_queue = ConnectTo(relay.target());
  UniqueFd client = relay.Connect();
  Reset(client);
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(Relay, ResetOfOneSideReachesTheOther) {
  for (const bool client_resets : {true, false}) {
    RelayProcess relay;
    Pair pair = relay.Open();
    Pair bystander = relay.Open();
    UniqueFd& resets = client_resets ? pair.client : pair.service;
    UniqueFd& other = client_resets ? pair.service : pair.client;
    SendAll(pair.client, "x");
    EXPECT_EQ(ReceiveExactly(pair.service, 1), "x");
    Reset(resets);
    EXPECT_EQ(ReceiveToEnd(other).err, ECONNRESET);
    SendAll(bystander.client, "unharmed");
    EXPECT_EQ(ReceiveExactly(bystander.service, 8), "unharmed");
  }
}

TEST(Relay, AnswerSentBeforeAResetArrives) {
  RelayProcess relay;
  Pair pair = relay.Open();
  SendAll(pair.client, "a request that nobody will read");
  // Closing with unread bytes resets the connection.
  ASSERT_TRUE(Eventually([&] {
    char byte = 0;
    return ::recv(pair.service.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }));
  SendAll(pair.service, "too many clients");
  pair.service.reset();
  const Rest rest = ReceiveToEnd(pair.client);
  EXPECT_EQ(rest.bytes, "too many clients");
}

TEST(Relay, AnswerSentBeforeAResetArrives_WhicheverIsSeenFirst) {
  RelayProcess relay;
  Pair pair = relay.Open();
  SendAll(pair.client, "a");
  ASSERT_TRUE(Eventually([&] {
    char byte = 0;
    return ::recv(pair.service.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }));
  // The relay wakes up to bytes of the client, which meet the reset, and to
  // the answer behind them.
  ASSERT_EQ(::kill(relay.pid(), SIGSTOP), 0);
  SendAll(pair.client, "b");
  SendAll(pair.service, "too many clients");
  pair.service.reset();
  ASSERT_EQ(::kill(relay.pid(), SIGCONT), 0);
  EXPECT_EQ(ReceiveToEnd(pair.client).bytes, "too many clients");
}

TEST(Relay, EventOfAConnectionThatHasEndedHarmsNoNewOne) {
  RelayProcess relay({.max_connections = 2});
  Pair old = relay.Open();
  ASSERT_EQ(::kill(relay.pid(), SIGSTOP), 0);
  // One round of events: the end of the old connection, a new client, which
  // must not get the old one's place yet, and more of the old connection.
  Reset(old.service);
  UniqueFd client = relay.Connect();
  SendAll(old.client, "too late");
  ASSERT_EQ(::kill(relay.pid(), SIGCONT), 0);
  UniqueFd service = relay.AcceptAtService();
  SendAll(client, "ping");
  EXPECT_EQ(ReceiveExactly(service, 4), "ping");
  EXPECT_EQ(ReceiveToEnd(old.client).err, ECONNRESET);
}

TEST(Relay, RefusesAListenerThatIsNone) {
  auto alive = *sys::MakePipe();
  const auto signals = sys::SignalQueue();
  ASSERT_TRUE(signals);
  const UniqueFd good = ListenOn(Loopback(AF_INET, 0));
  const UniqueFd no_listener = BlockingSocket(AF_INET);
  Route route{good.get(), Loopback(AF_INET, 80), false};
  const auto create = [&] {
    return Relay::Create({.routes = {&route, 1},
                          .alive = alive.read.get(),
                          .signals = signals->get(),
                          .max_connections = 1});
  };
  EXPECT_TRUE(create());
  route.listener = no_listener.get();
  const auto refused = create();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().err, EINVAL);
  route.listener = alive.read.get();
  const auto no_socket = create();
  ASSERT_FALSE(no_socket);
  EXPECT_EQ(no_socket.error().err, ENOTSOCK);
}

TEST(Relay, EndsWithItsSupervisor_AndResetsWhatIsOpen) {
  RelayProcess relay;
  Pair pair = relay.Open();
  SendAll(pair.client, "x");
  EXPECT_EQ(ReceiveExactly(pair.service, 1), "x");
  EXPECT_EQ(relay.EndByAlive(), 0);
  EXPECT_EQ(ReceiveToEnd(pair.client).err, ECONNRESET);
  EXPECT_EQ(ReceiveToEnd(pair.service).err, ECONNRESET);
}

TEST(Relay, EndsOnSigtermOnly) {
  RelayProcess relay;
  Pair pair = relay.Open();
  for (const int signal : {SIGHUP, SIGINT, SIGUSR1, SIGPIPE}) {
    ASSERT_EQ(::kill(relay.pid(), signal), 0);
  }
  SendAll(pair.client, "x");
  EXPECT_EQ(ReceiveExactly(pair.service, 1), "x");
  EXPECT_EQ(relay.EndBySignal(SIGTERM), 0);
  EXPECT_EQ(ReceiveToEnd(pair.client).err, ECONNRESET);
}

TEST(Relay, LastAnswerArrivesAlthoughTheRelayEnds) {
  // More than one turn moves, less than the client's socket takes.
  constexpr size_t kSize = 600'000;
  RelayProcess relay;
  Pair pair = relay.Open();
  ASSERT_EQ(::kill(relay.pid(), SIGSTOP), 0);
  SendAll(pair.service, Pattern(6, 0, kSize));
  pair.service.reset();
  ASSERT_EQ(::kill(relay.pid(), SIGTERM), 0);
  ASSERT_EQ(::kill(relay.pid(), SIGCONT), 0);
  const Rest rest = ReceiveToEnd(pair.client);
  EXPECT_EQ(rest.err, 0);
  EXPECT_TRUE(rest.bytes == Pattern(6, 0, kSize));
  EXPECT_EQ(relay.EndByAlive(), 0);
}

}  // namespace
}  // namespace ringfence::relay
