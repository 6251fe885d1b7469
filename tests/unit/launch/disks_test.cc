#include "launch/disks.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "launch/requirements.h"

namespace ringfence::launch {
namespace {

constexpr char kText[] =
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "23 22 8:2 / /srv rw - xfs /dev/sda2 rw\n"
    "24 22 253:0 / /data rw - ext4 /dev/mapper/data rw\n"
    "25 22 0:30 / /cache rw - tmpfs cache rw\n"
    "26 22 0:31 / /home rw - btrfs /dev/sdb rw\n"
    "27 24 8:16 / /data/more rw - ext4 /dev/sdb rw\n"
    "28 22 8:48 / /gone rw - ext4 /dev/sdd rw\n";

// As much of sysfs as there is about the disks above; 8:48 is not there.
class Disks : public testing::Test {
 protected:
  Disks() {
    std::string path = testing::TempDir() + "ringfence-disks-XXXXXX";
    sys_ = ::mkdtemp(path.data());
    Add("devices/sda", "8:0");
    Add("devices/sda/sda1", "8:1");
    Add("devices/sda/sda2", "8:2");
    Add("devices/sdb", "8:16");
    Add("devices/dm-0", "253:0");
    for (const char* partition : {"sda1", "sda2"}) {
      std::ofstream(sys_ + "/devices/sda/" + partition + "/partition") << "1\n";
    }
  }
  ~Disks() override { std::filesystem::remove_all(sys_); }

  void Add(const std::string& folder, const std::string& device) const {
    std::filesystem::create_directories(sys_ + "/" + folder);
    std::filesystem::create_directories(sys_ + "/dev/block");
    std::ofstream(sys_ + "/" + folder + "/dev") << device << "\n";
    std::filesystem::create_directory_symlink("../../" + folder,
                                              sys_ + "/dev/block/" + device);
  }
  launch::Disks Of(const std::vector<std::string>& paths) const {
    return DisksOf(paths, HostMounts(kText), sys_);
  }
  using Devices = std::vector<std::string>;

  std::string sys_;
};

TEST_F(Disks, OfPartitionsAreTheWholeOnesAndEachOnce) {
  EXPECT_EQ(Of({"/usr"}).devices, Devices{"8:0"});
  EXPECT_EQ(Of({"/usr", "/srv/www", "/etc/passwd"}).devices, Devices{"8:0"});
  EXPECT_EQ(Of({"/usr", "/srv"}).without, "");
}

TEST_F(Disks, OfWhatIsMountedBelowCountToo) {
  EXPECT_EQ(Of({"/data"}).devices, (Devices{"253:0", "8:16"}));
  EXPECT_EQ(Of({"/data/more/x"}).devices, Devices{"8:16"});
  EXPECT_EQ(Of({"/data/less"}).devices, (Devices{"253:0"}));
}

TEST_F(Disks, NoneForWhatIsInMemory) {
  EXPECT_EQ(Of({"/cache"}).devices, Devices{});
  EXPECT_EQ(Of({"/cache"}).without, "");
  EXPECT_EQ(Of({}).devices, Devices{});
}

TEST_F(Disks, SayWhatLiesOnNone) {
  EXPECT_EQ(Of({"/usr", "/home/me"}).without,
            "/home/me lies on btrfs, which names no disk of its own");
  EXPECT_EQ(Of({"/usr", "/home/me"}).devices, Devices{"8:0"});
  EXPECT_EQ(Of({"/gone"}).without,
            "/gone lies on ext4, which names no disk of its own");
  EXPECT_EQ(Of({"/gone"}).devices, Devices{});
}

TEST(CheckDiskLimits, ARequiredOneThatCannotBeKeptRefuses) {
  CgroupFacts facts = NoCgroup("no such thing", "get it");
  bundle::Bundle reads;
  reads.disk_read = {1 << 20, false};
  bundle::Bundle writes;
  writes.disk_write = {1 << 20, false};
  for (const auto& [bundle, name] :
       {std::pair(&reads, "disk_read"), std::pair(&writes, "disk_write")}) {
    const auto refused = CheckDiskLimits(*bundle, facts);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ExitCode::kProtection);
    EXPECT_NE(refused.error().why.find(name), std::string::npos);
    EXPECT_NE(refused.error().why.find("no such thing"), std::string::npos);
    EXPECT_NE(refused.error().remedy.find("get it"), std::string::npos);
  }
  facts.disks.enforced = true;
  EXPECT_TRUE(CheckDiskLimits(reads, facts));
  EXPECT_TRUE(CheckDiskLimits(writes, facts));
  facts.disks.enforced = false;
  reads.disk_read.if_available = true;
  EXPECT_TRUE(CheckDiskLimits(reads, facts));
  EXPECT_TRUE(CheckDiskLimits({}, facts));
}

}  // namespace
}  // namespace ringfence::launch
