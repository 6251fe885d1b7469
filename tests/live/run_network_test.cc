// Listening: through the relay, and by sockets handed over.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "live/host_socket.h"
#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Connects to a loopback port of the host's, says `text`, and returns all that
// comes back; nothing where the connection is refused.
std::optional<std::string> Ask(uint16_t port, const std::string& text,
                               int family = AF_INET) {
  const UniqueFd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v4.sin_port = htons(port);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_addr = in6addr_loopback;
  v6.sin6_port = htons(port);
  const int connected =
      family == AF_INET
          ? ::connect(socket.get(), reinterpret_cast<sockaddr*>(&v4), sizeof v4)
          : ::connect(socket.get(), reinterpret_cast<sockaddr*>(&v6),
                      sizeof v6);
  if (connected != 0) return std::nullopt;
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience,
               sizeof patience);
  (void)::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  ::shutdown(socket.get(), SHUT_WR);
  std::string answer;
  char buffer[4096];
  for (;;) {
    const ssize_t size = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (size <= 0) return answer;
    answer.append(buffer, static_cast<size_t>(size));
  }
}

// Answers each connection with its peer and with what it was sent.
constexpr char kMirror[] = R"(
import socket, sys
servers = []
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.socket(family)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, int(port)))
    server.listen(8)
    servers.append(server)
print("ready", flush=True)
import select
while True:
    for server in select.select(servers, [], [])[0]:
        client, peer = server.accept()
        said = b""
        while True:
            more = client.recv(4096)
            if not more:
                break
            said += more
        client.sendall(b"peer %s port %d said " %
                       (peer[0].encode(), server.getsockname()[1]) + said)
        client.close()
)";

// Serves one connection of an inherited socket, and then tries to make it a
// way out: to argv[1], a port of the host's.
constexpr char kHandedOver[] = R"(
import ctypes, errno, os, socket, struct, sys
assert os.environ["LISTEN_FDS"] == "1"
if "LISTEN_PID" in os.environ:
    assert int(os.environ["LISTEN_PID"]) == os.getpid()
server = socket.socket(fileno=3)
print("ready", flush=True)
client, peer = server.accept()
client.sendall(b"served " + client.recv(100))
libc = ctypes.CDLL(None, use_errno=True)
unspecified = struct.pack("=H", socket.AF_UNSPEC) + bytes(14)
host = (struct.pack("=H", socket.AF_INET) +
        struct.pack("!H", int(sys.argv[1])) + bytes([127, 0, 0, 1]) + bytes(8))
def say(what, result):
    name = errno.errorcode[ctypes.get_errno()] if result < 0 else "0"
    print(what + "=" + name, flush=True)
for what, sock in (("client", client), ("server", server)):
    fd = sock.fileno()
    say(what + ".disconnect", libc.connect(fd, unspecified, 16))
    if what == "client":
        say("client.fastopen",
            libc.sendto(fd, b"x", 1, socket.MSG_FASTOPEN, host, 16))
        say("client.disconnect", libc.connect(fd, unspecified, 16))
    say(what + ".connect", libc.connect(fd, host, 16))
    say(what + ".bind", libc.bind(fd, struct.pack("=H", socket.AF_INET) +
        struct.pack("!H", 0) + bytes(12), 16))
)";

std::string StatusField(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "";
}

std::string Namespace(pid_t pid, const std::string& name) {
  std::error_code error;
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/ns/" + name, error)
      .string();
}

class Listening : public SandboxTest {
 protected:
  // The program of that name among the test's user's processes.
  std::optional<pid_t> Find(const std::string& name) const {
    for (const pid_t pid : ProcessesOf(user_.uid)) {
      if (StatusField(pid, "Name") == name) return pid;
    }
    return std::nullopt;
  }

  static std::string Loopback(uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
  }

  // A public workload that mirrors on `addresses` inside. `listen`: the
  // entries of the list.
  std::string WriteMirror(const std::vector<std::string>& addresses,
                          const std::string& listen) const {
    std::vector<std::string> command = {"/usr/bin/python3", "/work/mirror.py"};
    command.insert(command.end(), addresses.begin(), addresses.end());
    return Write("mirror", "public", command,
                 "network: {mode: listen, listen: [" + listen + "]}\n",
                 "    - {host: " + home_.Write("mirror.py", kMirror) +
                     ", at: /work/mirror.py}\n");
  }
};

