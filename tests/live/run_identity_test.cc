// Who a workload is and what it can see, at each level: compared with what the
// level promises, from inside and from outside.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>

#include "live/host_socket.h"
#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr const char* kCapabilitySets[] = {"capinh", "capprm", "capeff",
                                           "capbnd", "capamb"};
// The time namespace is missing: it holds offsets of clocks, nothing that
// could be reached through it, and stays the host's.
constexpr const char* kNamespaces[] = {"cgroup", "ipc",  "mnt", "net",
                                       "pid",    "user", "uts"};
constexpr char kNoCapabilities[] = "0000000000000000";

struct Level {
  const char* name;
  rlim_t processes;
  rlim_t open_files;
};

// "SOFT:HARD" of a promised limit. A caller whose own hard limit is lower can
// only have that one.
std::string Limit(__rlimit_resource resource, rlim_t promised) {
  rlimit own{};
  EXPECT_EQ(::getrlimit(resource, &own), 0);
  const std::string limit = std::to_string(std::min(promised, own.rlim_max));
  return limit + ":" + limit;
}

// A field of /proc/PID/status, its white space as single commas.
std::string StatusField(pid_t pid, const std::string& name) {
  std::istringstream lines(TextOf("/proc/" + std::to_string(pid) + "/status"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::istringstream words(line.substr(name.size() + 1));
    std::string joined;
    for (std::string word; words >> word;) {
      joined += (joined.empty() ? "" : ",") + word;
    }
    return joined;
  }
  return "no " + name;
}

// The names of a directory of the host's, as paths.
std::vector<std::string> HostPaths(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    paths.push_back(entry.path());
  }
  return paths;
}

// Keys of the probe's results that start with `prefix`, without it.
std::vector<std::string> Keys(const std::map<std::string, std::string>& results,
                              const std::string& prefix) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : results) {
    if (key.starts_with(prefix)) keys.push_back(key.substr(prefix.size()));
  }
  return keys;
}

class Identity : public SandboxTest,
                 public ::testing::WithParamInterface<Level> {
 protected:
  std::string level() const { return GetParam().name; }

  // A process of the test's user that is number `pid` of a PID namespace one
  // below the host's.
  std::optional<pid_t> FindInside(const std::string& pid) const {
    for (const pid_t process : ProcessesOf(user_.uid)) {
      if (StatusField(process, "NSpid") ==
          std::to_string(process) + "," + pid) {
        return process;
      }
    }
    return std::nullopt;
  }

  std::string OwnUid() const {
    const std::string uid = std::to_string(user_.uid);
    return uid + "," + uid + "," + uid + "," + uid;
  }
};

INSTANTIATE_TEST_SUITE_P(Levels, Identity,
                         ::testing::Values(Level{"critical", 16384, 65536},
                                           Level{"internal", 4096, 16384},
                                           Level{"public", 512, 4096},
                                           Level{"untrusted", 128, 1024}),
                         [](const auto& level) {
                           return std::string(level.param.name);
                         });

