#include "resolve/constants.h"

#include <errno.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

namespace ringfence::resolve {
namespace {

TEST(Constants, HaveTheValuesOfTheHeaders) {
  EXPECT_EQ(FindConstant("AF_UNIX"), uint64_t{AF_UNIX});
  EXPECT_EQ(FindConstant("AF_VSOCK"), uint64_t{AF_VSOCK});
  EXPECT_EQ(FindConstant("SOCK_STREAM"), uint64_t{SOCK_STREAM});
  EXPECT_EQ(FindConstant("CLONE_NEWUSER"), uint64_t{CLONE_NEWUSER});
  EXPECT_EQ(FindConstant("PROT_EXEC"), uint64_t{PROT_EXEC});
  EXPECT_EQ(FindConstant("MAP_FIXED"), uint64_t{MAP_FIXED});
  EXPECT_EQ(FindConstant("MSG_FASTOPEN"), uint64_t{MSG_FASTOPEN});
  EXPECT_EQ(FindConstant("TIOCSTI"), uint64_t{TIOCSTI});
  EXPECT_EQ(FindConstant("TIOCLINUX"), uint64_t{TIOCLINUX});
  EXPECT_EQ(FindConstant("TIOCGPTN"), uint64_t{TIOCGPTN});
  EXPECT_EQ(FindConstant("PR_SET_SECCOMP"), uint64_t{PR_SET_SECCOMP});
  EXPECT_EQ(FindConstant("SECCOMP_SET_MODE_FILTER"),
            uint64_t{SECCOMP_SET_MODE_FILTER});
  EXPECT_EQ(FindConstant("SIGSYS"), uint64_t{SIGSYS});
  EXPECT_EQ(FindConstant("F_SETFL"), uint64_t{F_SETFL});
  EXPECT_EQ(FindConstant("ADDR_NO_RANDOMIZE"), uint64_t{0x0040000});
  EXPECT_EQ(FindConstant("PER_LINUX32"), uint64_t{8});
}

TEST(Constants, NegativeValue_FillsAllSixtyFourBits) {
  EXPECT_EQ(FindConstant("AT_FDCWD"), ~uint64_t{0} - 99);
}

TEST(Constants, UnknownName_IsNothing) {
  EXPECT_FALSE(FindConstant("").has_value());
  EXPECT_FALSE(FindConstant("AF_").has_value());
  EXPECT_FALSE(FindConstant("af_unix").has_value());
  EXPECT_FALSE(FindConstant("ZZZ").has_value());
}

// 0x10000 here, 0x4000 on aarch64: one text cannot mean both.
TEST(Constants, NamesThatDifferBetweenArchitectures_AreAbsent) {
  for (const char* name :
       {"O_DIRECTORY", "O_NOFOLLOW", "O_DIRECT", "O_TMPFILE", "O_LARGEFILE"}) {
    EXPECT_FALSE(FindConstant(name).has_value()) << name;
  }
}

TEST(Constants, EveryListedName_IsFound) {
  const auto names = AllConstants();
  EXPECT_GT(names.size(), 1500u);
  EXPECT_TRUE(std::ranges::is_sorted(names));
  for (const std::string_view name : names) {
    EXPECT_TRUE(FindConstant(name).has_value()) << name;
  }
}

TEST(Errno, GoesThereAndBack) {
  EXPECT_EQ(FindErrno("EPERM"), EPERM);
  EXPECT_EQ(FindErrno("ENOSYS"), ENOSYS);
  EXPECT_EQ(FindErrno("EHWPOISON"), EHWPOISON);
  EXPECT_FALSE(FindErrno("EBOGUS").has_value());
  EXPECT_EQ(ErrnoName(EPERM), "EPERM");
  EXPECT_EQ(ErrnoName(ENOSYS), "ENOSYS");
  EXPECT_EQ(ErrnoName(4095), "4095");
  for (uint16_t error = 1; error <= EHWPOISON; ++error) {
    // The two numbers that no errno has.
    if (error == 41 || error == 58) continue;
    EXPECT_EQ(FindErrno(ErrnoName(error)), error);
  }
}

TEST(Errno, Alias_ReadsButIsNotPrinted) {
  EXPECT_EQ(FindErrno("EWOULDBLOCK"), EAGAIN);
  EXPECT_EQ(FindErrno("ENOTSUP"), EOPNOTSUPP);
  EXPECT_EQ(FindErrno("EDEADLOCK"), EDEADLK);
  EXPECT_EQ(ErrnoName(EAGAIN), "EAGAIN");
  EXPECT_EQ(ErrnoName(EOPNOTSUPP), "EOPNOTSUPP");
  EXPECT_EQ(ErrnoName(EDEADLK), "EDEADLK");
}

}  // namespace
}  // namespace ringfence::resolve