TEST_F(Listening, RelaysPagesOfAnUnchangedServer) {
  const uint16_t port = FreePort();
  home_.Write("www/page.txt", "hello from inside\n");
  Background server(
      user_,
      RunLine({Write(
          "pages", "public",
          {"/usr/bin/python3", "-u", "-m", "http.server", std::to_string(port),
           "--bind", "127.0.0.1", "--directory", "/srv/www"},
          "network: {mode: listen, listen: [{bind: '" + Loopback(port) +
              "', handover: relay}]}\n",
          "    - {host: " + home_.path() + "/www, at: /srv/www}\n")}));
  ASSERT_TRUE(server.WaitForLine("Serving HTTP")) << server.err();
  const auto page = Ask(port, "GET /page.txt HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(page);
  EXPECT_THAT(*page, AllOf(StartsWith("HTTP/1.0 200"),
                           HasSubstr("hello from inside\n")));
  // What is not its own it does not have.
  const auto none = Ask(port, "GET /../../etc/shadow HTTP/1.0\r\n\r\n");
  EXPECT_THAT(none.value_or(""), StartsWith("HTTP/1.0 404"));
  EXPECT_THAT(server.err(), HasSubstr("127.82.70.1 - -"));
  server.Signal(SIGTERM);
  (void)server.Wait();
  EXPECT_EQ(Ask(port, "GET / HTTP/1.0\r\n\r\n"), std::nullopt);
}

// A service that trusts 127.0.0.1 must not trust everybody.
TEST_F(Listening, TheRelayHasAnAddressOfItsOwn) {
  const uint16_t port = FreePort();
  Background mirror(
      user_, RunLine({WriteMirror(
                 {"127.0.0.1:8000"},
                 "{bind: '" + Loopback(port) + "', to: '127.0.0.1:8000'}")}));
  ASSERT_TRUE(mirror.WaitForLine("ready")) << mirror.err();
  EXPECT_EQ(Ask(port, "hi"), "peer 127.82.70.1 port 8000 said hi");
  // The control: the same program on the same port, without Ringfence.
  mirror.Signal(SIGTERM);
  (void)mirror.Wait();
  Background free(
      user_, {"/usr/bin/python3", home_.path() + "/mirror.py", Loopback(port)});
  ASSERT_TRUE(free.WaitForLine("ready")) << free.err();
  EXPECT_EQ(Ask(port, "hi"),
            "peer 127.0.0.1 port " + std::to_string(port) + " said hi");
}

TEST_F(Listening, RelaysIPv6AndSeveralPorts) {
  const uint16_t first = FreePort();
  const uint16_t second = FreePort();
  const uint16_t third = FreePort(AF_INET6);
  Background mirror(
      user_,
      RunLine({WriteMirror(
          {"127.0.0.1:8001", "127.0.0.1:8002", "::1:8003"},
          "{bind: '" + Loopback(first) + "', to: '127.0.0.1:8001'}, {bind: '" +
              Loopback(second) + "', to: '127.0.0.1:8002'}, {bind: '[::1]:" +
              std::to_string(third) + "', to: '[::1]:8003'}")}));
  ASSERT_TRUE(mirror.WaitForLine("ready")) << mirror.err();
  EXPECT_EQ(Ask(first, "1"), "peer 127.82.70.1 port 8001 said 1");
  EXPECT_EQ(Ask(second, "2"), "peer 127.82.70.1 port 8002 said 2");
  EXPECT_EQ(Ask(third, "3", AF_INET6), "peer ::1 port 8003 said 3");
  EXPECT_EQ(Ask(third, "3"), std::nullopt);
}

TEST_F(Listening, SpeaksTheProxyProtocolOnRequest) {
  const uint16_t plain = FreePort();
  const uint16_t proxied = FreePort();
  Background mirror(
      user_, RunLine({WriteMirror(
                 {"127.0.0.1:8000"},
                 "{bind: '" + Loopback(plain) +
                     "', to: '127.0.0.1:8000'}, "
                     "{bind: '" +
                     Loopback(proxied) +
                     "', to: '127.0.0.1:8000', proxy_protocol: true}")}));
  ASSERT_TRUE(mirror.WaitForLine("ready")) << mirror.err();
  EXPECT_THAT(Ask(proxied, "hi").value_or(""),
              AllOf(StartsWith("peer 127.82.70.1 port 8000 said PROXY TCP4 "
                               "127.0.0.1 127.0.0.1 "),
                    HasSubstr(" " + std::to_string(proxied) + "\r\nhi")));
  EXPECT_EQ(Ask(plain, "hi"), "peer 127.82.70.1 port 8000 said hi");
}

TEST_F(Listening, TheRelayIsConfinedToo) {
  const uint16_t port = FreePort();
  Background mirror(user_,
                    RunLine({WriteMirror({Loopback(port)},
                                         "{bind: '" + Loopback(port) + "'}")}));
  ASSERT_TRUE(mirror.WaitForLine("ready")) << mirror.err();
  const auto relay = Find("ringfence-relay");
  const auto workload = Find("python3");
  ASSERT_TRUE(relay && workload);
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_EQ(StatusField(*relay, set), "0000000000000000") << set;
  }
  EXPECT_EQ(StatusField(*relay, "NoNewPrivs"), "1");
  EXPECT_EQ(StatusField(*relay, "Seccomp"), "2");
  struct stat status{};
  const std::string proc = "/proc/" + std::to_string(*relay);
  ASSERT_EQ(::stat((proc + "/fd").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 0u) << "the relay is dumpable";
  EXPECT_EQ(Namespace(*relay, "net"), Namespace(*workload, "net"));
  EXPECT_NE(Namespace(*relay, "net"), Namespace(::getpid(), "net"));
  EXPECT_EQ(Namespace(*relay, "pid"), Namespace(::getpid(), "pid"));
  // The control: this program, which the same user runs unconfined.
  Background free(user_, {probe_, "id", "sleep:60"});
  ASSERT_TRUE(free.WaitForLine("id.pid="));
  EXPECT_NE(StatusField(free.pid(), "CapBnd"), "0000000000000000");
  EXPECT_EQ(StatusField(free.pid(), "NoNewPrivs"), "0");
  ASSERT_EQ(
      ::stat(("/proc/" + std::to_string(free.pid()) + "/fd").c_str(), &status),
      0);
  EXPECT_EQ(status.st_uid, user_.uid);
}

TEST_F(Listening, WithoutItsRelayTheWorkloadIsStopped) {
  const uint16_t port = FreePort();
  const std::string file =
      WriteMirror({Loopback(port)}, "{bind: '" + Loopback(port) + "'}");
  const std::string status = home_.path() + "/status.json";
  Background mirror(user_, RunLine({"--status-file", status, file}));
  ASSERT_TRUE(mirror.WaitForLine("ready")) << mirror.err();
  const auto relay = Find("ringfence-relay");
  ASSERT_TRUE(relay);
  ASSERT_EQ(::kill(*relay, SIGKILL), 0);
  const Outcome outcome = mirror.Wait();
  EXPECT_EQ(outcome.end, End(Exited{125})) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("relay"));
  EXPECT_THAT(TextOf(status), HasSubstr("\"cause\":\"failed\""));
  EXPECT_EQ(Ask(port, "hi"), std::nullopt);
  EXPECT_TRUE(Eventually([&] { return ProcessesOf(user_.uid).empty(); }));
}

