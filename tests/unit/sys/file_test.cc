#include "sys/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

namespace ringfence::sys {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(::mkdtemp(path_.data()), nullptr);
    auto dir = Open(path_.c_str(), O_PATH | O_DIRECTORY);
    ASSERT_TRUE(dir);
    dir_ = std::move(*dir);
  }
  void TearDown() override {
    (void)!std::system(("rm -rf '" + path_ + "'").c_str());
  }
  int dir() const { return dir_.get(); }

  std::string path_ = "/tmp/ringfence-file-XXXXXX";
  UniqueFd dir_;
};

TEST_F(FileTest, EveryDescriptorIsClosedOnExec) {
  const auto plain = OpenAt(dir(), "a", O_CREAT | O_RDWR, 0600);
  const auto how = OpenAt2(dir(), "a", {.flags = O_RDONLY});
  ASSERT_TRUE(plain && how);
  for (int fd : {plain->get(), how->get(), dir()}) {
    EXPECT_EQ(::fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  }
}

TEST_F(FileTest, WhatIsWrittenIsReadBack) {
  const auto file = OpenAt(dir(), "a", O_CREAT | O_RDWR, 0600);
  ASSERT_TRUE(file);
  ASSERT_TRUE(WriteAll(file->get(), "hello"));
  ASSERT_TRUE(PwriteAll(file->get(), std::as_bytes(std::span("J", 1)), 0));
  EXPECT_EQ(ReadFile((path_ + "/a").c_str(), 5), "Jello");
}

TEST_F(FileTest, MoreThanTheLimitIsRefused) {
  const auto file = OpenAt(dir(), "a", O_CREAT | O_RDWR, 0600);
  ASSERT_TRUE(file);
  ASSERT_TRUE(WriteAll(file->get(), std::string(10'000, 'x')));
  EXPECT_TRUE(ReadFile((path_ + "/a").c_str(), 10'000));
  const auto text = ReadFile((path_ + "/a").c_str(), 9'999);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().err, EFBIG);
}

TEST_F(FileTest, ResolveBeneathRefusesAWayOut) {
  ASSERT_TRUE(OpenAt(dir(), "../../etc/passwd", O_RDONLY));
  const auto out = OpenAt2(dir(), "../../etc/passwd",
                           {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().err, EXDEV);
}

TEST_F(FileTest, ResolveNoSymlinksRefusesALink) {
  ASSERT_EQ(::symlink("/etc/passwd", (path_ + "/link").c_str()), 0);
  ASSERT_TRUE(OpenAt2(dir(), "link", {.flags = O_RDONLY}));
  const auto link = OpenAt2(
      dir(), "link", {.flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().err, ELOOP);
}

TEST_F(FileTest, LstatatSeesTheLinkAndNotItsTarget) {
  ASSERT_EQ(::symlink("/etc/passwd", (path_ + "/link").c_str()), 0);
  const auto status = Lstatat(dir(), "link");
  ASSERT_TRUE(status);
  EXPECT_TRUE(S_ISLNK(status->st_mode));
  EXPECT_EQ(Readlinkat(dir(), "link"), "/etc/passwd");
}

TEST_F(FileTest, ADescriptorTellsItsPath) {
  ASSERT_TRUE(Mkdirat(dir(), "sub", 0700));
  const auto sub = OpenAt(dir(), "sub", O_PATH | O_DIRECTORY);
  ASSERT_TRUE(sub);
  EXPECT_EQ(DescriptorPath(sub->get()), path_ + "/sub");
}

TEST_F(FileTest, AnUnnamedFileGetsANameOnce) {
  for (const int expected : {0, EEXIST}) {
    const auto file = OpenAt(dir(), ".", O_TMPFILE | O_RDWR, 0600);
    ASSERT_TRUE(file);
    const auto linked = LinkDescriptor(file->get(), dir(), "named");
    EXPECT_EQ(linked ? 0 : linked.error().err, expected);
  }
}

TEST_F(FileTest, AFailureNamesTheCallAndTheErrno) {
  const auto missing = Open("/nonexistent", O_RDONLY);
  ASSERT_FALSE(missing);
  EXPECT_STREQ(missing.error().call, "openat");
  EXPECT_EQ(missing.error().err, ENOENT);
}

}  // namespace
}  // namespace ringfence::sys
