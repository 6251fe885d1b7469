// What a launch does when something runs out: descriptors, processes, memory,
// room on a disk, or the kernel's patience with long command lines. It says
// what, and nothing has run; or all of it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "live/bad_input.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Exhaustion : public BadInput {
 protected:
  void SetUp() override {
    file_ = home_.Write("touch.yaml", text_);
    bundle_ = Compile(file_);
    ExpectRuns("the control", Run({bundle_}));
  }

  // `prlimit OPTION ringfence run WHAT`.
  Outcome Limited(const std::string& option, const std::string& what) const {
    return RunAs(user_, {"/usr/bin/prlimit", option, ringfence_, "run", what});
  }

  // Either all of it ran, or nothing did and a message has one of `said`.
  // True: it ran.
  bool ExpectAllOrNothing(const Outcome& outcome,
                          const std::vector<std::string>& said) const {
    const bool ran = Ran();
    if (outcome.end == End(Exited{0})) {
      EXPECT_TRUE(ran) << outcome;
      return true;
    }
    EXPECT_FALSE(ran) << outcome;
    EXPECT_THAT(outcome.end, AnyOf(End(Exited{121}), End(Exited{125})))
        << outcome;
    EXPECT_TRUE(std::ranges::any_of(said, [&](const std::string& text) {
      return outcome.err.find(text) != outcome.err.npos;
    })) << outcome;
    return false;
  }

  // A bundle may lie elsewhere.
  const std::string text_ = Changed("./marker", marker_);
  std::string file_;
  std::string bundle_;
};

TEST_F(Exhaustion, OfDescriptorsIsSaid) {
  for (const std::string& what : {bundle_, file_}) {
    int refused = 0;
    for (int limit = 3; limit <= 140; limit += limit < 30 ? 1 : 11) {
      const std::string text = std::to_string(limit);
      SCOPED_TRACE(text);
      const bool ran =
          ExpectAllOrNothing(Limited("--nofile=" + text + ":" + text, what),
                             {"too few file descriptors are left"});
      refused += ran ? 0 : 1;
      EXPECT_TRUE(ran || limit < 128);
    }
    EXPECT_GT(refused, 25);
  }
}

TEST_F(Exhaustion, OfProcessesIsSaid) {
  for (const std::string& what : {bundle_, file_}) {
    int refused = 0;
    for (int limit = 0; limit <= 16; ++limit) {
      const std::string text = std::to_string(limit);
      SCOPED_TRACE(text);
      const bool ran =
          ExpectAllOrNothing(Limited("--nproc=" + text + ":" + text, what),
                             {"(`ulimit -u`)", "does not compile"});
      refused += ran ? 0 : 1;
      EXPECT_TRUE(ran || limit < 16);
    }
    EXPECT_GT(refused, 0);
  }
}

// Below some limit the kernel itself ends the program before its first
// instruction, and the dynamic linker has words of its own.
TEST_F(Exhaustion, OfMemoryIsSaid) {
  for (const std::string& what : {bundle_, file_}) {
    int refused = 0;
    bool ran = false;
    for (int mib = 1; mib <= 256; mib += mib < 32 ? 1 : 32) {
      SCOPED_TRACE(std::to_string(mib) + " MiB");
      const std::string bytes = std::to_string(mib * 1024l * 1024);
      const Outcome outcome = Limited("--as=" + bytes + ":" + bytes, what);
      EXPECT_THAT(outcome.err, Not(HasSubstr("terminate called")));
      if (outcome.end == End(Signaled{SIGSEGV}) ||
          outcome.end == End(Signaled{SIGKILL}) ||
          outcome.end == End(Exited{127})) {
        EXPECT_FALSE(Ran()) << outcome;
        ++refused;
        continue;
      }
      ran = ExpectAllOrNothing(outcome,
                               {"there is no memory left", "cannot allocate",
                                "does not "
                                "compile",
                                "Cannot allocate memory"});
      refused += ran ? 0 : 1;
    }
    EXPECT_TRUE(ran) << "with 256 MiB";
    EXPECT_GT(refused, 0);
  }
}

