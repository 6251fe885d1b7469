// The event log of a host: all users' events, and nothing runs without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "live/host_fixture.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HostLog : public Host {
 protected:
  std::string Shown(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"log", "show", "--format", "json"});
    const Outcome shown = AsRoot(arguments);
    EXPECT_EQ(shown.end, End(Exited{0})) << shown;
    return shown.out;
  }
  void ExpectHolds() const {
    const Outcome verified = AsRoot({"log", "verify"});
    EXPECT_EQ(verified.end, End(Exited{0})) << verified;
  }
};

TEST_F(HostLog, HasTheChangesOfTheHostAndWhatAllUsersStart) {
  ASSERT_EQ(AsRoot({"host", "accept", "public"}).end, End(Exited{0}));
  ExpectRuns(member_, "public");
  ExpectRuns(other_, "public");
  ExpectRefused(member_, "untrusted", 120);
  ASSERT_EQ(AsRoot({"host", "drain"}).end, End(Exited{0}));
  ASSERT_EQ(AsRoot({"host", "undrain"}).end, End(Exited{0}));
  const std::string all = Shown();
  for (const char* change :
       {"\"change\":\"init\"", "\"change\":\"accept\",\"levels\":[\"public\"]",
        "\"change\":\"drain\"", "\"change\":\"undrain\""}) {
    EXPECT_THAT(all, HasSubstr(change));
  }
  for (const uid_t uid : {member_.uid, other_.uid}) {
    EXPECT_THAT(Shown({"--kind", "launch"}),
                HasSubstr("\"uid\":" + std::to_string(uid) + ","));
  }
  EXPECT_THAT(
      Shown({"--kind", "refusal"}),
      AllOf(HasSubstr("reserved for public"), HasSubstr("\"exit_code\":120")));
  ExpectHolds();
  // A member reads it, too; nobody else does.
  EXPECT_EQ(RunAs(member_, {ringfence_, "log", "verify"}).end, End(Exited{0}));
  User outsider = member_;
  outsider.groups = {};
  const Outcome closed = RunAs(outsider, {ringfence_, "log", "verify"});
  EXPECT_EQ(closed.end, End(Exited{1})) << closed;
  EXPECT_THAT(closed.err, HasSubstr("is closed to you"));

  ASSERT_EQ(AsRoot({"host", "deinit"}).end, End(Exited{0}));
  EXPECT_TRUE(fs::exists(std::string(kLog) + "/head"));
  const Outcome kept = AsRoot({"log", "show", "--directory", kLog});
  EXPECT_THAT(kept.out, HasSubstr("deinit"));
}

TEST_F(HostLog, ALaunchThatCannotBeLoggedIsRefused) {
  ExpectRuns(member_, "public");
  const std::string head = std::string(kLog) + "/head";
  ASSERT_EQ(::chmod(head.c_str(), 0666), 0);
  EXPECT_THAT(ExpectRefused(member_, "public", 121).err,
              AllOf(HasSubstr("cannot be logged"), HasSubstr("mode 0666")));
  ASSERT_EQ(::chmod(head.c_str(), 0660), 0);
  ExpectRuns(member_, "public");

  fs::rename(kLog, std::string(kLog) + ".kept");
  EXPECT_THAT(ExpectRefused(member_, "public", 121).err,
              AllOf(HasSubstr("is missing"), HasSubstr("host init")));
  // The remedy helps, and what was kept still holds.
  ASSERT_EQ(AsRoot({"host", "init"}).end, End(Exited{0}));
  ExpectRuns(member_, "public");
  EXPECT_EQ(
      AsRoot({"log", "verify", "--directory", std::string(kLog) + ".kept"}).end,
      End(Exited{0}));
  fs::remove_all(std::string(kLog) + ".kept");

  std::ofstream(std::string(kLog) + "/events-0.jsonl", std::ios::app)
      << "a line of somebody else\n";
  EXPECT_THAT(ExpectRefused(member_, "public", 121).err,
              HasSubstr("Ringfence has not written"));
  EXPECT_EQ(AsRoot({"log", "verify"}).end, End(Exited{1}));
}

TEST_F(HostLog, AFullDiskIsARefusal) {
  ExpectRuns(member_, "public");
  {
    std::ofstream filler("/var/log/filler", std::ios::binary);
    const std::string block(1 << 20, 'x');
    while (filler.write(block.data(), static_cast<long>(block.size()))) {
    }
    filler.clear();
    while (filler.put('x')) filler.flush();
  }
  Outcome refused;
  // The last page of the file has room for some more.
  for (int i = 0; i < 8; ++i) {
    refused = Try(member_, "public");
    if (refused.end == End(Exited{121})) break;
  }
  EXPECT_EQ(refused.end, End(Exited{121})) << refused;
  EXPECT_FALSE(fs::exists(Marker())) << "the program ran";
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("cannot be logged"), HasSubstr("No space left"),
                    HasSubstr("make room")));
  ASSERT_TRUE(fs::remove("/var/log/filler"));
  ExpectRuns(member_, "public");
  ExpectHolds();
}

// What a member may do is no more than to append and to damage: no file can be
// put there or taken away.
TEST_F(HostLog, AMemberCannotTakeAFileAway) {
  ExpectRuns(member_, "public");
  for (const std::string& command :
       {"rm " + std::string(kLog) + "/head",
        "mv " + std::string(kLog) + "/head " + kLog + "/other",
        "touch " + std::string(kLog) + "/new"}) {
    EXPECT_NE(RunAs(member_, {"/bin/sh", "-c", command}).end, End(Exited{0}))
        << command;
    EXPECT_EQ(RunAs({.name = "root", .home = "/"},
                    {"/bin/sh", "-c", "test -e " + std::string(kLog) + "/head"})
                  .end,
              End(Exited{0}));
  }
  // The control: the lock and the files are open to it.
  EXPECT_EQ(RunAs(member_, {"/bin/sh", "-c",
                            "flock " + std::string(kLog) + "/head true"})
                .end,
            End(Exited{0}));
}

// Where there is a journal, it has each event, too.
TEST_F(HostLog, GoesToTheJournal) {
  fs::create_directories("/run/systemd/journal");
  const int journal = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_GE(journal, 0);
  sockaddr_un address{.sun_family = AF_UNIX,
                      .sun_path = "/run/systemd/journal/socket"};
  ASSERT_EQ(::bind(journal, reinterpret_cast<const sockaddr*>(&address),
                   sizeof address),
            0);
  ASSERT_EQ(::chmod(address.sun_path, 0666), 0);
  ExpectRuns(member_, "public");
  std::string heard;
  char datagram[65536];
  for (ssize_t size = 0;
       (size = ::recv(journal, datagram, sizeof datagram, MSG_DONTWAIT)) > 0;) {
    heard.append(datagram, static_cast<size_t>(size));
  }
  ::close(journal);
  fs::remove_all("/run/systemd");
  EXPECT_THAT(heard, AllOf(HasSubstr("SYSLOG_IDENTIFIER=ringfence\n"),
                           HasSubstr("\"kind\":\"launch\""),
                           HasSubstr("\"kind\":\"end\"")));
  // And is not needed.
  ExpectRuns(member_, "public");
}

}  // namespace
}  // namespace ringfence::live
