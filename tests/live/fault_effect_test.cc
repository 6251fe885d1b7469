// System calls of a launch that are told to have succeeded, and had no effect:
// what is promised is read back before the program runs.
#include <gtest/gtest.h>
#include <linux/prctl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <string>

#include "admit/layout.h"
#include "live/fault.h"

namespace ringfence::live {
namespace {

class NoEffect : public FaultTest {};

TEST_F(NoEffect, IsFoundWhenItIsReadBack) {
  const struct {
    Target target;
    Effect effect;
    const char* says;
  } kRows[] = {
      {{kSupervisor, SYS_fcntl, 1, {"--arg", "1=37"}}, Returns{}, "ledger"},
      {{kSupervisor, SYS_fcntl, 2, {"--arg", "1=37"}}, Returns{}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 2, {}}, ReturnsArgument{}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 3, {}}, ReturnsArgument{}, "ledger"},
      {{kSupervisor, SYS_pwrite64, 5, {}}, ReturnsArgument{}, "ledger"},
      {{kSupervisor, SYS_write, 1, {"--path", "/setgroups"}},
       ReturnsArgument{},
       "id maps"},
      {{kSupervisor, SYS_write, 1, {"--path", "/gid_map"}},
       ReturnsArgument{},
       ""},
      {{kSupervisor, SYS_write, 1, {"--path", "/uid_map"}},
       ReturnsArgument{},
       ""},
      {{kSupervisor, SYS_prctl, 1, Option(PR_SET_DUMPABLE)},
       Returns{},
       "dumpable"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_PDEATHSIG)}, Returns{}, ""},
      {{kInit, SYS_close_range, 1, {}}, Returns{}, "descriptor"},
      {{kInit, SYS_close_range, 2, {}}, Returns{}, "descriptor"},
      {{kInit, SYS_setsid, 1, {}}, Returns{}, "setsid"},
      {{kInit, SYS_keyctl, 1, {}}, Returns{}, "keyctl"},
      {{kInit, SYS_sethostname, 1, {}}, Returns{}, "sethostname"},
      {{kInit, SYS_pivot_root, 1, {}}, Returns{}, "verify the view"},
      {{kInit, SYS_umount2, 1, {}}, Returns{}, "host's tree"},
      {{kInit, SYS_write, 1, {"--path", "max_user_namespaces"}},
       ReturnsArgument{},
       "user namespaces"},
      {{kInit, SYS_write, 1, {"--path", "oom_score_adj"}},
       ReturnsArgument{},
       "verify init"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_DUMPABLE)}, Returns{}, "dumpable"},
      {{kInit, SYS_prctl, 1, Option(PR_CAPBSET_DROP)},
       Returns{},
       "capability set"},
      {{kInit, SYS_prctl, 30, Option(PR_CAPBSET_DROP)},
       Returns{},
       "capability set"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_SECUREBITS)},
       Returns{},
       "PR_SET_SECUREBITS"},
      {{kInit, SYS_capset, 1, {}}, Returns{}, "capability set"},
      {{kInit, SYS_prctl, 1, Option(PR_SET_NO_NEW_PRIVS)},
       Returns{},
       "no_new_privs"},
      {{kWorkload, SYS_setsid, 1, {}}, Returns{}, "setsid"},
      {{kWorkload, SYS_prlimit64, 1, {}}, Returns{}, "resource limit"},
      {{kWorkload, SYS_prlimit64, 3, {}}, Returns{}, "resource limit"},
      {{kWorkload, SYS_prlimit64, 5, {}}, Returns{}, "resource limit"},
      {{kWorkload, SYS_landlock_restrict_self, 1, {}}, Returns{}, "Landlock"},
      {{kWorkload, SYS_seccomp, 1, {}}, Returns{}, "filters"},
  };
  for (const auto& row : kRows) {
    ExpectRefused(row.target, row.effect, row.says);
  }
  Print("a call had no effect");
}

// The caller's files would stay where the workload's pipes belong.
TEST_F(NoEffect, OfPlacingTheStandardStreamsIsFound) {
  EXPECT_TRUE(Launch({}, true).ran);
  // Standard input is handed over as it is where nobody could write it.
  ExpectRefused({kInit, SYS_dup2, 2, {}}, Returns{1}, "dup2", true);
  ExpectRefused({kInit, SYS_dup2, 3, {}}, Returns{2}, "dup2", true);
  Print("a stream was not placed");
}