TEST_F(Listening, StopFreesThePortAtOnce) {
  const uint16_t port = FreePort();
  const std::string file =
      WriteMirror({Loopback(port)}, "{bind: '" + Loopback(port) + "'}");
  for (int round = 0; round < 2; ++round) {
    Background mirror(user_, RunLine({file}));
    ASSERT_TRUE(mirror.WaitForLine("ready")) << mirror.err();
    EXPECT_TRUE(Ask(port, "hi"));
    // Another one cannot have the port meanwhile.
    const Outcome second =
        RunAs(user_, RunLine({"--trust", "public", "--listen", Loopback(port),
                              "--", "/usr/bin/true"}));
    EXPECT_EQ(second.end, End(Exited{123})) << second;
    const Outcome stopped = Ringfence({"stop", "mirror"});
    EXPECT_EQ(stopped.end, End(Exited{0})) << stopped;
    (void)mirror.Wait();
    EXPECT_EQ(Ask(port, "hi"), std::nullopt);
  }
}

class HandedOver : public Listening,
                   public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Kinds, HandedOver, ::testing::Values("fds", "nginx"),
                         [](const auto& kind) {
                           return std::string(kind.param);
                         });

// The socket belongs to the host's network: it serves, and leads nowhere.
TEST_P(HandedOver, SocketServesAndConnectsNowhere) {
  const uint16_t port = FreePort();
  const HostSocket host;
  const std::string script = home_.Write("handed.py", kHandedOver);
  Background sandbox(
      user_,
      RunLine({Write(
          "handed-over", "public",
          {"/usr/bin/python3", "/work/handed.py", std::to_string(host.port())},
          "network: {mode: listen, listen: [{bind: '" + Loopback(port) +
              "', handover: " + GetParam() + "}]}\n",
          "    - {host: " + script + ", at: /work/handed.py}\n")}));
  ASSERT_TRUE(sandbox.WaitForLine("ready")) << sandbox.err();
  EXPECT_EQ(Ask(port, "you"), "served you");
  const Outcome outcome = sandbox.Wait();
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  auto inside = ProbeResults(outcome.out.substr(outcome.out.find('\n') + 1));

  const HostSocket inherited;
  Background free(user_,
                  {"/usr/bin/python3", script, std::to_string(host.port())},
                  {.environment = {{"LISTEN_FDS", "1"}},
                   .descriptors = {{3, inherited.fd()}}});
  ASSERT_TRUE(free.WaitForLine("ready")) << free.err();
  EXPECT_EQ(Ask(inherited.port(), "you"), "served you");
  const Outcome control = free.Wait();
  EXPECT_EQ(control.end, End(Exited{0})) << control;
  auto outside = ProbeResults(control.out.substr(control.out.find('\n') + 1));

  for (const std::string who : {"client", "server"}) {
    EXPECT_EQ(inside[who + ".disconnect"], "0");
    EXPECT_EQ(inside[who + ".connect"], "EACCES") << who;
    EXPECT_EQ(outside[who + ".connect"], "0") << who;
  }
  EXPECT_EQ(inside["client.fastopen"], "EPERM");
  EXPECT_NE(outside["client.fastopen"], "EPERM");
  EXPECT_EQ(inside["client.bind"], "EACCES");
  EXPECT_NE(outside["client.bind"], "EACCES");
}

