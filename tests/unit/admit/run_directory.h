// A stand-in for /run, below /tmp.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "admit/ledger.h"
#include "sys/file.h"

namespace ringfence::admit {

class RunDirectory {
 public:
  RunDirectory() {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr);
    EXPECT_EQ(::chmod(path_.c_str(), 0755), 0);
    auto fd = sys::Open(path_.c_str(), O_PATH | O_DIRECTORY);
    EXPECT_TRUE(fd);
    fd_ = std::move(*fd);
    EXPECT_EQ(::mkdir((path_ + "/user").c_str(), 0755), 0);
    EXPECT_EQ(::mkdir(UserDirectory().c_str(), 0700), 0);
  }
  ~RunDirectory() { (void)!std::system(("rm -rf '" + path_ + "'").c_str()); }
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  model::HostUid uid() const { return model::HostUid(::geteuid()); }
  std::string UserDirectory() const {
    return path_ + "/user/" + std::to_string(uid().value);
  }
  std::string UserLedger() const {
    return UserDirectory() + "/ringfence/ledger";
  }
  std::string UserPresence() const {
    return UserDirectory() + "/ringfence/presence";
  }
  std::string HostDirectory() const { return path_ + "/ringfence"; }

  std::expected<Ledger, Unusable> Open(
      std::optional<model::HostGid> group = {}) const {
    return Ledger::OpenBelow(fd(), uid(), group);
  }

 private:
  std::string path_ = "/tmp/ringfence-run-XXXXXX";
  UniqueFd fd_;
};

inline Request RequestFor(std::string level, std::string name) {
  return {.level = {.name = std::move(level)},
          .name = std::move(name),
          .uid = model::HostUid(::geteuid())};
}

}  // namespace ringfence::admit
