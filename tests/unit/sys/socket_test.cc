#include "sys/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <string>

namespace ringfence::sys {
namespace {

std::string Host(const SocketAddress& address) {
  char host[INET6_ADDRSTRLEN];
  address.FormatHost(host);
  return host;
}

TEST(SocketAddress, NumericTakesBothFamiliesAndNoName) {
  const auto v4 = SocketAddress::Numeric("192.0.2.1", 80);
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->family(), AF_INET);
  EXPECT_EQ(v4->port(), 80);
  EXPECT_EQ(Host(*v4), "192.0.2.1");
  const auto v6 = SocketAddress::Numeric("2001:DB8::1", 65535);
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->family(), AF_INET6);
  EXPECT_EQ(v6->port(), 65535);
  EXPECT_EQ(Host(*v6), "2001:db8::1");
  for (const char* text : {"", "localhost", "127.1", "1.2.3.4.5", "1.2.3.256",
                           "::1%lo", "[::1]", " 127.0.0.1"}) {
    EXPECT_FALSE(SocketAddress::Numeric(text, 80)) << text;
  }
}

TEST(SocketAddress, LoopbackIsAllOf127AndOneOfIPv6) {
  for (const char* text :
       {"127.0.0.0", "127.0.0.1", "127.82.70.1", "127.255.255.255", "::1"}) {
    EXPECT_TRUE(SocketAddress::Numeric(text, 1)->is_loopback()) << text;
  }
  for (const char* text : {"126.255.255.255", "128.0.0.0", "0.0.0.0",
                           "::", "::2", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(SocketAddress::Numeric(text, 1)->is_loopback()) << text;
  }
}

TEST(SocketAddress, UnmappedChangesMappedAddressesOnly) {
  const auto mapped = SocketAddress::Numeric("::ffff:192.0.2.1", 7)->Unmapped();
  EXPECT_EQ(mapped.family(), AF_INET);
  EXPECT_EQ(Host(mapped), "192.0.2.1");
  EXPECT_EQ(mapped.port(), 7);
  for (const char* text :
       {"192.0.2.1", "::1", "::fffe:192.0.2.1", "1::ffff:192.0.2.1"}) {
    const auto address = *SocketAddress::Numeric(text, 7);
    EXPECT_EQ(address.Unmapped().family(), address.family()) << text;
    EXPECT_EQ(Host(address.Unmapped()), Host(address)) << text;
  }
}

class Connection : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto any = *SocketAddress::Numeric(GetParam(), 0);
    listener_ = *StreamSocket(any.family());
    ASSERT_TRUE(Bind(listener_.get(), any));
    ASSERT_TRUE(Listen(listener_.get(), 1));
    address_ = LocalAddress(listener_.get());
    ASSERT_TRUE(address_);
    client_ = *StreamSocket(any.family());
    const auto connected = Connect(client_.get(), *address_);
    if (!connected) {
      EXPECT_EQ(connected.error().err, EINPROGRESS);
    }
    Await(listener_, POLLIN);
    auto server = Accept(listener_.get());
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }

  static void Await(const UniqueFd& fd, short events) {
    pollfd entry{.fd = fd.get(), .events = events, .revents = 0};
    ASSERT_EQ(::poll(&entry, 1, 20000), 1);
  }

  static std::span<const std::byte> Bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
  }

  UniqueFd listener_;
  UniqueFd client_;
  UniqueFd server_;
  Result<SocketAddress> address_ = std::unexpected(SysError{});
};

INSTANTIATE_TEST_SUITE_P(Families, Connection,
                         ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& host) {
                           return *host.param == ':' ? "IPv6" : "IPv4";
                         });

TEST_P(Connection, DescriptorsAreCloseOnExecAndNonBlocking) {
  for (const UniqueFd* fd : {&listener_, &client_, &server_}) {
    EXPECT_EQ(::fcntl(fd->get(), F_GETFD), FD_CLOEXEC);
    EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
  }
  const auto none = Accept(listener_.get());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().err, EAGAIN);
}

TEST_P(Connection, BothEndsKnowEachOther) {
  EXPECT_EQ(LocalAddress(client_.get())->port(),
            PeerAddress(server_.get())->port());
  EXPECT_EQ(PeerAddress(client_.get())->port(), address_->port());
  EXPECT_EQ(Host(*PeerAddress(server_.get())), GetParam());
}

TEST_P(Connection, PeekLeavesAndDiscardTakes) {
  EXPECT_EQ(*SendSome(client_.get(), Bytes("abcdef")), 6u);
  Await(server_, POLLIN);
  std::array<std::byte, 16> buffer;
  EXPECT_EQ(*Peek(server_.get(), buffer), 6u);
  EXPECT_EQ(*Discard(server_.get(), 4), 4u);
  EXPECT_EQ(*Peek(server_.get(), buffer), 2u);
  EXPECT_EQ(static_cast<char>(buffer[0]), 'e');
  EXPECT_EQ(*Discard(server_.get(), 100), 2u);
  const auto empty = Peek(server_.get(), buffer);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().err, EAGAIN);
  ASSERT_TRUE(ShutdownWrite(client_.get()));
  Await(server_, POLLIN);
  EXPECT_EQ(*Peek(server_.get(), buffer), 0u);
}

TEST_P(Connection, ResetOnCloseIsSeenAsReset_AndSendingRaisesNoSignal) {
  ASSERT_TRUE(ResetOnClose(client_.get()));
  client_.reset();
  Await(server_, POLLIN);
  EXPECT_EQ(*GetSocketOption(server_.get(), SOL_SOCKET, SO_ERROR), ECONNRESET);
  const auto sent = SendSome(server_.get(), Bytes("x"));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().err, EPIPE);
  const auto peer = PeerAddress(server_.get());
  ASSERT_FALSE(peer);
  EXPECT_EQ(peer.error().err, ENOTCONN);
}

TEST(Socket, OptionsAreSetAndRead) {
  const UniqueFd fd = *StreamSocket(AF_INET);
  EXPECT_EQ(*GetSocketOption(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 0);
  ASSERT_TRUE(SetSocketOption(fd.get(), SOL_SOCKET, SO_KEEPALIVE, 1));
  EXPECT_EQ(*GetSocketOption(fd.get(), SOL_SOCKET, SO_KEEPALIVE), 1);
}

TEST(Socket, SetNonBlockingKeepsTheOtherFlags) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::fcntl(fd.get(), F_SETFL, O_ASYNC), 0);
  ASSERT_TRUE(SetNonBlocking(fd.get()));
  EXPECT_EQ(::fcntl(fd.get(), F_GETFL) & (O_NONBLOCK | O_ASYNC),
            O_NONBLOCK | O_ASYNC);
}

TEST(Socket, ErrorsNameTheCall) {
  const auto address = *SocketAddress::Numeric("127.0.0.1", 1);
  for (const auto& [result, call] :
       {std::pair{Bind(-1, address), "bind"},
        std::pair{Listen(-1, 1), "listen"},
        std::pair{Connect(-1, address), "connect"},
        std::pair{ShutdownWrite(-1), "shutdown"},
        std::pair{SetNonBlocking(-1), "fcntl"},
        std::pair{ResetOnClose(-1), "setsockopt"}}) {
    ASSERT_FALSE(result);
    EXPECT_STREQ(result.error().call, call);
    EXPECT_EQ(result.error().err, EBADF);
  }
}

}  // namespace
}  // namespace ringfence::sys