TEST_F(Exhaustion, OfTheSizeOfFilesIsSaid) {
  for (const std::string& what : {bundle_, file_}) {
    for (const std::string bytes : {"0", "100", "4096"}) {
      SCOPED_TRACE(bytes);
      EXPECT_FALSE(
          ExpectAllOrNothing(Limited("--fsize=" + bytes + ":" + bytes, what),
                             {"File too large", "does not compile"}));
    }
  }
  // The workload itself has the signal that is ignored before it.
  const Outcome outcome =
      Run({Write("large", "untrusted",
                 {"/bin/sh", "-c", "grep SigIgn /proc/self/status"})});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "SigIgn:\t0000000000000000\n");
}

TEST_F(Exhaustion, OfRoomForOutputIsSaid) {
  const auto into_full = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> line = {
        "/bin/sh", "-c", "exec \"$0\" \"$@\" >/dev/full", ringfence_};
    line.insert(line.end(), arguments.begin(), arguments.end());
    return RunAs(user_, line);
  };
  const std::vector<std::vector<std::string>> commands = {
      {"--version"},
      {"--help"},
      {"ps"},
      {"inspect", "touch"},
      {"log", "show"},
      {"compile", file_, "--emit", "seccomp"},
      {"compile", file_, "--emit", "seccomp.bpf"},
      {"compile", file_, "--emit", "mounts"},
      {"explain", file_},
      {"explain", "RF0203"},
      {"doctor"},
      {"prove", file_}};
  for (const auto& command : commands) {
    const std::string name = ::testing::PrintToString(command);
    const Outcome outcome = into_full(command);
    EXPECT_EQ(outcome.end, End(Exited{125})) << name << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("cannot write to ")) << name;
  }
  // The workload's life does not hang on who listens, but it is said.
  const Outcome status = Run({"--status-file", "/dev/full", bundle_});
  ExpectRuns("status", status);
  EXPECT_THAT(status.err,
              HasSubstr("the status is not written: write: No space left"));
  // So is that of a workload that nobody hears.
  ExpectRuns("output", into_full({"run", bundle_}));
}

// A small file system.
class SmallDisk {
 public:
  SmallDisk(std::string at, const std::string& size, const User& user)
      : at_(std::move(at)) {
    const std::string data = "size=" + size +
                             ",mode=700,uid=" + std::to_string(user.uid) +
                             ",gid=" + std::to_string(user.gid);
    mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, data.c_str()) == 0;
    EXPECT_TRUE(mounted_) << at_ << ": " << std::strerror(errno);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted_) {
      EXPECT_EQ(::umount2(at_.c_str(), MNT_DETACH), 0);
    }
  }
  void Fill() const {
    std::ofstream file(at_ + "/fill");
    const std::string page(4096, 'x');
    while (file << page << std::flush) {
    }
    EXPECT_EQ(fs::space(at_).available, 0u);
  }
  void Empty() const { fs::remove(at_ + "/fill"); }

 private:
  std::string at_;
  bool mounted_ = false;
};

TEST_F(Exhaustion, OfTheDiskLosesNothingThatWasThere) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a small disk";
  const std::string folder = home_.Make("out");
  const SmallDisk disk(folder, "1m", user_);
  const auto compile = [&](const std::string& file) {
    return Ringfence({"compile", file, "-o", folder});
  };
  ASSERT_EQ(compile(file_).end, End(Exited{0}));
  const auto names = [&] {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().filename() != "fill") found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  };
  const auto before = names();
  const std::string bytes = TextOf(folder + "/touch.rfb");
  disk.Fill();
  const Outcome outcome = compile(home_.Write(
      "x.yaml", Changed("/usr/bin/touch", "/usr/bin/false", text_)));
  EXPECT_EQ(outcome.end, End(Exited{3})) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("cannot write " + folder));
  EXPECT_THAT(outcome.err, HasSubstr("No space left on device"));
  EXPECT_EQ(names(), before);
  EXPECT_EQ(TextOf(folder + "/touch.rfb"), bytes);
  ExpectRuns("what was there", Run({folder + "/touch.rfb"}));
  disk.Empty();
  EXPECT_EQ(compile(file_).end, End(Exited{0}));
}

