#include "kernel.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ringfence {
namespace {

static_assert(sizeof(bpf::Instruction) == sizeof(sock_filter));

// Shared with the child, which can report here without a system call.
struct Report {
  int refused = -1;
  size_t returned = 0;
  std::array<int, 4096> results{};
};

[[noreturn]] void RunChild(std::span<const bpf::Instruction> code,
                           std::span<const LiveCall> calls, Report& report) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::vector<sock_filter> filter;
  for (const bpf::Instruction& in : code) {
    filter.push_back({in.code, in.jt, in.jf, in.k});
  }
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           filter.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const long installed =
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
  report.refused = installed == 0 ? 0 : errno;
  for (size_t i = 0; i < calls.size() && installed == 0; ++i) {
    const auto& args = calls[i].args;
    const long result = ::syscall(static_cast<long>(calls[i].number), args[0],
                                  args[1], args[2], args[3], args[4], args[5]);
    report.results[i] = result == -1 ? errno : 0;
    report.returned = i + 1;
  }
  ::syscall(SYS_exit_group, 0);
  __builtin_trap();
}

}  // namespace

LiveRun RunInKernel(std::span<const bpf::Instruction> code,
                    std::span<const LiveCall> calls) {
  LiveRun run;
  void* memory = ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    ADD_FAILURE() << "mmap: " << errno;
    return run;
  }
  auto* report = new (memory) Report();
  EXPECT_LE(calls.size(), report->results.size());
  const pid_t child = ::fork();
  if (child == 0) RunChild(code, calls, *report);
  EXPECT_GT(child, 0);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_GE(report->refused, 0) << "the child did not come to the filter";
  run.refused = report->refused;
  run.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  run.results.assign(
      report->results.begin(),
      report->results.begin() + static_cast<ptrdiff_t>(report->returned));
  ::munmap(memory, sizeof(Report));
  return run;
}

}  // namespace ringfence
