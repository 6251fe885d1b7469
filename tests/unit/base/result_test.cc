#include "base/result.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <type_traits>
#include <utility>

#include "base/unique_fd.h"

namespace ringfence {
namespace {

Result<void> Fail(int error) {
  return std::unexpected(SysError{.call = "openat2", .err = error});
}

Result<std::string> Word(bool succeed) {
  if (!succeed) RF_TRY(Fail(ENOENT));
  return "word";
}

Result<size_t> Twice(bool succeed, int& reached) {
  RF_ASSIGN(const std::string word, Word(succeed));
  RF_ASSIGN(const std::string again, Word(succeed));
  ++reached;
  return word.size() + again.size();
}

TEST(ResultTest, AValueGoesThrough) {
  int reached = 0;
  EXPECT_EQ(Twice(true, reached), 8u);
  EXPECT_EQ(reached, 1);
}

TEST(ResultTest, AnErrorLeavesAtOnceAndArrivesUnchanged) {
  int reached = 0;
  const Result<size_t> result = Twice(false, reached);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().err, ENOENT);
  EXPECT_STREQ(result.error().call, "openat2");
  EXPECT_EQ(reached, 0);
}

// RF_TRY is one statement: it may stand alone under an if.
TEST(ResultTest, TryIsOneStatement) {
  const auto run = [](bool first) -> Result<int> {
    if (first)
      RF_TRY(Fail(EACCES));
    else
      RF_TRY(Fail(EPERM));
    return 0;
  };
  EXPECT_EQ(run(true).error().err, EACCES);
  EXPECT_EQ(run(false).error().err, EPERM);
}

Result<UniqueFd> OpenBoth(const char* second, int& first_number) {
  UniqueFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  first_number = first.get();
  UniqueFd other(::open(second, O_RDONLY | O_CLOEXEC));
  if (!other) RF_TRY(Fail(errno));
  return other;
}

TEST(ResultTest, AnEarlyReturnClosesWhatWasOpened) {
  int number = -1;
  EXPECT_FALSE(OpenBoth("/nowhere/at/all", number).has_value());
  ASSERT_GE(number, 0);
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

// It crosses a pipe from a child that may not allocate.
static_assert(std::is_trivially_copyable_v<SysError>);

}  // namespace
}  // namespace ringfence
