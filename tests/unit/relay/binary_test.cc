// ringfence-relay as the launcher starts it: an executable under its filter.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <sstream>

#include "paths/paths.h"
#include "sanitized.h"
#include "sockets.h"
#include "sys/channel.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace ringfence::relay {
namespace {

using namespace testing;  // NOLINT: the vocabulary of these tests
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

// Descriptors of the child, above those of the test.
constexpr int kAlive = 900;
constexpr int kReady = 901;
constexpr int kListener = 902;

class RelayBinary : public ::testing::Test {
 protected:
  // Starts it with `arguments`, as an ordinary user unless `privileged`.
  void Start(const std::vector<std::string>& arguments,
             bool privileged = false) {
    const UniqueFd program(
        ::open((BinaryDirectory() + "/bin/ringfence-relay").c_str(),
               O_PATH | O_CLOEXEC));
    ASSERT_TRUE(program) << "ringfence-relay is not built";
    auto alive = *sys::MakePipe();
    auto ready = *sys::MakePipe();
    auto errors = *sys::MakePipe();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(alive.read.get(), kAlive);
      ::dup2(ready.write.get(), kReady);
      ::dup2(listener_.get(), kListener);
      ::dup2(errors.write.get(), STDERR_FILENO);
      if (!privileged && ::geteuid() == 0 &&
          ::setresuid(kNobody, kNobody, kNobody) != 0) {
        ::_exit(99);
      }
      std::vector<std::string> words = {"ringfence-relay"};
      words.insert(words.end(), arguments.begin(), arguments.end());
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      char* const environment[] = {nullptr};
      (void)sys::ExecFd(program.get(), argv.data(), environment);
      ::_exit(98);
    }
    alive_ = std::move(alive.write);
    ready_ = std::move(ready.read);
    errors_ = std::move(errors.read);
  }

  void StartServing() {
    Start({"--alive", std::to_string(kAlive), "--ready", std::to_string(kReady),
           "--listen",
           std::to_string(kListener) + "=127.0.0.1:" +
               std::to_string(sys::LocalAddress(service_.get())->port())});
    char byte = 0;
    ASSERT_EQ(::read(ready_.get(), &byte, 1), 1) << Errors();
    ASSERT_EQ(::read(ready_.get(), &byte, 1), 0);
  }

  int Wait() {
    int status = 0;
    EXPECT_TRUE(
        Eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }));
    pid_ = -1;
    return status;
  }

  // What it wrote to standard error up to its end.
  std::string Errors() {
    std::string text;
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::read(errors_.get(), buffer, sizeof buffer)) > 0) {
      text.append(buffer, static_cast<size_t>(size));
    }
    return text;
  }

  [[nodiscard]] std::map<std::string, std::string> Status() const {
    std::ifstream file("/proc/" + std::to_string(pid_) + "/status");
    std::map<std::string, std::string> fields;
    for (std::string line; std::getline(file, line);) {
      const size_t colon = line.find(":\t");
      if (colon == std::string::npos) continue;
      fields[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return fields;
  }

  void SetUp() override {
    if (kSanitized) {
      GTEST_SKIP() << "a sanitizer's runtime makes calls of its own";
    }
  }

  void TearDown() override {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    Wait();
  }

  UniqueFd service_ = ListenOn(Loopback(AF_INET, 0));
  UniqueFd listener_ = ListenOn(Loopback(AF_INET, 0));
  UniqueFd alive_;
  UniqueFd ready_;
  UniqueFd errors_;
  pid_t pid_ = -1;
};

TEST_F(RelayBinary, ServesUnderItsFilterWithoutPrivileges) {
  StartServing();
  const auto status = Status();
  EXPECT_EQ(status.at("Seccomp"), "2");
  EXPECT_EQ(status.at("NoNewPrivs"), "1");
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
    EXPECT_EQ(status.at(set), "0000000000000000") << set;
  }
  // More than a round of everything: ends, resets, a target that is down.
  for (int i = 0; i < 50; ++i) {
    UniqueFd client = ConnectTo(*sys::LocalAddress(listener_.get()));
    UniqueFd service = AcceptFrom(service_);
    SendAll(client, "ping");
    EXPECT_EQ(ReceiveExactly(service, 4), "ping");
    if (i % 2 == 0) {
      Reset(client);
      EXPECT_EQ(ReceiveToEnd(service).err, ECONNRESET);
    } else {
      EndWriting(service);
      EXPECT_EQ(ReceiveToEnd(client).err, 0);
    }
  }
  service_.reset();
  EXPECT_EQ(ReceiveToEnd(ConnectTo(*sys::LocalAddress(listener_.get()))).err,
            ECONNRESET);
  alive_.reset();
  EXPECT_EQ(Wait(), 0) << Errors();
}