TEST_F(Exhaustion, OfTheLedgersDiskStartsNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root makes a small disk";
  const SmallDisk disk("/run/user/" + std::to_string(user_.uid), "64k", user_);
  disk.Fill();
  const Outcome refused = Run({bundle_});
  ExpectRefused("no ledger", refused, kColocation,
                {"the ledger cannot be used", "No space left on device",
                 "free space on its file system"});
  // With room once, and none afterwards: the ledger has its size, and what
  // cannot be kept for later is said.
  disk.Empty();
  ExpectRuns("the control", Run({bundle_}));
  disk.Fill();
  const Outcome full = Run({bundle_});
  ExpectRuns("a ledger that is there", full);
  EXPECT_THAT(full.err, HasSubstr("nothing is kept for `ringfence inspect`"));
  EXPECT_THAT(full.err, HasSubstr("the event log misses something"));
  const Outcome verified = Ringfence({"log", "verify"});
  EXPECT_EQ(verified.end, End(Exited{0})) << verified;
  disk.Empty();
  const Outcome after = Run({bundle_});
  ExpectRuns("room again", after);
  EXPECT_THAT(after.err, Not(HasSubstr("the event log misses")));
  EXPECT_EQ(Ringfence({"log", "verify"}).end, End(Exited{0}));
}

TEST_F(Exhaustion, OfTheKernelsPatienceWithArgumentsIsSaid) {
  const std::vector<std::string> count = {
      "/bin/sh", "-c", "n=0; for a; do n=$((n + ${#a} + 1)); done; echo $n",
      "sh"};
  const std::vector<std::string> mebibyte(1024, std::string(1023, 'a'));
  // On the command line, and behind a bundle.
  std::vector<std::string> line = {"--trust", "untrusted", "--"};
  line.insert(line.end(), count.begin(), count.end());
  line.insert(line.end(), mebibyte.begin(), mebibyte.end());
  const Outcome direct = Run(line);
  EXPECT_EQ(direct.end, End(Exited{0})) << direct;
  EXPECT_EQ(direct.out, "1048576\n");
  line = {Compile(Write("counts", "untrusted", count)), "--"};
  line.insert(line.end(), mebibyte.begin(), mebibyte.end());
  const Outcome behind = Run(line);
  EXPECT_EQ(behind.end, End(Exited{0})) << behind;
  EXPECT_EQ(behind.out, "1048576\n");
  // One that execve(2) takes from nobody, which only a file can hold.
  const Outcome refused = Run({Write(
      "long", "untrusted", {"/bin/echo", std::string(140 * 1024, 'a')})});
  EXPECT_EQ(refused.end, End(Exited{126})) << refused;
  EXPECT_THAT(refused.err, HasSubstr("Argument list too long"));
  EXPECT_THAT(refused.err, HasSubstr("no argument and no variable may be"));
}

TEST_F(Exhaustion, OfMountsIsSaidOrBorne) {
  home_.Make("many");
  const auto workload = [&](int mounts) {
    std::string text = text_;
    text += "  read:\n";
    for (int i = 0; i < mounts; ++i) {
      const std::string name = std::to_string(i);
      if (!fs::exists(home_.path() + "/many/" + name)) {
        home_.Write("many/" + name, "");
      }
      text +=
          "    - {host: ./many/" + name + ", at: /data/many/" + name + "}\n";
    }
    return text;
  };
  ExpectRefused("10,000", RunText(workload(10'000)), kInput, {"RF0109"});
  ExpectRuns("9,900", RunText(workload(9'900)));
}

// A host, and a tree that is shown, below which there is that much.
TEST_F(Exhaustion, OfMountsOfTheHostIsBorne) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root mounts";
  const std::string tree = home_.Make("tree");
  ASSERT_EQ(::mount("tmpfs", tree.c_str(), "tmpfs", 0, "mode=755"), 0);
  constexpr int kMounts = 10'000;
  int made = 0;
  for (; made < kMounts; ++made) {
    const std::string at = tree + "/" + std::to_string(made);
    fs::create_directory(at);
    if (::mount(marker_.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      break;
    }
  }
  EXPECT_EQ(made, kMounts) << std::strerror(errno);
  const Outcome outcome = Run(
      {Write("tree", "untrusted", {"/bin/sh", "-c", "ls /data/tree | wc -l"},
             "", "    - {host: ./tree, at: /data/tree}\n")});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, std::to_string(kMounts) + "\n");
  EXPECT_EQ(::umount2(tree.c_str(), MNT_DETACH), 0);
}

}  // namespace
}  // namespace ringfence::live
