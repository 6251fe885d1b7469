#include "certify/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ringfence::certify {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string name = (fs::temp_directory_path() / "store-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~StoreTest() override { fs::remove_all(root_); }

  std::string Folder() const { return root_ / "cache/ringfence/proofs"; }

  static bundle::FilterProof Claim(uint8_t value) {
    bundle::FilterProof claim;
    claim.source.bytes[0] = value;
    claim.program.bytes[31] = value;
    return claim;
  }

  fs::path root_;
};

TEST_F(StoreTest, RemembersExactlyWhatWasAdded) {
  const auto store = Store::Open(Folder());
  ASSERT_TRUE(store);
  EXPECT_FALSE(store->Has(Claim(1)));
  store->Add(Claim(1));
  EXPECT_TRUE(store->Has(Claim(1)));
  EXPECT_FALSE(store->Has(Claim(2)));
  EXPECT_TRUE(Store::Open(Folder())->Has(Claim(1)));
}

TEST_F(StoreTest, WhatCannotBeWrittenLeavesNothing) {
  const auto store = Store::Open(Folder());
  ASSERT_TRUE(store);
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  store->Add(Claim(1));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  EXPECT_FALSE(store->Has(Claim(1)));
  EXPECT_TRUE(fs::is_empty(Folder()));
  store->Add(Claim(1));  // the control
  EXPECT_TRUE(store->Has(Claim(1)));
}

TEST_F(StoreTest, ChangedOrEmptyEntryIsNone) {
  const auto store = Store::Open(Folder());
  ASSERT_TRUE(store);
  store->Add(Claim(1));
  const fs::path entry = fs::directory_iterator(Folder())->path();
  std::ofstream(entry, std::ios::app) << "x";
  EXPECT_FALSE(store->Has(Claim(1)));
  std::ofstream(entry, std::ios::trunc).close();
  EXPECT_FALSE(store->Has(Claim(1)));
}

TEST_F(StoreTest, FolderThatOthersMayWriteIsNotUsed) {
  ASSERT_TRUE(Store::Open(Folder()));
  fs::permissions(Folder(), fs::perms::group_write, fs::perm_options::add);
  EXPECT_FALSE(Store::Open(Folder()));
}

TEST_F(StoreTest, LinkOrFileOrForeignFolderIsNotUsed) {
  ASSERT_TRUE(Store::Open(Folder()));
  fs::create_directory_symlink(Folder(), root_ / "link");
  EXPECT_FALSE(Store::Open(root_ / "link"));
  std::ofstream(root_ / "file").close();
  EXPECT_FALSE(Store::Open(root_ / "file"));
  EXPECT_FALSE(Store::Open("relative"));
  EXPECT_FALSE(Store::Open(""));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(Folder().c_str(), 12345, 12345), 0);
    EXPECT_FALSE(Store::Open(Folder()));
  }
}

}  // namespace
}  // namespace ringfence::certify