TEST_F(Listening, NginxServesFromAnInheritedSocket) {
  if (!fs::exists("/usr/sbin/nginx")) GTEST_SKIP() << "needs nginx";
  const uint16_t port = FreePort();
  home_.Write("www/index.html", "nginx says hello\n");
  const std::string conf = home_.Write(
      "nginx.conf",
      "daemon off;\npid /tmp/nginx.pid;\nerror_log stderr warn;\n"
      "worker_processes 1;\nevents { worker_connections 64; }\n"
      "http {\n  access_log off;\n"
      "  client_body_temp_path /tmp/body;\n  proxy_temp_path /tmp/proxy;\n"
      "  fastcgi_temp_path /tmp/fastcgi;\n  uwsgi_temp_path /tmp/uwsgi;\n"
      "  scgi_temp_path /tmp/scgi;\n"
      "  server { listen " +
          Loopback(port) + "; root /srv/www; }\n}\n");
  Background nginx(
      user_,
      RunLine({Write(
          "nginx", "public", {"/usr/sbin/nginx", "-c", "/etc/nginx.conf"},
          "network: {mode: listen, listen: [{bind: '" + Loopback(port) +
              "', handover: nginx}]}\n"
              "stop: {signal: SIGQUIT, grace: 10s}\n",
          "    - {host: " + conf +
              ", at: /etc/nginx.conf}\n"
              "    - {host: " +
              home_.path() +
              "/www, at: /srv/www}\n"
              "  scratch: [{at: /var/lib/nginx, size: 1Mi}]\n")}));
  std::string page;
  // The socket is there before nginx is.
  EXPECT_TRUE(Eventually([&] {
    page = Ask(port, "GET / HTTP/1.0\r\n\r\n").value_or("");
    return !page.empty();
  })) << nginx.err();
  EXPECT_THAT(
      page, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("nginx says hello\n")));
  EXPECT_THAT(nginx.err(), HasSubstr("using inherited sockets"));
  EXPECT_EQ(Find("ringfence-relay"), std::nullopt);
  EXPECT_EQ(Ringfence({"stop", "nginx"}).end, End(Exited{0}));
  EXPECT_EQ(nginx.Wait().end, End(Exited{0}));
}

}  // namespace
}  // namespace ringfence::live