TEST_F(RelayBinary, EndsOnSigterm) {
  StartServing();
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(Wait(), 0) << Errors();
}

TEST_F(RelayBinary, HoldsNoDescriptorThatItWasNotGiven) {
  StartServing();
  if (::geteuid() != 0) {
    GTEST_SKIP() << "only root may look into a process that is not dumpable";
  }
  std::vector<std::string> targets;
  for (int fd = 0; fd < 1024; ++fd) {
    char target[256];
    const std::string path =
        "/proc/" + std::to_string(pid_) + "/fd/" + std::to_string(fd);
    const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
    if (size < 0) continue;
    targets.emplace_back(target, static_cast<size_t>(size));
  }
  using ::testing::StartsWith;
  EXPECT_THAT(targets,
              ::testing::UnorderedElementsAre(
                  StartsWith("pipe:"),  // standard error
                  StartsWith("pipe:"),  // alive
                  StartsWith("socket:"), "anon_inode:[eventpoll]",
                  "anon_inode:[signalfd]"));
}

TEST_F(RelayBinary, RefusesToStartWithCapabilities) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, who has capabilities";
  Start({"--alive", std::to_string(kAlive), "--ready", std::to_string(kReady),
         "--listen", std::to_string(kListener) + "=127.0.0.1:80"},
        /*privileged=*/true);
  const int status = Wait();
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(Errors(), HasSubstr("capabilities"));
}

TEST_F(RelayBinary, SaysWhatIsWrongWithItsArguments) {
  Start({"--alive", "900"});
  const int status = Wait();
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(Errors(), HasSubstr("--ready FD is missing"));
}

TEST_F(RelayBinary, SaysWhatIsWrongWithItsListener) {
  Start({"--alive", std::to_string(kAlive), "--ready", std::to_string(kReady),
         "--listen", "1000=127.0.0.1:80"});
  const int status = Wait();
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(Errors(), HasSubstr("Bad file descriptor"));
}

// Writes `text` into a file of this process in /proc.
bool WriteOwn(const char* file, const std::string& text) {
  const UniqueFd fd(::open(file, O_WRONLY | O_CLOEXEC));
  return ::write(fd.get(), text.data(), text.size()) ==
         static_cast<ssize_t>(text.size());
}

// An ordinary user's process in new user and network namespaces.
bool EnterSandbox() {
  if (::geteuid() == 0 && (::setresgid(kNobody, kNobody, kNobody) != 0 ||
                           ::setresuid(kNobody, kNobody, kNobody) != 0 ||
                           ::prctl(PR_SET_DUMPABLE, 1) != 0)) {
    return false;
  }
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  return ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
         WriteOwn("/proc/self/setgroups", "deny") &&
         WriteOwn("/proc/self/uid_map", "1000 " + uid + " 1") &&
         WriteOwn("/proc/self/gid_map", "1000 " + gid + " 1");
}

// As the launcher uses it: a listener of the host, a target in another network
// namespace whose loopback interface comes up only after the relay.
TEST_F(RelayBinary, ConnectsTheHostWithASandbox) {
  auto serving = *sys::MakePipe();
  const pid_t sandbox = ::fork();
  if (sandbox == 0) {
    if (!EnterSandbox()) ::_exit(10);
    Start({"--alive", std::to_string(kAlive), "--ready", std::to_string(kReady),
           "--listen", std::to_string(kListener) + "=127.0.0.1:8080"});
    char byte = 0;
    if (::read(ready_.get(), &byte, 1) != 1) ::_exit(11);
    if (!sys::LoopbackUp()) ::_exit(12);
    const UniqueFd service = ListenOn(Loopback(AF_INET, 8080));
    if (::write(serving.write.get(), "S", 1) != 1) ::_exit(13);
    const UniqueFd connection = AcceptFrom(service);
    const auto peer = sys::PeerAddress(connection.get());
    if (!peer) ::_exit(14);
    char host[INET6_ADDRSTRLEN];
    peer->FormatHost(host);
    SendAll(connection, host);
    EndWriting(connection);
    alive_.reset();
    ::_exit(Wait() == 0 ? 0 : 15);
  }
  serving.write.reset();
  char byte = 0;
  if (::read(serving.read.get(), &byte, 1) == 1) {
    const UniqueFd client = ConnectTo(*sys::LocalAddress(listener_.get()));
    EXPECT_EQ(ReceiveToEnd(client).bytes, "127.82.70.1");
  }
  int status = 0;
  ASSERT_EQ(::waitpid(sandbox, &status, 0), sandbox);
  if (WEXITSTATUS(status) == 10) {
    GTEST_SKIP() << "this host gives an ordinary user no namespaces";
  }
  EXPECT_EQ(status, 0) << WEXITSTATUS(status);
}

}  // namespace
}  // namespace ringfence::relay
