// What a workload file asks for beside its mounts: sizes, modes, a small /etc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

using ::testing::HasSubstr;

class ViewOf : public SandboxTest {};

TEST_F(ViewOf, SharedMemoryHasTheSizeOfTheFile) {
  const std::string script =
      "df -B1 --output=size /dev/shm | tail -n 1 | tr -d ' '; "
      "head -c 17000000 /dev/zero >/dev/shm/x || echo full; wc -c </dev/shm/x";
  const Outcome small = Run({Write(
      "small", "untrusted", {"/bin/sh", "-c", script}, "  shm: 16Mi\n")});
  EXPECT_EQ(small.out, "16777216\nfull\n16777216\n") << small;
  const Outcome usual =
      Run({Write("usual", "untrusted", {"/bin/sh", "-c", script})});
  EXPECT_EQ(usual.out, "67108864\n17000000\n") << usual;
}

// The mode is the file's, not what is left of it by the caller's umask; and a
// directory that is there keeps its own.
TEST_F(ViewOf, AMadeDirectoryHasTheModeOfTheFile) {
  for (const char* umask : {"000", "022", "077"}) {
    for (const unsigned mode : {0700u, 0750u, 0777u}) {
      char text[8];
      std::snprintf(text, sizeof text, "%04o", mode);
      const std::string name = std::string("made-") + umask + "-" + text;
      const std::string file =
          Write("make", "untrusted", {"/usr/bin/true"},
                "  write: [{host: ./" + name + ", at: /data/d, create: \"" +
                    text + "\"}]\n");
      const Outcome outcome = RunAs(
          user_,
          {"/bin/sh", "-c",
           std::string("umask ") + umask + "; " + ringfence_ + " run " + file});
      EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
      struct stat made{};
      ASSERT_EQ(::stat((home_.path() + "/" + name).c_str(), &made), 0) << name;
      EXPECT_EQ(made.st_mode & 07777, mode) << name;
      EXPECT_EQ(made.st_uid, user_.uid);
      ASSERT_EQ(::chmod((home_.path() + "/" + name).c_str(), 0711), 0);
      EXPECT_EQ(Run({file}).end, End(Exited{0}));
      ASSERT_EQ(::stat((home_.path() + "/" + name).c_str(), &made), 0);
      EXPECT_EQ(made.st_mode & 07777, 0711u) << name;
    }
  }
}

TEST_F(ViewOf, EtcKnowsTheUserAndTheHost) {
  const Outcome outcome =
      Run({Write("etc", "untrusted",
                 {"/bin/sh", "-c",
                  "id -un; id -gn; getent passwd 1000; getent group 1000; "
                  "getent hosts localhost; getent passwd root || echo no root; "
                  "date +%Z; hostname; cat /etc/shadow || echo no shadow"})});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  const Outcome zone = RunAs(user_, {"/usr/bin/date", "+%Z"});
  EXPECT_EQ(outcome.out,
            "workload\nworkload\n"
            "workload:x:1000:1000::/tmp:/bin/sh\nworkload:x:1000:\n"
            "::1             localhost ip6-localhost ip6-loopback\n"
            "no root\n" +
                zone.out + "etc\nno shadow\n");
}

}  // namespace
}  // namespace ringfence::live
