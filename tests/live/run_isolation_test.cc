// What a workload cannot do to the host, each beside the same attempt outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// One operation of the probe, and how it ends.
struct Expected {
  std::string operation;
  std::string inside;
  std::string outside;
};

// A file of the host's that is gone when this goes.
class HostFile {
 public:
  HostFile(std::string path, const User& owner) : path_(std::move(path)) {
    std::ofstream(path_) << "the host's\n";
    EXPECT_EQ(::chmod(path_.c_str(), 0644), 0) << path_;
    if (::geteuid() == 0) {
      EXPECT_EQ(::chown(path_.c_str(), owner.uid, owner.gid), 0) << path_;
    }
  }
  HostFile(const HostFile&) = delete;
  HostFile& operator=(const HostFile&) = delete;
  ~HostFile() { fs::remove(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A TCP listener of the host's on 127.0.0.1.
class HostListener {
 public:
  HostListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), raw, size), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    EXPECT_EQ(::getsockname(socket_.get(), raw, &size), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  UniqueFd socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string port_;
};

class IsolationBase : public SandboxTest {
 protected:
  // Those of `expected` whose operation a sandbox of `level` and the host
  // answer otherwise are failures.
  void Check(const std::string& level, const std::vector<Expected>& expected,
             std::string_view reads = "") const {
    std::vector<std::string> command = {"/opt/probe"};
    std::vector<std::string> operations;
    for (const Expected& one : expected) operations.push_back(one.operation);
    command.insert(command.end(), operations.begin(), operations.end());
    const Outcome outcome = Run({Write("probing", level, command, "", reads)});
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    auto inside = ProbeResults(outcome.out);
    auto outside = Outside(operations);
    for (const Expected& one : expected) {
      EXPECT_EQ(inside[one.operation], one.inside) << one.operation;
      EXPECT_EQ(outside[one.operation], one.outside)
          << one.operation << ", outside";
    }
  }

  std::string RuntimeDirectory() const {
    return "/run/user/" + std::to_string(user_.uid);
  }
};

class Isolation : public IsolationBase,
                  public ::testing::WithParamInterface<const char*> {
 protected:
  std::string level() const { return GetParam(); }
};

INSTANTIATE_TEST_SUITE_P(Levels, Isolation,
                         ::testing::Values("critical", "internal", "public",
                                           "untrusted"),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

#if defined(__x86_64__)
TEST_P(Isolation, NoNamespaceMountOrKernelSurface) {
  Check(level(),
        {
            {"userns", "EPERM", "0"},
            {"userns:clone", "EPERM", "0"},
            {"userns:clone3", "ENOSYS", "0"},
            {"syscall:272,CLONE_NEWUSER|CLONE_NEWNS", "EPERM", "0"},
            {"syscall:272,CLONE_NEWUSER|CLONE_NEWNET", "EPERM", "0"},
            {"syscall:272,0", "EPERM", "0"},
            {"syscall:56,CLONE_NEWUSER|CLONE_NEWPID|17", "EPERM", "0"},
            {"syscall:56,0x1100000000000000|CLONE_NEWUSER|17", "EPERM", "0"},
            {"syscall:308,-1,0", "EPERM", "EBADF"},        // setns
            {"syscall:161,-1", "EPERM", "EFAULT"},         // chroot
            {"syscall:16,-1,0x5412,0", "EPERM", "EBADF"},  // TIOCSTI
            {"tiocsti", "EPERM", "EBADF"},
            {"tiocsti:high", "EPERM", "EBADF"},
            {"syscall:16,-1,0x8000000000005412,0", "EPERM", "EBADF"},
            {"syscall:16,-1,0x541c,0", "EPERM", "EBADF"},  // TIOCLINUX
            {"syscall:16,-1,0x10000541c,0", "EPERM", "EBADF"},
            {"syscall:425,1,-1", "EPERM", "EFAULT"},          // io_uring_setup
            {"syscall:426,-1", "EPERM", "EBADF"},             // io_uring_enter
            {"syscall:248,-1,-1,0,0,0", "EPERM", "EFAULT"},   // add_key
            {"syscall:249,-1,-1,0,0", "EPERM", "EFAULT"},     // request_key
            {"syscall:250,11,0,0,0", "EPERM", "ENOKEY"},      // keyctl
            {"syscall:321,0,0,999999", "EPERM", "E2BIG"},     // bpf
            {"syscall:298,-1,0,-1,-1,0", "EPERM", "EFAULT"},  // perf_event_open
            {"syscall:438,-1,0,0", "EPERM", "EBADF"},         // pidfd_getfd
            {"syscall:135,0x0400000", "EPERM", "0"},  // READ_IMPLIES_EXEC
        });
}

// What an ordinary user may not do on the host either is compared with what
// the owner of a user namespace may.
TEST_P(Isolation, NoMountAsTheOwnerOfANamespaceCouldMake) {
  struct Row {
    const char* operation;
    const char* owner;
  };
  const std::vector<Row> rows = {
      {"mount", "ENODEV"},
      {"syscall:155,-1,-1", "EFAULT"},          // pivot_root
      {"syscall:166,-1,0", "EFAULT"},           // umount2
      {"syscall:430,-1,0", "EFAULT"},           // fsopen
      {"syscall:432,-1,0,0", "EBADF"},          // fsmount
      {"syscall:429,-1,-1,-1,-1,0", "EFAULT"},  // move_mount
      {"syscall:442,-1,0,0,0,0", "EINVAL"},     // mount_setattr
      {"syscall:170,-1,1", "EFAULT"},           // sethostname
  };
  std::vector<std::string> operations;
  for (const Row& row : rows) operations.emplace_back(row.operation);
  const auto inside = Inside(level(), operations);
  std::vector<std::string> line = {
      "/usr/bin/unshare", "--user", "--map-root-user",
      "--mount",          "--uts",  probe_};
  line.insert(line.end(), operations.begin(), operations.end());
  const Outcome owner = RunAs(user_, line);
  ASSERT_EQ(owner.end, End(Exited{0})) << owner;
  const auto control = ProbeResults(owner.out);
  for (const Row& row : rows) {
    EXPECT_EQ(inside.at(row.operation), "EPERM") << row.operation;
    EXPECT_EQ(control.at(row.operation), row.owner) << row.operation;
  }
}
#endif

// By the numbers that processes have outside, and by those they have inside.
TEST_P(Isolation, NoOtherProcessCanBeReached) {
  const std::string control = home_.Make("control", 0777);
  Background victim(user_, {probe_, "id", "sleep:60"});
  ASSERT_TRUE(victim.WaitForLine("id.pid="));
  Background sandbox(
      user_, RunLine({Write("prompted", level(),
                            {"/bin/sh", "-c",
                             "echo up; while [ ! -s /data/control/go ]; do "
                             "sleep 0.1; done; exec /opt/probe "
                             "$(cat /data/control/go)"},
                            "",
                            "  write:\n    - {host: " + control +
                                ", at: /data/control}\n")}));
  ASSERT_TRUE(sandbox.WaitForLine("up")) << sandbox.err();
  const std::string supervisor = std::to_string(sandbox.pid());
  const std::string other = std::to_string(victim.pid());
  const std::vector<std::string> unreachable = {
      "kill:" + supervisor, "kill:" + other, "kill:" + other + ",9",
      "pidfd_getfd:" + supervisor + ",0", "pidfd_getfd:" + other + ",0"};
  std::string operations = "stat:/proc/" + other;
  for (const std::string& operation : unreachable)
    operations += " " + operation;
  operations +=
      " ptrace:" + other +
      " ptrace:1 pidfd_getfd:1,0 pidfd_getfd:1,4 kill:1,9 kill:1,15 kill:1,19"
      " read:/proc/1/environ read:/proc/1/mem list:/proc/1/fd"
      " list:/proc/1/root stat:/proc/1/exe";
  // Whole at once: the workload looks for a file that is not empty.
  home_.Write("control/new", operations);
  fs::rename(control + "/new", control + "/go");
  const Outcome outcome = sandbox.Wait();
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  auto inside = ProbeResults(outcome.out.substr(outcome.out.find('\n') + 1));
  for (const std::string& operation : unreachable) {
    EXPECT_EQ(inside[operation], "ESRCH") << operation;
  }
  EXPECT_EQ(inside["stat:/proc/" + other], "ENOENT");
  const std::vector<std::string> denied = {
      "ptrace:" + other, "ptrace:1", "pidfd_getfd:1,0", "pidfd_getfd:1,4"};
  for (const std::string& operation : denied) {
    EXPECT_EQ(inside[operation], "EPERM") << operation;
  }
  // Init may be asked, and does not care: the probe went on after it.
  for (const char* operation : {"read:/proc/1/environ", "read:/proc/1/mem",
                                "list:/proc/1/fd", "list:/proc/1/root"}) {
    EXPECT_THAT(inside[operation], AnyOf("EACCES", "EPERM")) << operation;
  }

  auto outside = Outside({"kill:" + other, "ptrace:" + other,
                          "pidfd_getfd:" + other + ",0", "stat:/proc/" + other,
                          "read:/proc/" + other + "/environ",
                          "list:/proc/" + other + "/fd"});
  EXPECT_EQ(outside["kill:" + other], "0") << "the victim was killed";
  EXPECT_EQ(outside["ptrace:" + other], "0");
  EXPECT_EQ(outside["pidfd_getfd:" + other + ",0"], "0");
  EXPECT_EQ(outside["read:/proc/" + other + "/environ"], "0");
  EXPECT_EQ(outside["list:/proc/" + other + "/fd"].substr(0, 5), "0,1,2");
  EXPECT_THAT(outside["stat:/proc/" + other], HasSubstr("directory"));
}

TEST_P(Isolation, KillingEverybodyReachesOnlyTheSandbox) {
  Background victim(user_, {probe_, "id", "sleep:60"});
  ASSERT_TRUE(victim.WaitForLine("id.pid="));
  const Outcome outcome = Run({Write(
      "killer", level(),
      {"/bin/sh", "-c", "sleep 50 & /bin/kill -KILL -1; echo not reached"})});
  EXPECT_EQ(outcome.end, End(Exited{128 + SIGKILL})) << outcome;
  EXPECT_EQ(Outside({"kill:" + std::to_string(victim.pid())}).begin()->second,
            "0");
}

TEST_P(Isolation, NoFileOfTheHostCanBeRead) {
  const User root{"root", 0, 0, "/root"};
  const User owner = ::geteuid() == 0 ? root : user_;
  const std::string mark = std::to_string(::getpid());
  const HostFile temporary("/tmp/ringfence-test-" + mark, owner);
  const HostFile runtime(RuntimeDirectory() + "/ringfence-test-" + mark, user_);
  const std::string own = home_.Write("note", "the user's own");
  std::vector<Expected> expected = {
      {"read:" + temporary.path(), "ENOENT", "0"},
      {"read:" + runtime.path(), "ENOENT", "0"},
      {"read:" + own, "ENOENT", "0"},
      {"read:/etc/shadow", "ENOENT", "EACCES"},
      {"read:/etc/hostname", "ENOENT", "0"},
      {"list:/run", "ENOENT", Outside({"list:/run"}).begin()->second},
      {"read:/proc/self/root" + own, "ENOENT", "0"},
      {"read:/proc/self/cwd" + own, "ENOENT", "ENOENT"},
      {"stat:" + RuntimeDirectory() + "/ringfence", "ENOENT",
       "directory 0700 " + std::to_string(user_.uid) + " " +
           std::to_string(user_.gid)},
  };
  Check(level(), expected);
}

TEST_P(Isolation, NothingThatIsNotScratchCanBeWritten) {
  const std::string shared = home_.Make("shared");
  home_.Write("shared/file", "text");
  std::vector<Expected> expected = {
      {"write:/srv/shared/file", "EROFS", "ENOENT"},
      {"create:/srv/shared/new", "EROFS", "ENOENT"},
      {"write:/proc/self/oom_score_adj", "EROFS", "0"},
      {"write:/proc/self/comm", "EROFS", "0"},
      {"create:/tmp/new", "0", "0"},
      {"create:/dev/shm/new", "0", "0"},
      {"write:/dev/null", "0", "0"},
  };
  Check(level(), expected, "    - {host: " + shared + ", at: /srv/shared}\n");
  // The same file under its name outside.
  auto outside =
      Outside({"write:" + shared + "/file", "create:" + shared + "/new"});
  EXPECT_EQ(outside["write:" + shared + "/file"], "0");
  EXPECT_EQ(outside["create:" + shared + "/new"], "0");
  // Refused outside as well, to an ordinary user: by the mount, inside.
  for (const auto& [operation, result] :
       Inside(level(),
              {"create:/usr/new", "create:/etc/new", "write:/etc/passwd",
               "create:/new", "create:/dev/new", "create:/opt/new",
               "write:/proc/sys/user/max_user_namespaces",
               "write:/proc/sys/kernel/core_pattern", "write:/opt/probe"})) {
    EXPECT_THAT(result, AnyOf("EROFS", "EACCES")) << operation;
  }
}

TEST_P(Isolation, NothingWrittenCanBeExecuted) {
  Check(level(), {{"write_exec:/tmp", "EACCES", "0"},
                  {"write_exec:/dev/shm", "EACCES", "0"},
                  {"exec:/usr/bin/true", "0", "0"}});
}

TEST_P(Isolation, NoNetworkAndNoAbstractSocketOfTheHost) {
  const HostListener listener;
  const std::string name = "ringfence-test-" + std::to_string(::getpid());
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path + 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 +
                                          name.size())),
            0);
  ASSERT_EQ(::listen(socket.get(), 4), 0);
  Check(level(), {{"connect:127.0.0.1:" + listener.port(), "ECONNREFUSED", "0"},
                  {"connect_unix:@" + name, "ECONNREFUSED", "0"},
                  {"connect:192.0.2.1:80", "ENETUNREACH",
                   Outside({"connect:192.0.2.1:80"}).begin()->second},
                  {"bind:127.0.0.1:" + listener.port(), "0", "EADDRINUSE"}});
}

