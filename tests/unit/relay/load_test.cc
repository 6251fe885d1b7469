// Many connections, much data, and not enough descriptors.
#include <gtest/gtest.h>

#include "relay_process.h"

namespace ringfence::relay {
namespace {

using namespace testing;  // NOLINT: the vocabulary of these tests

constexpr uint64_t kMebibyte = 1 << 20;

void SendPattern(const UniqueFd& socket, uint64_t seed, uint64_t size) {
  for (uint64_t sent = 0; sent < size; sent += kMebibyte) {
    SendAll(socket, Pattern(seed, sent, kMebibyte));
  }
  EndWriting(socket);
}

// True when exactly the pattern of `size` bytes comes, and then the end.
bool ReceivePattern(const UniqueFd& socket, uint64_t seed, uint64_t size) {
  uint64_t have = 0;
  for (;;) {
    const std::string bytes = ReceiveExactly(socket, kMebibyte);
    if (bytes != Pattern(seed, have, bytes.size())) return false;
    have += bytes.size();
    if (bytes.size() < kMebibyte) return have == size;
  }
}

// Lets this process open as many files as it may; how many that are.
size_t RaiseOpenFiles() {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  return limit.rlim_cur;
}

TEST(RelayLoad, ThousandConnections_EachGetsItsOwnBytes) {
  RaiseOpenFiles();
  RelayProcess relay({.max_connections = 1000});
  std::vector<Pair> pairs;
  for (int i = 0; i < 1000; ++i) pairs.push_back(relay.Open());
  for (size_t i = 0; i < pairs.size(); ++i) {
    SendAll(pairs[i].client, "up " + std::to_string(10000 + i));
    SendAll(pairs[i].service, "down " + std::to_string(10000 + i));
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    EndWriting(pairs[i].client);
    EXPECT_EQ(ReceiveToEnd(pairs[i].service).bytes,
              "up " + std::to_string(10000 + i));
    EndWriting(pairs[i].service);
    EXPECT_EQ(ReceiveToEnd(pairs[i].client).bytes,
              "down " + std::to_string(10000 + i));
  }
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(RelayLoad, SlotsAreUsedAgainAndAgain) {
  RelayProcess relay({.max_connections = 3});
  for (int i = 0; i < 1000; ++i) {
    Pair pair = relay.Open();
    SendAll(pair.client, "x");
    ASSERT_EQ(ReceiveExactly(pair.service, 1), "x");
    if (i % 2 == 0) Reset(pair.client);
  }
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(RelayLoad, SixtyFourMebibytesEachWayArriveUnchanged) {
  constexpr uint64_t kSize = 64 * kMebibyte;
  RelayProcess relay;
  Pair pair = relay.Open();
  bool up = false;
  bool down = false;
  {
    std::jthread client_sends(SendPattern, std::cref(pair.client), 1, kSize);
    std::jthread service_sends(SendPattern, std::cref(pair.service), 2, kSize);
    std::jthread service_receives(
        [&] { up = ReceivePattern(pair.service, 1, kSize); });
    std::jthread client_receives(
        [&] { down = ReceivePattern(pair.client, 2, kSize); });
  }
  EXPECT_TRUE(up);
  EXPECT_TRUE(down);
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(RelayLoad, SlowReceiverHoldsUpOnlyItself) {
  RelayProcess relay;
  Pair slow = relay.Open();
  const uint64_t sent = SendPatternUntilFull(slow.client, 3);
  EXPECT_TRUE(relay.IsIdle()) << "it spins on a full socket";
  Pair other = relay.Open();
  SendAll(other.client, "quick");
  EXPECT_EQ(ReceiveExactly(other.service, 5), "quick");
  SendAll(slow.service, "the other way");
  EXPECT_EQ(ReceiveExactly(slow.client, 13), "the other way");

  std::jthread ends([&] { EndWriting(slow.client); });
  const Rest rest = ReceiveToEnd(slow.service);
  EXPECT_EQ(rest.err, 0);
  EXPECT_TRUE(rest.bytes == Pattern(3, 0, sent));
}

TEST(RelayLoad, BothSidesEndedWithBytesStuck_DoesNotSpinAndLosesNothing) {
  RelayProcess relay;
  Pair pair = relay.Open();
  const uint64_t sent = SendPatternUntilFull(pair.client, 4);
  EndWriting(pair.client);
  EndWriting(pair.service);
  EXPECT_EQ(ReceiveToEnd(pair.client).err, 0);
  EXPECT_TRUE(relay.IsIdle()) << "it spins on a hang-up";
  const Rest rest = ReceiveToEnd(pair.service);
  EXPECT_EQ(rest.err, 0);
  EXPECT_TRUE(rest.bytes == Pattern(4, 0, sent));
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(RelayLoad, SenderResetsWithBytesStuck_DoesNotSpinAndEndsTheOther) {
  RelayProcess relay;
  Pair pair = relay.Open();
  SendPatternUntilFull(pair.client, 5);
  Reset(pair.client);
  EXPECT_TRUE(relay.IsIdle()) << "it spins on an error";
  EXPECT_EQ(ReceiveToEnd(pair.service).err, ECONNRESET);
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(RelayLoad, FourThousandIdleConnections) {
  constexpr size_t kCount = 4000;
  const size_t limit = RaiseOpenFiles();
  if (limit < 2 * kCount + 100) {
    GTEST_SKIP() << "needs " << 2 * kCount + 100 << " open files, has "
                 << limit;
  }
  RelayProcess relay({.max_connections = kCount});
  std::vector<Pair> pairs;
  for (size_t i = 0; i < kCount; ++i) pairs.push_back(relay.Open());
  EXPECT_TRUE(relay.IsIdle());
  for (const size_t i : {size_t{0}, kCount / 2, kCount - 1}) {
    SendAll(pairs[i].client, "awake");
    EXPECT_EQ(ReceiveExactly(pairs[i].service, 5), "awake");
  }
  pairs.clear();
  EXPECT_TRUE(relay.ForgetsItsConnections());
}

TEST(RelayLoad, FurtherClientsWaitForASlot) {
  RelayProcess relay({.max_connections = 2});
  Pair first = relay.Open();
  Pair second = relay.Open();
  UniqueFd waiting = relay.Connect();
  SendAll(waiting, "patience");
  EXPECT_TRUE(relay.IsIdle()) << "it spins on a client it cannot take";
  first = Pair{};
  UniqueFd service = relay.AcceptAtService();
  EXPECT_EQ(ReceiveExactly(service, 8), "patience");
}

TEST(RelayLoad, DescriptorsRunOut_ClientsWaitAndNoneIsReset) {
  // Far fewer descriptors than connections allowed: accept4(2) and socket(2)
  // do fail.
  for (const size_t open_files : {20u, 21u}) {
    RelayProcess relay({.max_connections = 200, .open_files = open_files});
    constexpr int kClients = 40;
    std::vector<UniqueFd> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.push_back(relay.Connect());
      SendAll(clients.back(), "x");
    }
    EXPECT_TRUE(relay.IsIdle()) << "it spins without descriptors";
    // Each connection that ends makes room for another.
    for (int i = 0; i < kClients; ++i) {
      UniqueFd service = relay.AcceptAtService();
      ASSERT_EQ(ReceiveExactly(service, 1), "x") << "client " << i;
      Reset(service);
    }
    clients.clear();
    EXPECT_TRUE(relay.ForgetsItsConnections());
  }
}

}  // namespace
}  // namespace ringfence::relay