TEST_P(Identity, IsWhatTheLevelPromises) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const Options options = {
      .environment = {{"SECRET", "leaked"}, {"LD_PRELOAD", ""}},
      .directory = home_.path(),
      .descriptors = {{7, null.get()}, {70, null.get()}}};
  const Outcome sandboxed =
      Run({Write("identity", level(), {"/opt/probe", "id"})}, options);
  ASSERT_EQ(sandboxed.end, End(Exited{0})) << sandboxed;
  const Outcome free = RunAs(user_, {probe_, "id"}, options);
  auto inside = ProbeResults(sandboxed.out);
  auto outside = ProbeResults(free.out);

  EXPECT_EQ(inside["id.uid"], "1000,1000,1000,1000");
  EXPECT_EQ(inside["id.gid"], "1000,1000,1000,1000");
  for (const char* set : kCapabilitySets) {
    EXPECT_EQ(inside[std::string("id.") + set], kNoCapabilities) << set;
  }
  EXPECT_EQ(inside["id.nonewprivs"], "1");
  EXPECT_EQ(inside["id.seccomp"], "2");
  EXPECT_EQ(std::stoi(inside["id.seccomp_filters"]),
            std::stoi(outside["id.seccomp_filters"]) + 1);
  EXPECT_EQ(inside["id.pid"], "2");
  EXPECT_EQ(inside["id.ppid"], "1");
  EXPECT_EQ(inside["id.sid"], "2");
  EXPECT_EQ(inside["id.pgid"], "2");
  EXPECT_EQ(inside["id.threads"], "1");
  EXPECT_EQ(inside["id.cwd"], "/");
  EXPECT_EQ(inside["id.umask"], "0022");
  EXPECT_THAT(Keys(inside, "id.fd."), ElementsAre("0", "1", "2"));
  EXPECT_EQ(inside["id.limit.core"], "1:1");
  EXPECT_EQ(inside["id.limit.nproc"],
            Limit(RLIMIT_NPROC, GetParam().processes));
  EXPECT_EQ(inside["id.limit.nofile"],
            Limit(RLIMIT_NOFILE, GetParam().open_files));
  for (const char* name : kNamespaces) {
    const std::string key = std::string("id.ns.") + name;
    EXPECT_THAT(inside[key], HasSubstr(std::string(name) + ":["));
    EXPECT_NE(inside[key], outside[key]) << name;
  }
  EXPECT_THAT(Keys(inside, "id.env."),
              UnorderedElementsAre("PATH", "HOME", "USER", "LANG"));

  // The control: the same program, started the same way without Ringfence.
  EXPECT_EQ(outside["id.uid"], OwnUid());
  EXPECT_NE(outside["id.capbnd"], kNoCapabilities);
  EXPECT_EQ(outside["id.nonewprivs"], "0");
  EXPECT_NE(outside["id.pid"], "2");
  EXPECT_NE(outside["id.sid"], "2");
  EXPECT_EQ(outside["id.cwd"], home_.path());
  EXPECT_THAT(Keys(outside, "id.fd."),
              IsSupersetOf({"0", "1", "2", "7", "70"}));
  EXPECT_NE(outside["id.limit.core"], "1:1");
  EXPECT_NE(outside["id.limit.nproc"], inside["id.limit.nproc"]);
  EXPECT_EQ(outside["id.env.SECRET"], "leaked");
}

TEST_P(Identity, EnvironmentIsTheFilesAndNothingElse) {
  const Outcome outcome =
      Run({Write("variables", level(), {"/opt/probe", "id"},
                 "environment: {LANG: de_DE.UTF-8, GREETING: 'a=b c'}\n"
                 "working_directory: /usr/share\n")});
  ASSERT_EQ(outcome.end, End(Exited{0})) << outcome;
  auto inside = ProbeResults(outcome.out);
  EXPECT_THAT(Keys(inside, "id.env."),
              UnorderedElementsAre("PATH", "HOME", "USER", "LANG", "GREETING"));
  EXPECT_EQ(inside["id.env.LANG"], "de_DE.UTF-8");
  EXPECT_EQ(inside["id.env.GREETING"], "a=b c");
  EXPECT_EQ(inside["id.env.USER"], "workload");
  EXPECT_EQ(inside["id.cwd"], "/usr/share");
}

