// What ops ask after something was denied: inspect, why NAME, explain PATH.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Told : public SandboxTest {
 protected:
  std::string Why(const std::string& name) const {
    const Outcome outcome = Ringfence({"why", name});
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    return outcome.out;
  }
  std::string Explain(const std::string& file, const std::string& path) const {
    const Outcome outcome = Ringfence({"explain", file, path});
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    return outcome.out;
  }
  // A workload that runs a Python program.
  std::string Python(const std::string& name, const std::string& level,
                     const std::string& program) const {
    const std::string script = home_.Write(name + ".py", program);
    return Write(name, level, {"/usr/bin/python3", "/opt/script.py"}, "",
                 "    - {host: " + script + ", at: /opt/script.py}\n");
  }
  std::string History() const {
    return "/run/user/" + std::to_string(user_.uid) + "/ringfence/history";
  }
};

TEST_F(Told, InspectKnowsWhatRunsAndWhatHasEnded) {
  const std::string file = Write("seen", "public",
                                 {"/bin/sh", "-c",
                                  "/opt/probe syscall:272,0; echo up; "
                                  "while :; do sleep 0.1; done"},
                                 "time_limit: 300s\nstop: {grace: 1s}\n");
  EXPECT_EQ(Ringfence({"inspect", "seen"}).end, End(Exited{123}));
  Background running(user_, RunLine({file}));
  ASSERT_TRUE(running.WaitForLine("up"));
  // Written at most a second after the call.
  Outcome inspected;
  EXPECT_TRUE(Eventually([&] {
    inspected = Ringfence({"inspect", "seen"});
    return inspected.out.find("unshare(flags=0) = EPERM") != std::string::npos;
  })) << inspected;
  EXPECT_THAT(
      inspected.out,
      AllOf(HasSubstr("seen: trust level public"), HasSubstr("runs since"),
            HasSubstr("time limit: 300000 ms"),
            HasSubstr("no_new_privs: enforced: 1"),
            HasSubstr("limit on processes: enforced"),
            HasSubstr("denied calls: 1 (unshare 1)"), HasSubstr("denied by "),
            HasSubstr("to allow it: "), HasSubstr("1 times, first ")));
  EXPECT_THAT(Ringfence({"why", "seen"}).out, HasSubstr("seen"));
  EXPECT_EQ(Ringfence({"stop", "seen"}).end, End(Exited{0}));
  (void)running.Wait();
  EXPECT_THAT(Ringfence({"inspect", "seen"}).out,
              AllOf(HasSubstr("was stopped on request"),
                    HasSubstr("unshare(flags=0) = EPERM")));
}

TEST_F(Told, WhySaysHowAWorkloadEnded) {
  (void)Run({Write("coded", "untrusted", {"/bin/sh", "-c", "exit 3"})});
  EXPECT_THAT(Why("coded"), HasSubstr("exited with code 3"));
  (void)Run(
      {Write("signalled", "untrusted", {"/bin/sh", "-c", "kill -SEGV $$"})});
  EXPECT_THAT(Why("signalled"), HasSubstr("was killed by SIGSEGV"));
  (void)Run({Write("late", "untrusted", {"/usr/bin/sleep", "60"},
                   "time_limit: 1s\nstop: {grace: 1s}\n")});
  EXPECT_THAT(Why("late"), HasSubstr("was stopped at its time limit of 1000"));
  (void)Run({Write("forbidden", "untrusted",
                   {"/bin/sh", "-c", "/opt/probe syscall:272,0; exit 1"})});
  EXPECT_THAT(
      Why("forbidden"),
      AllOf(HasSubstr("exited with code 1"), HasSubstr("1 call was denied"),
            HasSubstr("shortly before its end: probe["),
            HasSubstr("unshare(flags=0) = EPERM")));
  (void)Run({Write("absent", "untrusted", {"/usr/bin/no-such-program"})});
  EXPECT_THAT(Why("absent"), HasSubstr("was refused with exit code 127"));
}

TEST_F(Told, WhySaysWhoWasInTheWay) {
  Background there(user_,
                   RunLine({Write("there", "public",
                                  {"/bin/sh", "-c", "echo up; sleep 600"})}));
  ASSERT_TRUE(there.WaitForLine("up"));
  (void)Run({Write("late", "untrusted", {"/usr/bin/true"})});
  EXPECT_THAT(Why("late"),
              AllOf(HasSubstr("was refused with exit code 120"),
                    HasSubstr("\n  there (public; user "),
                    HasSubstr("\n  help: "), Not(HasSubstr("\\x0a"))));
}

TEST_F(Told, WhyKnowsNothingOfWhatIsNotThere) {
  const Outcome unknown = Ringfence({"why", "no-such-level"});
  EXPECT_EQ(unknown.end, End(Exited{123})) << unknown;
  EXPECT_THAT(unknown.err, HasSubstr("neither a trust level nor a workload"));
  EXPECT_EQ(Ringfence({"why", "untrusted"}).end, End(Exited{0}));
  const std::string folder = home_.Make("profiles");
  EXPECT_EQ(Ringfence({"why", "--profiles", folder, "untrusted"}).end,
            End(Exited{123}));
  home_.Write("profiles/own.yaml", "");
  EXPECT_EQ(Ringfence({"why", "--profiles", folder, "own"}).end,
            End(Exited{0}));
}

