// Containers that Ringfence did not start, by a real runtime: runc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "live/host_fixture.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kConfig[] = R"({
  "ociVersion": "1.0.0",
  "process": {"terminal": false, "user": {"uid": 0, "gid": 0},
              "args": ["/bin/busybox", "sleep", "600"], "env": [], "cwd": "/"},
  "root": {"path": "rootfs", "readonly": true},
  "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
  "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"},
                           {"type": "ipc"}, {"type": "uts"}]}
})";

class ForeignContainer : public Host {
 protected:
  void SetUp() override {
    Host::SetUp();
    if (::geteuid() != 0) return;
    fs::create_directories(bundle_ + "/rootfs/bin");
    fs::create_directories(bundle_ + "/rootfs/proc");
    fs::copy_file("/bin/busybox", bundle_ + "/rootfs/bin/busybox");
    std::ofstream(bundle_ + "/config.json") << kConfig;
  }
  void TearDown() override {
    if (::geteuid() == 0) Delete();
    Host::TearDown();
  }

  Outcome Runc(const std::string& arguments) const {
    // A detached container keeps the standard streams that it was given.
    return RunAs(
        {.name = "root", .home = "/"},
        {"/bin/sh", "-c",
         "exec /usr/sbin/runc " + arguments + " </dev/null >/dev/null 2>&1"});
  }
  void Start() const {
    const Outcome started =
        Runc("run --detach --bundle " + bundle_ + " foreign-web");
    ASSERT_EQ(started.end, End(Exited{0})) << started;
  }
  // Returns when its processes are gone too.
  void Delete() const {
    (void)Runc("delete --force foreign-web");
    for (int i = 0; i < 100; ++i) {
      const Outcome seen = AsRoot({"ps"});
      if (seen.out.find("pidns:busybox") == std::string::npos &&
          seen.out.find("foreign-web") == std::string::npos) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  void Rules(const std::string& foreign) const {
    std::ofstream("/etc/ringfence/host.yaml", std::ios::trunc)
        << "kind: Host\nforeign: " << foreign << "\n";
    const Outcome applied = AsRoot({"host", "init"});
    ASSERT_EQ(applied.end, End(Exited{0})) << applied;
  }

  const std::string bundle_ = home_.Make("container", 0755);
};

TEST_F(ForeignContainer, IsNamedAndIgnoredUnlessTheRulesRefuseIt) {
  Start();
  EXPECT_THAT(AsRoot({"ps"}).out, AllOf(HasSubstr("not started by Ringfence"),
                                        HasSubstr("runc:foreign-web")));
  // An ordinary user may not read the runtime's state: the process is seen all
  // the same.
  const Outcome seen = RunAs(member_, {ringfence_, "ps"});
  EXPECT_THAT(seen.out, HasSubstr("pidns:busybox"));
  EXPECT_THAT(seen.out, HasSubstr("/run/runc is closed to you"));
  ExpectRuns(member_, "untrusted");

  Rules("{containers: refuse}");
  const Outcome refused = ExpectRefused(member_, "untrusted", 120);
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("unknown trust"), HasSubstr("pidns:busybox"),
                    HasSubstr("host.yaml")));
  EXPECT_THAT(AsRoot({"why", "untrusted"}).out, HasSubstr("runc:foreign-web"));

  // Known, under the name that the caller sees.
  Rules("{containers: refuse, known: [\"pidns:*\", \"runc:foreign-*\"]}");
  ExpectRuns(member_, "untrusted");

  // The control: without the container the same rules refuse nothing.
  Rules("{containers: refuse}");
  Delete();
  EXPECT_THAT(AsRoot({"ps"}).out, Not(HasSubstr("foreign-web")));
  ExpectRuns(member_, "untrusted");
}

TEST_F(ForeignContainer, OursIsNotTakenForOne) {
  Rules("{containers: refuse}");
  Background first(member_, Holder("public"));
  ASSERT_TRUE(first.WaitForLine("up")) << first.err();
  ExpectRuns(other_, "public");
  EXPECT_THAT(RunAs(other_, {ringfence_, "ps"}).out,
              Not(HasSubstr("not started by Ringfence")));
  first.Signal(SIGTERM);
  (void)first.Wait();
}

TEST_F(ForeignContainer, ItsEndIsWaitedFor) {
  Start();
  Rules("{containers: refuse}");
  std::vector<std::string> line = Marking("untrusted");
  line.insert(line.begin() + 2, "--wait");
  fs::remove(Marker());
  Background waiting(member_, line);
  ASSERT_TRUE(waiting.WaitForLine("waiting until")) << waiting.err();
  EXPECT_FALSE(fs::exists(Marker()));
  Delete();
  EXPECT_EQ(waiting.Wait().end, End(Exited{0})) << waiting.err();
  EXPECT_TRUE(fs::exists(Marker()));
}

// Who cannot look cannot say that nothing runs.
TEST_F(ForeignContainer, WhoCannotSeeProcessesIsRefused) {
  Rules("{containers: refuse}");
  ExpectRuns(member_, "untrusted");
  // Over the machine's own, which is left as it is.
  ASSERT_EQ(::mount("proc", "/proc", "proc", 0, "hidepid=2"), 0)
      << std::strerror(errno);
  const Outcome refused = Try(member_, "untrusted");
  ASSERT_EQ(::umount2("/proc", MNT_DETACH), 0);
  EXPECT_EQ(refused.end, End(Exited{120})) << refused;
  EXPECT_THAT(refused.err, AllOf(HasSubstr("hides"), HasSubstr("hidepid")));
  EXPECT_FALSE(fs::exists(Marker()));
}

}  // namespace
}  // namespace ringfence::live
