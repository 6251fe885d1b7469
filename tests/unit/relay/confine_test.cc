#include "relay/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "sanitized.h"
#include "sys/process.h"

namespace ringfence::relay {
namespace {

// The wait status of a child that runs `body` and, if it comes back, exits
// with its result.
int StatusOf(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(body());
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

struct NamedCall {
  const char* name;
  std::function<long()> call;
};

// Makes `call` under the filter of Serve. 42: it came back.
int StatusUnderFilter(const NamedCall& call) {
  const bpf::Program filter = ServeFilter();
  return StatusOf([&] {
    if (!sys::SetNoNewPrivileges() || !Install(filter)) return 1;
    (void)call.call();
    ::syscall(SYS_exit_group, 42);
    return 2;
  });
}

class ServeFilterInTheKernel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (testing::kSanitized) {
      GTEST_SKIP() << "a sanitizer\'s runtime makes calls of its own";
    }
  }
};

TEST_F(ServeFilterInTheKernel, WhatServeNeedsIsAllowed) {
  const std::vector<NamedCall> calls = {
      {"socket IPv4", [] { return ::socket(AF_INET, SOCK_STREAM, 0); }},
      {"socket IPv6", [] { return ::socket(AF_INET6, SOCK_STREAM, 0); }},
      {"recv", [] { return ::recv(-1, nullptr, 0, 0); }},
      {"send", [] { return ::send(-1, nullptr, 0, 0); }},
      {"accept4", [] { return ::accept4(-1, nullptr, nullptr, 0); }},
      {"connect", [] { return ::connect(-1, nullptr, 0); }},
      {"shutdown", [] { return ::shutdown(-1, SHUT_WR); }},
      {"close", [] { return ::close(-1); }},
      {"read", [] { return ::read(-1, nullptr, 0); }},
      {"clock_gettime",
       [] { return ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, nullptr); }},
  };
  for (const NamedCall& call : calls) {
    const int status = StatusUnderFilter(call);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 42) << call.name;
  }
}

TEST_F(ServeFilterInTheKernel, EverythingElseKills) {
  const std::vector<NamedCall> calls = {
      {"socket Unix", [] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
      {"socket netlink", [] { return ::socket(AF_NETLINK, SOCK_RAW, 0); }},
      // Only the low half of the argument is the family.
      {"socket Unix, high bits set",
       [] {
         return ::syscall(SYS_socket, AF_UNIX | (1ull << 32), SOCK_STREAM, 0);
       }},
      {"openat", [] { return ::openat(-1, "", 0); }},
      {"execve", [] { return ::syscall(SYS_execve, "", nullptr, nullptr); }},
      {"clone", [] { return ::syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0); }},
      {"mmap",
       [] { return ::syscall(SYS_mmap, 0, 4096, PROT_READ, 0, -1, 0); }},
      {"mprotect", [] { return ::mprotect(nullptr, 0, PROT_EXEC); }},
      {"ptrace", [] { return ::syscall(SYS_ptrace, 0, 0, 0, 0); }},
      {"kill", [] { return ::kill(-1, 0); }},
      {"unshare", [] { return ::syscall(SYS_unshare, 0); }},
      {"prctl", [] { return ::prctl(PR_GET_DUMPABLE); }},
      {"sendmsg", [] { return ::sendmsg(-1, nullptr, 0); }},
      {"listen", [] { return ::listen(-1, 0); }},
  };
  for (const NamedCall& call : calls) {
    const int status = StatusUnderFilter(call);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        << call.name << " gives status " << status;
    // The control: without the filter the same call comes back.
    const int control = StatusOf([&] {
      (void)call.call();
      return 42;
    });
    EXPECT_TRUE(WIFEXITED(control)) << call.name;
  }
}

TEST(CloseOthers, KeepsWhatItShallAndNothingElse) {
  const int status = StatusOf([] {
    const int high = ::fcntl(2, F_DUPFD, 500);
    const int low = ::dup(2);
    const int other = ::dup(2);
    if (high < 0 || low < 0 || other < 0) return 1;
    // In no particular order, and with one beside another.
    const int kept[] = {high, low};
    if (!CloseOthers(kept)) return 2;
    for (int fd = 0; fd < 1024; ++fd) {
      const bool open = ::fcntl(fd, F_GETFD) >= 0;
      const bool expected = fd == 2 || fd == high || fd == low;
      if (open != expected) return 3;
    }
    return 0;
  });
  EXPECT_EQ(status, 0);
}

TEST(GiveUpPrivileges, RefusesAHolderOfCapabilities) {
  const auto holds = sys::HoldsCapabilities();
  ASSERT_TRUE(holds);
  if (!*holds) GTEST_SKIP() << "needs a capability, which root has";
  EXPECT_EQ(StatusOf([] {
              const auto given_up = GiveUpPrivileges();
              return !given_up && given_up.error().err == EPERM ? 0 : 1;
            }),
            0);
}

TEST(GiveUpPrivileges, WithoutCapabilitiesAllOfItHolds) {
  EXPECT_EQ(StatusOf([] {
              if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;
              if (!GiveUpPrivileges()) return 2;
              int death_signal = 0;
              ::prctl(PR_GET_PDEATHSIG, &death_signal);
              if (death_signal != SIGKILL) return 3;
              if (::prctl(PR_GET_DUMPABLE) != 0) return 4;
              return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
            }),
            0);
}

}  // namespace
}  // namespace ringfence::relay