// The filter kills what speaks another architecture's calls.
TEST_F(Told, WhySaysThatTheFilterKilled) {
  const std::string file =
      Python("foreign", "untrusted",
             "import ctypes, mmap\n"
             "m = mmap.mmap(-1, 4096, prot=7)\n"
             // getpid of x32.
             "m.write(bytes.fromhex('b8270000400f05c3'))\n"
             "at = ctypes.addressof(ctypes.c_char.from_buffer(m))\n"
             "ctypes.CFUNCTYPE(ctypes.c_int)(at)()\n");
  const Outcome outcome = Run({file});
  EXPECT_EQ(outcome.end, End(Exited{128 + SIGSYS})) << outcome;
  EXPECT_THAT(Why("foreign"),
              AllOf(HasSubstr("was killed by its system call filter"),
                    HasSubstr("every level kills 32-bit programs")));
}

// The last launch is the one that is told of, however it ended.
TEST_F(Told, WhySaysThatASupervisorWasKilled) {
  (void)Run({Write("orphan", "untrusted", {"/bin/sh", "-c", "exit 3"})});
  Background running(user_,
                     RunLine({Write("orphan", "untrusted",
                                    {"/bin/sh", "-c", "echo up; sleep 600"})}));
  ASSERT_TRUE(running.WaitForLine("up"));
  // The workload runs before its supervisor has written that it does.
  EXPECT_TRUE(Eventually([&] {
    return Ringfence({"inspect", "orphan"}).out.find("runs since") !=
           std::string::npos;
  }));
  ::kill(running.pid(), SIGKILL);
  (void)running.Wait();
  EXPECT_THAT(Why("orphan"), HasSubstr("was killed with its supervisor"));
  EXPECT_THAT(Ringfence({"inspect", "orphan"}).out,
              Not(HasSubstr("exited with code 3")));
  // The next launch of anything tidies up, and it stays known.
  (void)Run({Write("other", "untrusted", {"/usr/bin/true"})});
  EXPECT_THAT(Why("orphan"), HasSubstr("was killed with its supervisor"));
  for (const auto& entry : fs::directory_iterator(History())) {
    EXPECT_TRUE(entry.path().extension() == ".ended") << entry;
  }
}

TEST_F(Told, OnlySoManyAreRemembered) {
  (void)Run({Write("first", "untrusted", {"/usr/bin/true"})});
  for (int i = 0; i < 70; ++i) {
    std::ofstream(History() + "/old" + std::to_string(i) + ".ended") << "{}";
  }
  (void)Run({Write("last", "untrusted", {"/usr/bin/true"})});
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(History())) {
    (void)entry;
    ++count;
  }
  EXPECT_LE(count, 65u);
  EXPECT_THAT(Why("last"), HasSubstr("exited with code 0"));
}

