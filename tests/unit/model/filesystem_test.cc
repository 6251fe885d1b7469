#include "model/filesystem.h"

#include <gtest/gtest.h>

namespace ringfence::model {
namespace {

// What a field means when a profile does not speak of it must be the tighter
// of the two answers.
TEST(FilesystemTest, AViewEntryGrantsNothingByDefault) {
  const ViewEntry entry;
  EXPECT_EQ(entry.rights, Rights{});
  EXPECT_FALSE(entry.rights.read || entry.rights.write || entry.rights.execute);
  EXPECT_FALSE(entry.create);
  EXPECT_FALSE(entry.if_present);
}

TEST(FilesystemTest, CeilingsAllowNothingByDefault) {
  const Ceilings ceilings;
  EXPECT_TRUE(ceilings.may_read.empty() && ceilings.may_write.empty() &&
              ceilings.may_execute.empty());
}

TEST(FilesystemTest, EachRightCounts) {
  const Rights all{.read = true, .write = true, .execute = true};
  EXPECT_NE(all, (Rights{.read = true, .write = true}));
  EXPECT_NE(all, (Rights{.read = true, .execute = true}));
  EXPECT_NE(all, (Rights{.write = true, .execute = true}));
}

}  // namespace
}  // namespace ringfence::model
