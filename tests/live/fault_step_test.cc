// Every system call of a launch is made to fail in turn: the program must
// never have run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/prctl.h>
#include <sys/syscall.h>

#include <csignal>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "live/fault.h"

namespace ringfence::live {
namespace {

class Fault : public FaultTest {};

// The calls of init and of the workload that have to succeed, and how a
// message calls them.
const std::map<std::pair<std::string, long>, std::string> kNeeded = {
    {{kInit, SYS_prctl}, "prctl"},
    {{kInit, SYS_rt_sigprocmask}, "sigprocmask"},
    {{kInit, SYS_recvmsg}, ""},  // the maps of a dead init: said first
    {{kInit, SYS_dup2}, "dup2"},
    {{kInit, SYS_close_range}, "close_range"},
    {{kInit, SYS_setsid}, "setsid"},
    {{kInit, SYS_keyctl}, "keyctl"},
    {{kInit, SYS_sethostname}, "sethostname"},
    {{kInit, SYS_uname}, "uname"},
    {{kInit, SYS_mount_setattr}, "mount_setattr"},
    {{kInit, SYS_fsopen}, "fsopen"},
    {{kInit, SYS_fsconfig}, "fsconfig"},
    {{kInit, SYS_fsmount}, "fsmount"},
    {{kInit, SYS_openat}, "open"},
    {{kInit, SYS_openat2}, "openat2"},
    {{kInit, SYS_newfstatat}, "fstat"},
    {{kInit, SYS_fstatfs}, "fstatfs"},
    {{kInit, SYS_symlinkat}, "symlinkat"},
    {{kInit, SYS_mkdirat}, "mkdirat"},
    {{kInit, SYS_write}, "write"},
    {{kInit, SYS_open_tree}, "open_tree"},
    {{kInit, SYS_move_mount}, "move_mount"},
    {{kInit, SYS_fchdir}, "fchdir"},
    {{kInit, SYS_pivot_root}, "pivot_root"},
    {{kInit, SYS_umount2}, "umount2"},
    {{kInit, SYS_chdir}, "chdir"},
    {{kInit, SYS_socket}, "socket"},
    {{kInit, SYS_ioctl}, "ioctl"},
    {{kInit, SYS_capset}, "capset"},
    {{kInit, SYS_clone}, "clone"},
    {{kWorkload, SYS_setsid}, "setsid"},
    {{kWorkload, SYS_rt_sigprocmask}, "sigprocmask"},
    {{kWorkload, SYS_chdir}, "chdir"},
    {{kWorkload, SYS_prlimit64}, "prlimit64"},
    {{kWorkload, SYS_landlock_create_ruleset}, "landlock_create_ruleset"},
    {{kWorkload, SYS_landlock_add_rule}, "landlock_add_rule"},
    {{kWorkload, SYS_landlock_restrict_self}, "landlock_restrict_self"},
    {{kWorkload, SYS_openat}, ""},  // one of them has to fail, with EACCES
    {{kWorkload, SYS_newfstatat}, "fstat"},
    {{kWorkload, SYS_seccomp}, "seccomp"},
    {{kWorkload, SYS_read}, "read"},
    {{kWorkload, SYS_execve}, "execve"},
};

// Those whose failure takes nothing away, and those that init makes when the
// program runs already.
const std::set<std::pair<std::string, long>> kNotNeeded = {
    {kInit, SYS_close},          {kInit, SYS_umask},  // it cannot fail
    {kInit, SYS_getsid},                              // its answer is compared
    {kInit, SYS_getpid},                              // likewise
    {kInit, SYS_fcntl},  // F_DUPFD apart, "is it open?": see below
    {kInit, SYS_read},   // of the view and of signals: see below
    {kInit, SYS_poll},   // from here on the program runs
    {kInit, SYS_sendmsg},        {kInit, SYS_seccomp},
    {kInit, SYS_signalfd4},      {kInit, SYS_wait4},
    {kInit, SYS_kill},           {kInit, SYS_exit_group},
    {kWorkload, SYS_close},      {kWorkload, SYS_umask},
    {kWorkload, SYS_getsid},     {kWorkload, SYS_getpid},
    {kWorkload, SYS_exit_group},
};

// The control of all that follows, and the calls there are.
TEST_F(Fault, WithoutOneTheProgramRuns) {
  const Injected clean = Launch({});
  EXPECT_EQ(clean.outcome.end, End(Exited{0})) << clean.outcome;
  EXPECT_TRUE(clean.ran);
  EXPECT_EQ(clean.hits, 0);
  EXPECT_GT(clean.calls.size(), 100u);
  for (const auto& [role, number, argument] : clean.calls) {
    if (role == kSupervisor) continue;
    EXPECT_TRUE(kNeeded.contains({role, number}) ||
                kNotNeeded.contains({role, number}))
        << role << " makes call " << number
        << ", of which this test does not know what happens if it fails";
  }
}

TEST_F(Fault, InAnyCallOfInitOrWorkloadMeansThatNothingRan) {
  std::map<std::pair<std::string, long>, long> times;
  for (const auto& [role, number, argument] : Launch({}).calls) {
    ++times[{role, number}];
  }
  for (const auto& [call, name] : kNeeded) {
    long last = times[call];
    ASSERT_GT(last, 0) << call.first << " makes no call " << call.second;
    // The last prctl(PR_CAPBSET_DROP) of init fails in any case; the others
    // have a test of their own.
    if (call == std::pair<std::string, long>(kInit, SYS_prctl)) last = 1;
    for (const long nth : std::set<long>{1, (last + 1) / 2, last}) {
      ExpectRefused({call.first, call.second, nth, {}}, Fails{}, name);
    }
  }
  Print("a call of init or the workload failed");
}

TEST_F(Fault, InACertainCallMeansThatNothingRan) {
  const struct {
    Target target;
    const char* says;
  } kRows[] = {
      {{kInit, SYS_fcntl, 1, {"--arg", "1=1030"}}, "F_DUPFD_CLOEXEC"},
      {{kInit, SYS_read, 1, {}}, "read"},
      {{kInit, SYS_read, 2, {}}, "read"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_DUMPABLE)}, "PR_SET_DUMPABLE"},
      {{kInit, SYS_prctl, 1, Option(PR_GET_DUMPABLE)}, "PR_GET_DUMPABLE"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_NO_NEW_PRIVS)},
       "PR_SET_NO_NEW_PRIVS"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_SECUREBITS)}, "PR_SET_SECUREBITS"},
      {{kInit, SYS_prctl, 1, Option(PR_CAP_AMBIENT)}, "PR_CAP_AMBIENT"},
      {{kInit, SYS_prctl, 1, Option(PR_CAPBSET_DROP)}, "PR_CAPBSET_DROP"},
      {{kInit, SYS_prctl, 20, Option(PR_CAPBSET_DROP)}, "PR_CAPBSET_DROP"},
      {{kInit, SYS_write, 1, {"--path", "max_user_namespaces"}}, "procfs"},
      {{kSupervisor, SYS_clone3, 1, {}}, "namespaces: clone3"},
      {{kSupervisor, SYS_write, 1, {"--path", "/setgroups"}}, "id maps"},
      {{kSupervisor, SYS_write, 1, {"--path", "/gid_map"}}, "id maps"},
      {{kSupervisor, SYS_write, 1, {"--path", "/uid_map"}}, "id maps"},
      {{kSupervisor, SYS_prctl, 1, Option(PR_SET_DUMPABLE)}, "DUMPABLE"},
      {{kSupervisor, SYS_prctl, 1, Option(PR_GET_DUMPABLE)}, "DUMPABLE"},
      {{kSupervisor, SYS_sendmsg, 1, {}}, "sendmsg"},
      {{kSupervisor, SYS_socketpair, 1, {}}, "socketpair"},
      {{kSupervisor, SYS_signalfd4, 1, {}}, "signalfd"},
      {{kSupervisor, SYS_rt_sigprocmask, 1, {}}, "sigprocmask"},
      {{kSupervisor, SYS_getgroups, 1, {}}, "getgroups"},
      {{kSupervisor, SYS_openat, 1, {}}, "openat"},
      {{kSupervisor, SYS_openat2, 1, {}}, "openat2"},
      {{kSupervisor, SYS_landlock_create_ruleset, 1, {}}, "access controls"},
      {{kSupervisor, SYS_mkdirat, 1, {}}, "ledger cannot be used"},
      {{kSupervisor, SYS_pread64, 1, {}}, "ledger cannot be used"},
      {{kSupervisor, SYS_fcntl, 1, {"--arg", "1=37"}}, "ledger"},
      {{kSupervisor, SYS_fcntl, 2, {"--arg", "1=37"}}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 1, {}}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 2, {}}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 3, {}}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 5, {}}, "ledger"},
  };
  for (const auto& row : kRows) ExpectRefused(row.target, Fails{}, row.says);
  Print("a certain call failed");
}

// When these fail the program runs already, so it is ended at once.
TEST_F(Fault, InInitAfterTheStartEndsTheSandbox) {
  for (const long call : {SYS_sendmsg, SYS_seccomp, SYS_signalfd4}) {
    const Target target{kInit, call, 1, {}};
    SCOPED_TRACE(Describe(target));
    const Injected injected = Launch(OptionsOf(target, Fails{}));
    EXPECT_EQ(injected.hits, 1);
    EXPECT_EQ(injected.code(), 125) << injected.outcome;
    EXPECT_THAT(injected.outcome.err,
                ::testing::HasSubstr("the sandbox's init "));
  }
}

}  // namespace
}  // namespace ringfence::live