// Started by the workload, a set-user-ID program has the workload's ids.
TEST_P(Isolation, SetUserIdProgramsGainNothing) {
  const std::string script = home_.Write("su.py", R"(
import subprocess, time
su = subprocess.Popen(["/usr/bin/su", "root"], stdin=subprocess.PIPE,
                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
ids = "none"
for _ in range(1000):
    try:
        lines = open(f"/proc/{su.pid}/status").read().splitlines()
    except OSError:
        break
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    # An exec gives the name before it gives the ids; then su waits for input,
    # or has ended already.
    if status["Name"] == "su" and status["State"][0] in "SZ":
        ids = status["Uid"].replace("\t", ",")
        break
    time.sleep(0.005)
print("ids=" + ids)
su.stdin.close()
su.wait()
)");
  const Outcome sandboxed =
      Run({Write("su", level(), {"/usr/bin/python3", "/work/su.py"}, "",
                 "    - {host: " + script + ", at: /work/su.py}\n")});
  EXPECT_EQ(sandboxed.end, End(Exited{0})) << sandboxed;
  EXPECT_EQ(ProbeResults(sandboxed.out)["ids"], "1000,1000,1000,1000");
  const Outcome free = RunAs(user_, {"/usr/bin/python3", script});
  EXPECT_EQ(ProbeResults(free.out)["ids"],
            std::to_string(user_.uid) + ",0,0,0");
}

// Links in what a workload is shown are followed inside, where they lead
// nowhere.
TEST_P(Isolation, LinksDoNotLeadOut) {
  const std::string mark = std::to_string(::getpid());
  const HostFile runtime(RuntimeDirectory() + "/ringfence-link-" + mark, user_);
  const std::string own = home_.Write("note", "the user's own");
  const std::string shared = home_.Make("shared");
  home_.Write("shared/file", "text");
  fs::create_symlink("/etc/shadow", shared + "/shadow");
  fs::create_symlink("/etc/hostname", shared + "/hostname");
  fs::create_symlink(runtime.path(), shared + "/runtime");
  fs::create_symlink("../note", shared + "/up");
  fs::create_symlink("/proc/self/root" + own, shared + "/root");
  std::vector<std::string> names = {"shadow", "hostname", "runtime", "up",
                                    "root"};
  std::vector<std::string> inside_operations = {"read:/srv/shared/file"};
  std::vector<std::string> outside_operations = {"read:" + shared + "/file"};
  for (const std::string& name : names) {
    inside_operations.push_back("read:/srv/shared/" + name);
    outside_operations.push_back("read:" + shared + "/" + name);
  }
  std::vector<std::string> command = {"/opt/probe"};
  command.insert(command.end(), inside_operations.begin(),
                 inside_operations.end());
  const Outcome outcome =
      Run({Write("links", level(), command, "",
                 "    - {host: " + shared + ", at: /srv/shared}\n")});
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  auto inside = ProbeResults(outcome.out);
  auto outside = Outside(outside_operations);
  EXPECT_EQ(inside["read:/srv/shared/file"], "0");
  for (const std::string& name : names) {
    EXPECT_EQ(inside["read:/srv/shared/" + name], "ENOENT") << name;
    EXPECT_EQ(outside["read:" + shared + "/" + name],
              name == "shadow" ? "EACCES" : "0")
        << name;
  }
}

class Shown : public IsolationBase {
 protected:
  // A run that is shown `host` and touches the marker if it runs at all.
  Outcome Touch(const std::string& key, const std::string& host) const {
    const std::string marker = home_.path() + "/marker";
    const std::string entry = "    - {host: '" + host + "', at: /work/shown}\n";
    const std::string write =
        "  write:\n    - {host: " + marker + ", at: /data/marker}\n";
    return Run(
        {Write("touch", "untrusted", {"/usr/bin/touch", "/data/marker/ran"}, "",
               key == "read" ? entry + write : write + entry)});
  }
  bool Ran() const { return fs::remove(home_.path() + "/marker/ran"); }
  void ExpectRefused(const std::string& host, int code,
                     const std::string& said) const {
    for (const char* key : {"read", "write"}) {
      const Outcome outcome = Touch(key, host);
      EXPECT_EQ(outcome.end, End(Exited{code}))
          << key << " " << host << outcome;
      EXPECT_THAT(outcome.err, HasSubstr(said)) << key << " " << host;
      EXPECT_FALSE(Ran()) << key << " " << host;
    }
  }
  const std::string marker_ = home_.Make("marker", 0777);
};

TEST_F(Shown, WhatIsNoFileOrLiesInAPlaceOfTheHosts_IsRefused) {
  const std::string mark = std::to_string(::getpid());
  const HostFile temporary("/tmp/ringfence-shown-" + mark, user_);
  const HostFile runtime(RuntimeDirectory() + "/ringfence-shown-" + mark,
                         user_);
  const std::string own = home_.Write("folder/note", "the user's own");
  ASSERT_EQ(::mkfifo((home_.path() + "/fifo").c_str(), 0666), 0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = home_.path() + "/socket";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  std::ranges::copy(path, address.sun_path);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address),
                   sizeof address),
            0);
  fs::create_symlink("/tmp", home_.path() + "/to-tmp");
  fs::create_symlink(runtime.path(), home_.path() + "/to-run");
  fs::create_symlink("/dev/null", home_.path() + "/to-null");
  fs::create_symlink("to-run", home_.path() + "/to-link");
  fs::create_symlink("folder/note", home_.path() + "/to-note");

  ExpectRefused(temporary.path(), 122, temporary.path());
  ExpectRefused(runtime.path(), 122, runtime.path());
  ExpectRefused("/run", 122, "/run");
  ExpectRefused("/run/nothing-here", 122, "/run/nothing-here");
  ExpectRefused(RuntimeDirectory() + "/ringfence", 122, RuntimeDirectory());
  ExpectRefused("/proc/self", 122, "/proc");
  ExpectRefused("/sys", 122, "/sys");
  ExpectRefused("/dev/null", 122, "/dev/null");
  ExpectRefused("/", 122, "never shown");
  ExpectRefused(home_.path() + "/fifo", 122, "fifo");
  ExpectRefused(path, 122, "socket");
  ExpectRefused(home_.path() + "/to-tmp", 122, "/tmp");
  ExpectRefused(home_.path() + "/to-tmp/ringfence-shown-" + mark, 122, "/tmp");
  ExpectRefused(home_.path() + "/to-run", 122, "/run");
  ExpectRefused(home_.path() + "/to-link", 122, "/run");
  ExpectRefused(home_.path() + "/to-null", 122, "to-null");
  ExpectRefused(home_.path() + "/../../../run", 122, "/run");
  ExpectRefused(home_.path() + "/nothing", 123, "/nothing");

  // The controls: a link to what may be shown, a path with dots in it, and a
  // file whose name only looks like one of those places.
  home_.Write("run", "text");
  for (const std::string& host :
       {home_.path() + "/to-note",
        home_.path() + "/../" + fs::path(home_.path()).filename().string() +
            "/folder",
        home_.path() + "/run"}) {
    for (const char* key : {"read", "write"}) {
      const Outcome outcome = Touch(key, host);
      EXPECT_EQ(outcome.end, End(Exited{0})) << host << outcome;
      EXPECT_TRUE(Ran()) << host;
    }
  }
}

}  // namespace
}  // namespace ringfence::live