// What the kernel says about the very process, asked from outside.
TEST_P(Identity, IsTheSameFromOutside) {
  Background sandbox(
      user_,
      RunLine({Write("sleeper", level(), {"/opt/probe", "id", "sleep:60"})}));
  ASSERT_TRUE(sandbox.WaitForLine("id.env.USER=")) << sandbox.err();
  Background free(user_, {probe_, "id", "sleep:60"});
  ASSERT_TRUE(free.WaitForLine("id.env.USER=")) << free.err();
  const auto workload = FindInside("2");
  const auto init = FindInside("1");
  ASSERT_TRUE(workload && init);

  // Init's own filter comes after the workload's process, which would have
  // inherited it.
  EXPECT_TRUE(Eventually([&] { return StatusField(*init, "Seccomp") == "2"; }));
  const std::string uid = std::to_string(user_.uid);
  const std::string gid = std::to_string(user_.gid);
  for (const pid_t process : {*workload, *init}) {
    const std::string proc = "/proc/" + std::to_string(process);
    EXPECT_EQ(StatusField(process, "Uid"), OwnUid());
    for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      EXPECT_EQ(StatusField(process, set), kNoCapabilities) << set;
    }
    EXPECT_EQ(StatusField(process, "NoNewPrivs"), "1");
    EXPECT_EQ(StatusField(process, "Seccomp"), "2");
    EXPECT_EQ(std::stoi(StatusField(process, "Seccomp_filters")),
              std::stoi(StatusField(free.pid(), "Seccomp_filters")) + 1);
    std::istringstream uids(TextOf(proc + "/uid_map"));
    std::istringstream gids(TextOf(proc + "/gid_map"));
    using Words = std::istream_iterator<std::string>;
    EXPECT_THAT(std::vector<std::string>(Words(uids), Words()),
                ElementsAre("1000", uid, "1"));
    EXPECT_THAT(std::vector<std::string>(Words(gids), Words()),
                ElementsAre("1000", gid, "1"));
    EXPECT_EQ(TextOf(proc + "/setgroups"), "deny\n");
  }
  // What may not be looked into belongs to root (proc(5), dumpable).
  struct stat status{};
  ASSERT_EQ(::stat(("/proc/" + std::to_string(*init) + "/fd").c_str(), &status),
            0);
  EXPECT_EQ(status.st_uid, 0u) << "init is dumpable";
  ASSERT_EQ(::stat(("/proc/" + std::to_string(sandbox.pid()) + "/fd").c_str(),
                   &status),
            0);
  EXPECT_EQ(status.st_uid, 0u) << "the supervisor is dumpable";
  for (const char* name : kNamespaces) {
    const std::string ns = std::string("/ns/") + name;
    const auto of = [&](pid_t process) {
      std::error_code error;
      return fs::read_symlink("/proc/" + std::to_string(process) + ns, error)
          .string();
    };
    EXPECT_NE(of(*workload), of(free.pid())) << name;
    EXPECT_NE(of(*workload), "") << name;
    EXPECT_EQ(of(sandbox.pid()), of(free.pid())) << name;
  }

  // The control.
  EXPECT_EQ(StatusField(free.pid(), "Uid"), OwnUid());
  EXPECT_NE(StatusField(free.pid(), "CapBnd"), kNoCapabilities);
  EXPECT_EQ(StatusField(free.pid(), "NoNewPrivs"), "0");
  EXPECT_EQ(StatusField(free.pid(), "NSpid"), std::to_string(free.pid()));
  EXPECT_NE(TextOf("/proc/" + std::to_string(free.pid()) + "/uid_map"),
            TextOf("/proc/" + std::to_string(*workload) + "/uid_map"));
  ASSERT_EQ(
      ::stat(("/proc/" + std::to_string(free.pid()) + "/fd").c_str(), &status),
      0);
  EXPECT_EQ(status.st_uid, user_.uid);
}

// Every name of the host's root, /etc, /opt and its homes: what is not in the
// view is not there.
TEST_P(Identity, SeesNoPathOfTheHostThatIsNotInItsView) {
  const std::set<std::string> view = {"/bin",           "/sbin",
                                      "/lib",           "/lib64",
                                      "/usr",           "/etc",
                                      "/dev",           "/proc",
                                      "/tmp",           "/opt",
                                      "/etc/passwd",    "/etc/group",
                                      "/etc/hosts",     "/etc/nsswitch.conf",
                                      "/etc/localtime", "/etc/ld.so.cache",
                                      "/etc/ssl",       "/etc/alternatives"};
  std::vector<std::string> operations;
  size_t hidden = 0;
  for (const char* directory :
       {"/", "/etc", "/opt", "/home", "/run", "/var", "/srv", "/mnt"}) {
    for (const std::string& path : HostPaths(directory)) {
      operations.push_back("stat:" + path);
      if (!view.contains(path)) ++hidden;
    }
  }
  operations.push_back("stat:/proc/self/root/home");
  operations.push_back("stat:/proc/1/root/home");
  operations.push_back("stat:/../../home");
  operations.push_back("stat:" + home_.path());
  const auto inside = Inside(level(), operations);
  const auto outside = Outside(operations);
  EXPECT_GT(hidden, 40u);
  for (const auto& [operation, result] : inside) {
    const std::string path = operation.substr(5);
    if (view.contains(path)) {
      EXPECT_THAT(result, Not(HasSubstr("ENOENT"))) << path;
    } else if (path == "/proc/1/root/home") {
      EXPECT_EQ(result, "EACCES");
    } else {
      EXPECT_EQ(result, "ENOENT") << path;
      EXPECT_NE(outside.at(operation), "ENOENT") << path;
    }
  }
}