// Each mount in turn is not attached, or does not get its restrictions. The
// first mount_setattr makes mounts private; it has a test of its own.
TEST_F(NoEffect, OfAnyMountIsFound) {
  std::map<long, long> times;
  for (const auto& [role, number, argument] : Launch({}).calls) {
    if (role == kInit) ++times[number];
  }
  ASSERT_GT(times[SYS_move_mount], 10);
  for (long nth = 1; nth <= times[SYS_move_mount]; ++nth) {
    ExpectRefused({kInit, SYS_move_mount, nth, {}}, Returns{}, "");
  }
  for (long nth = 2; nth <= times[SYS_mount_setattr]; ++nth) {
    ExpectRefused({kInit, SYS_mount_setattr, nth, {}}, Returns{},
                  "verify the view");
  }
  // Those of the root and of /dev/pts, and the modes of /dev/shm and /tmp, are
  // below.
  ASSERT_GE(times[SYS_fsconfig], 16);
  for (long nth = 6; nth <= times[SYS_fsconfig]; ++nth) {
    if (nth == 8 || nth == 12) continue;
    ExpectRefused({kInit, SYS_fsconfig, nth, {}}, Returns{}, "");
  }
  Print("a mount was not what it should be");
}

// A host whose mounts are private already cannot show the difference, so this
// one's are made shared, for this process and its children.
TEST_F(NoEffect, OfMakingMountsPrivateIsFound) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to have shared mounts";
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr), 0);
  const Injected clean = Launch({});
  EXPECT_TRUE(clean.ran) << clean.outcome;
  ExpectRefused({kInit, SYS_mount_setattr, 1, {}}, Returns{}, "not private");
}

// What is not found, and why that is borne. A row that is found after all
// belongs into the tests above.
TEST_F(NoEffect, ThatIsNotReadBackTakesNothingAway) {
  const struct {
    Target target;
    const char* what;
    const char* why;
  } kRows[] = {
      {{kInit, SYS_seccomp, 1, {}},
       "init's own filter",
       "it comes after the workload's start, since a child inherits it; init "
       "has no capabilities, and no input but its channel and signals"},
      {{kInit, SYS_prctl, 1, Option(PR_CAP_AMBIENT)},
       "clearing the ambient capabilities",
       "those of an ordinary user's process are none already, and they are "
       "read back with the other sets"},
      {{kInit, SYS_rt_sigprocmask, 1, {}},
       "init's signal mask",
       "it inherits the supervisor's, which is the same"},
      {{kInit, SYS_ioctl, 1, {}},
       "the loopback interface",
       "without it the workload reaches less"},
      {{kInit, SYS_chdir, 1, {}},
       "init's directory",
       "the pivot has moved it to the new root already"},
      {{kInit, SYS_symlinkat, 1, {}},
       "a link in the view",
       "without it the workload sees less"},
      {{kInit, SYS_fsconfig, 1, {}},
       "the root's mode",
       "it is mounted read-only"},
      {{kInit, SYS_fsconfig, 2, {}},
       "the root's size",
       "it is mounted read-only"},
      {{kInit, SYS_fsconfig, 4, {}},
       "the mode of /dev/pts/ptmx",
       "the kernel's default is narrower, 0000"},
      {{kInit, SYS_fsconfig, 5, {}},
       "the mode of terminals",
       "the kernel's default is the same, 0600"},
      {{kInit, SYS_fsconfig, 8, {}},
       "the mode of /dev/shm",
       "the kernel's default is the same, 1777"},
      {{kInit, SYS_fsconfig, 12, {}},
       "the mode of /tmp",
       "the kernel's default is the same, 1777"},
      {{kWorkload, SYS_chdir, 1, {}},
       "the workload's directory",
       "where a program starts is no boundary"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(Describe(row.target));
    const Injected injected = Launch(OptionsOf(row.target, Returns{}));
    EXPECT_EQ(injected.hits, 1);
    EXPECT_TRUE(injected.ran) << "it is found now" << injected.outcome;
    std::printf("  not found: %s: %s\n", row.what, row.why);
  }
}

// The class is written where a host changes hands: were it lost, those of the
// class before would still be let in.
TEST_F(NoEffect, OfANewClassInTheLedgerIsFound) {
  const Outcome before =
      RunAs(user_, RunLine({"--trust", "public", "--", "/usr/bin/true"}));
  ASSERT_EQ(before.end, End(Exited{0})) << before;
  const Target target{kSupervisor,
                      SYS_pwrite64,
                      1,
                      {"--arg", "3=" + std::to_string(admit::kClassAt)}};
  const Injected injected = Launch(OptionsOf(target, ReturnsArgument{}));
  EXPECT_EQ(injected.hits, 1);
  EXPECT_FALSE(injected.ran);
  EXPECT_EQ(injected.code(), 125) << injected.outcome;
  EXPECT_THAT(injected.outcome.err, ::testing::HasSubstr("ledger"));
  EXPECT_TRUE(Launch({}).ran);
}

}  // namespace
}  // namespace ringfence::live
