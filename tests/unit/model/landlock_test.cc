#include "model/landlock.h"

#include <gtest/gtest.h>
#include <linux/landlock.h>

namespace ringfence::model::landlock {
namespace {

// The rights that Debian 12's headers know are the kernel's own numbers.
static_assert(kExecute == LANDLOCK_ACCESS_FS_EXECUTE);
static_assert(kWriteFile == LANDLOCK_ACCESS_FS_WRITE_FILE);
static_assert(kReadFile == LANDLOCK_ACCESS_FS_READ_FILE);
static_assert(kReadDir == LANDLOCK_ACCESS_FS_READ_DIR);
static_assert(kRemoveDir == LANDLOCK_ACCESS_FS_REMOVE_DIR);
static_assert(kRemoveFile == LANDLOCK_ACCESS_FS_REMOVE_FILE);
static_assert(kMakeChar == LANDLOCK_ACCESS_FS_MAKE_CHAR);
static_assert(kMakeDir == LANDLOCK_ACCESS_FS_MAKE_DIR);
static_assert(kMakeReg == LANDLOCK_ACCESS_FS_MAKE_REG);
static_assert(kMakeSock == LANDLOCK_ACCESS_FS_MAKE_SOCK);
static_assert(kMakeFifo == LANDLOCK_ACCESS_FS_MAKE_FIFO);
static_assert(kMakeBlock == LANDLOCK_ACCESS_FS_MAKE_BLOCK);
static_assert(kMakeSym == LANDLOCK_ACCESS_FS_MAKE_SYM);
static_assert(kRefer == LANDLOCK_ACCESS_FS_REFER);

// The masks of include/uapi/linux/landlock.h and security/landlock/limits.h,
// written out by hand for every ABI: {abi, file system, network, scopes}.
struct Row {
  uint32_t abi;
  uint64_t fs;
  uint64_t net;
  uint64_t scopes;
};
constexpr Row kRows[] = {
    {1, 0x1FFF, 0, 0}, {2, 0x3FFF, 0, 0}, {3, 0x7FFF, 0, 0}, {4, 0x7FFF, 3, 0},
    {5, 0xFFFF, 3, 0}, {6, 0xFFFF, 3, 3}, {7, 0xFFFF, 3, 3},
};

TEST(LandlockTest, EveryAbiHasExactlyItsRights) {
  for (const Row& row : kRows) {
    EXPECT_EQ(FsRights(row.abi), row.fs) << "ABI " << row.abi;
    EXPECT_EQ(NetRights(row.abi), row.net) << "ABI " << row.abi;
    EXPECT_EQ(Scopes(row.abi), row.scopes) << "ABI " << row.abi;
  }
  EXPECT_EQ(std::end(kRows)[-1].abi, kNewestAbi);
}

// A host with a newer ABI than we know must not get bits that we do not know.
TEST(LandlockTest, AnAbiOfTheFutureAddsNothing) {
  EXPECT_EQ(FsRights(kNewestAbi + 1), FsRights(kNewestAbi));
  EXPECT_EQ(NetRights(99), NetRights(kNewestAbi));
  EXPECT_EQ(Scopes(99), Scopes(kNewestAbi));
}

TEST(LandlockTest, ARulesetHandlesEverythingUnlessToldOtherwise) {
  const Ruleset ruleset;
  EXPECT_EQ(ruleset.fs, FsRights(kNewestAbi));
  EXPECT_EQ(ruleset.scopes, Scopes(kNewestAbi));
  EXPECT_TRUE(ruleset.paths.empty());
}

}  // namespace
}  // namespace ringfence::model::landlock