TEST_F(Told, WhatIsRememberedIsPrivateAndNeverInASandbox) {
  const Outcome outcome = Run({Write(
      "private", "untrusted",
      {"/bin/sh", "-c", "ls " + History() + " /run /run/user; exit 0"})});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "");
  struct stat status{};
  ASSERT_EQ(::stat(History().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  EXPECT_EQ(status.st_uid, user_.uid);
  const std::string file = History() + "/private.ended";
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  // One that others could have written is not believed.
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  EXPECT_EQ(Ringfence({"inspect", "private"}).end, End(Exited{125}));
  std::ofstream(file) << "{";
  ASSERT_EQ(::chmod(file.c_str(), 0600), 0);
  EXPECT_EQ(Ringfence({"inspect", "private"}).end, End(Exited{125}));
}

// Where nothing can be kept the workload runs all the same, and that is said.
TEST_F(Told, ALaunchGoesOnWithoutAHistory) {
  (void)Run({Write("one", "untrusted", {"/usr/bin/true"})});
  fs::remove_all(History());
  std::ofstream(History()) << "in the way";
  const Outcome outcome = Run({Write("two", "untrusted", {"/usr/bin/true"})});
  fs::remove(History());
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_THAT(outcome.err,
              HasSubstr("nothing is kept for `ringfence inspect`"));
}

TEST_F(Told, ExplainAnswersForAPath) {
  home_.Make("data");
  const std::string file = Write("viewer", "public", {"/usr/bin/true"},
                                 "  write: [{host: ./data, at: /data}]\n");
  EXPECT_THAT(Explain(file, "/var/log/app"),
              AllOf(HasSubstr("not in the view of viewer"),
                    HasSubstr("gets ENOENT"), HasSubstr("may_read: yes"),
                    HasSubstr("filesystem: {read: [/var/log/app]}")));
  EXPECT_THAT(Explain(file, "/root/.ssh"),
              AllOf(HasSubstr("not in the view"),
                    HasSubstr("may_read: no, it holds only /usr"),
                    HasSubstr("public.yaml:"),
                    HasSubstr("add `/root/.ssh` to `may_read`")));
  EXPECT_THAT(Explain(file, "/run/docker.sock"),
              HasSubstr("nothing of the host's /run is ever shown"));
  EXPECT_THAT(Explain(file, "/bin/sh"),
              AllOf(HasSubstr("in the view"), HasSubstr("/usr/bin/sh"),
                    HasSubstr("read: yes"), HasSubstr("write: no, EROFS"),
                    HasSubstr("execute: yes")));
  EXPECT_THAT(Explain(file, "/usr/bin/no-such-program"),
              HasSubstr("this host has no /usr/bin/no-such-program now"));
  EXPECT_THAT(
      Explain(file, "/tmp/x"),
      AllOf(HasSubstr("/tmp is scratch space"), HasSubstr("hidden by it"),
            HasSubstr("write: yes"), HasSubstr("execute: no, EACCES")));
  EXPECT_THAT(Explain(file, "/data/db"),
              AllOf(HasSubstr("viewer.yaml:"), HasSubstr("write: yes")));
  EXPECT_THAT(Explain("untrusted", "/srv/x"),
              AllOf(HasSubstr("may_read: yes"), HasSubstr("may_write: no")));
  EXPECT_EQ(Ringfence({"explain", file, "/a/../b"}).end, End(Exited{2}));
}

// What `explain PATH` says is what a program meets.
TEST_F(Told, ExplainSaysAllThatAWorkloadMayDo) {
  const std::string file =
      Write("whole", "public", {"/usr/bin/true"},
            "limits: {processes: 9, memory: 64Mi}\n"
            "time_limit: 90s\nstop: {signal: SIGINT, grace: 1500ms}\n"
            "network: {mode: listen, listen: [{bind: '127.0.0.1:4711'}]}\n");
  const Outcome whole = Ringfence({"explain", file});
  EXPECT_EQ(whole.end, End(Exited{0})) << whole;
  for (const char* text :
       {"workload whole, at trust level public\n",
        "beside it may run: workloads of its level\n",
        "command: /usr/bin/true\n", "user: uid 1000, gid 1000; ",
        "capabilities: none\n", "limits: 9 processes and threads, 4096 open ",
        "64Mi of memory (where", "time limit: 90 s; stop: SIGINT, and SIGKILL ",
        "after 1500 ms\n", "\n  127.0.0.1:4711: a relay to its 127.0.0.1:4711",
        "\n  r-x /usr, the host's\n", "\nsystem calls (x86_64)\n"}) {
    EXPECT_THAT(whole.out, HasSubstr(text));
  }
  const Outcome level = Ringfence({"explain", "untrusted"});
  for (const char* text :
       {"trust level untrusted, inside public inside internal inside critical",
        "mandatory access: ", "network modes: none\n", "may write: /data /work",
        "1Gi of memory (where a cgroup v2 is delegated)"}) {
    EXPECT_THAT(level.out, HasSubstr(text)) << level;
  }
}

TEST_F(Told, ExplainIsRightAboutErrors) {
  const std::string file = Python(
      "meets", "public",
      "import errno, os\n"
      "def t(path, flags):\n"
      "  try:\n"
      "    os.open(path, flags)\n"
      "    return 'ok'\n"
      "  except OSError as e: return errno.errorcode[e.errno]\n"
      "print(t('/var/log/app', os.O_RDONLY), t('/bin/sh', os.O_RDONLY),\n"
      "      t('/opt/script.py', os.O_WRONLY), t('/tmp/x', "
      "os.O_CREAT|os.O_RDWR))\n"
      "with open('/tmp/run', 'w') as f: f.write('#!/bin/sh\\n')\n"
      "os.chmod('/tmp/run', 0o755)\n"
      "try: os.execv('/tmp/run', ['run'])\n"
      "except OSError as e: print(errno.errorcode[e.errno])\n");
  const Outcome outcome = Run({file});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "ENOENT ok EROFS ok\nEACCES\n");
}

TEST_F(Told, AProgramThatCannotRunSaysTheSame) {
  const Outcome absent =
      Run({Write("gone", "untrusted", {"/usr/bin/no-such-program"})});
  EXPECT_EQ(absent.end, End(Exited{127})) << absent;
  EXPECT_THAT(absent.err, AllOf(HasSubstr("the host's /usr is shown at /usr"),
                                HasSubstr("the host has no such file")));
  const Outcome data =
      Run({Write("data", "untrusted", {"/usr/lib/os-release"})});
  EXPECT_EQ(data.end, End(Exited{126})) << data;
  EXPECT_THAT(data.err, HasSubstr("the file itself is not executable"));
}

}  // namespace
}  // namespace ringfence::live