// What is mounted is the plan's, read-only and without set-user-ID, and no
// event of the host's mounts comes in.
TEST_P(Identity, HasTheMountsOfItsViewOnly) {
  const std::string file =
      Write("mounts", level(), {"/bin/cat", "/proc/self/mountinfo"});
  const Outcome outcome = Run({file});
  ASSERT_EQ(outcome.end, End(Exited{0})) << outcome;
  std::set<std::string> points;
  std::istringstream lines(outcome.out);
  const std::set<std::string> writable = {
      "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
      "/dev/tty",  "/dev/pts",  "/dev/shm",  "/tmp"};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, root, point, flags;
    fields >> id >> parent >> device >> root >> point >> flags;
    points.insert(point);
    EXPECT_THAT(flags, HasSubstr("nosuid")) << line;
    EXPECT_THAT(line, Not(HasSubstr("shared:"))) << line;
    EXPECT_THAT(line, Not(HasSubstr("master:"))) << line;
    EXPECT_EQ(flags.starts_with("rw"), writable.contains(point)) << line;
    if (!point.starts_with("/dev/") || point == "/dev/shm") {
      EXPECT_THAT(flags, HasSubstr("nodev")) << line;
    }
    if (point != "/" && point != "/usr" && point != "/opt/probe") {
      EXPECT_THAT(flags, HasSubstr("noexec")) << line;
    }
  }
  EXPECT_THAT(points,
              UnorderedElementsAre(
                  "/", "/usr", "/proc", "/tmp", "/dev/null", "/dev/zero",
                  "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
                  "/dev/pts", "/dev/shm", "/opt/probe", "/etc/alternatives",
                  "/etc/ld.so.cache", "/etc/localtime", "/etc/ssl"));
  const Outcome free = RunAs(user_, {"/bin/cat", "/proc/self/mountinfo"});
  EXPECT_THAT(free.out, HasSubstr(" / / rw"));
}

class Inherited : public SandboxTest {};

TEST_F(Inherited, ListeningSocketsAndNoOtherDescriptor) {
  const auto listen = [] {
    return "    - {bind: '127.0.0.1:" + std::to_string(FreePort()) +
           "', handover: fds}\n";
  };
  const Outcome outcome = Run(
      {Write("handed-over", "public", {"/opt/probe", "id"},
             "network:\n  mode: listen\n  listen:\n" + listen() + listen())});
  ASSERT_EQ(outcome.end, End(Exited{0})) << outcome;
  auto inside = ProbeResults(outcome.out);
  EXPECT_THAT(Keys(inside, "id.fd."), ElementsAre("0", "1", "2", "3", "4"));
  EXPECT_THAT(inside["id.fd.3"], HasSubstr("socket:["));
  EXPECT_THAT(inside["id.fd.4"], HasSubstr("socket:["));
  EXPECT_EQ(inside["id.env.LISTEN_FDS"], "2");
  EXPECT_EQ(inside["id.env.LISTEN_PID"], inside["id.pid"]);
}

// A group with power over the host would stay the workload's own, since a
// single-id map cannot drop it.
TEST_F(Inherited, PowerfulGroup_IsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to join a group";
  const std::string file = Write("groups", "untrusted", {"/opt/probe", "id"});
  const auto run_in = [&](const std::string& group) {
    std::vector<std::string> line = {"/usr/bin/setpriv",
                                     "--reuid",
                                     std::to_string(user_.uid),
                                     "--regid",
                                     std::to_string(user_.gid),
                                     "--groups",
                                     group};
    for (const std::string& word : RunLine({file})) line.push_back(word);
    return RunAs({"root", 0, 0, "/root"}, line, {.directory = home_.path()});
  };
  const Outcome powerful = run_in("disk");
  EXPECT_EQ(powerful.end, End(Exited{121})) << powerful;
  EXPECT_THAT(powerful.err, HasSubstr("disk"));
  EXPECT_EQ(powerful.out, "");
  const Outcome harmless = run_in("users");
  EXPECT_EQ(harmless.end, End(Exited{0})) << harmless;
  EXPECT_EQ(ProbeResults(harmless.out)["id.groups"], "65534");
}

}  // namespace
}  // namespace ringfence::live
