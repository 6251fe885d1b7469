// Hostile trees as `read`, as `write` and beside a bundle: whatever stands at
// any component of a path, no file outside of the tree that was named becomes
// visible, and what is odd but right goes on working.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr int kInput = 122;
constexpr int kMissing = 123;

class Tree : public SandboxTest {
 protected:
  // What a path may be taken to, and what it must never be taken to.
  const std::string good_ = home_.Make("good");
  const std::string secret_ = home_.Make("secret");

  void SetUp() override {
    home_.Write("good/mark", "good");
    home_.Write("good/in/mark", "good");
    home_.Write("secret/mark", "secret");
    home_.Write("secret/in/mark", "secret");
  }

  // Shows `host` at /data/x; what `operations` of the probe came to.
  Outcome Show(const std::string& host, bool write,
               const std::vector<std::string>& operations,
               const std::string& more = "") const {
    std::string quoted = host;
    for (size_t at = 0; (at = quoted.find('\'', at)) != quoted.npos; at += 2) {
      quoted.insert(at, "'");
    }
    const std::string entry = "    - {host: '" + quoted + "', at: /data/x}\n";
    std::vector<std::string> command = {"/opt/probe"};
    command.insert(command.end(), operations.begin(), operations.end());
    return Run({Write("w", "untrusted", command, more,
                      write ? "  write:\n" + entry : entry)});
  }

  // As `read` and as `write`.
  void ExpectRefused(const std::string& host, int code,
                     const std::string& says) const {
    for (const bool write : {false, true}) {
      const Outcome outcome =
          Show(host, write, {"list:/data/x", "read:/data/x"});
      EXPECT_EQ(outcome.end, End(Exited{code})) << host << outcome;
      EXPECT_EQ(outcome.out, "") << host;
      EXPECT_THAT(outcome.err, HasSubstr("refused: ")) << host;
      EXPECT_THAT(outcome.err, HasSubstr(says)) << host;
    }
  }

  void ExpectShown(const std::string& host, const std::string& names,
                   const std::string& more = "") const {
    for (const bool write : {false, true}) {
      if (write && !more.empty()) continue;
      const Outcome outcome = Show(host, write, {"list:/data/x"}, more);
      EXPECT_EQ(outcome.end, End(Exited{0})) << host << outcome;
      EXPECT_EQ(ProbeResults(outcome.out)["list:/data/x"], names) << host;
    }
  }

  [[nodiscard]] std::string Link(const std::string& name,
                                 const std::string& target) const {
    const std::string path = home_.path() + "/" + name;
    fs::remove(path);
    fs::create_symlink(target, path);
    return path;
  }
};

// Each component of PATH/a/b/c in turn is a link to a place that holds the
// rest of the path, so that outside the path leads there. The control of a
// refusal is that one.
TEST_F(Tree, EachComponentInTurnALink) {
  const std::string path = home_.path() + "/walk";
  int refused = 0, shown = 0;
  const struct {
    const char* name;
    std::string target;  // holds all that the component held
    int code;            // 0: shown
    const char* says;
  } kinds[] = {
      {"absolute", "", 0, ""},
      {"relative, by ..", "..", 0, ""},
      {"/proc/self/root", "/proc/self/root", kMissing, "cannot show"},
      {"/proc/self/cwd", "/proc/self/cwd/../../../../../..", kMissing,
       "cannot show"},
      {"/proc/thread-self/root", "/proc/thread-self/root", kMissing,
       "cannot show"},
      {"a process of the user's", "/proc/PID/root", kMissing, "cannot show"},
      {"a descriptor", "/proc/PID/fd/3", kMissing, "cannot show"},
      {"/dev/fd", "/dev/fd/3", kMissing, "cannot show"},
      {"the host's /tmp", "/tmp", kInput, "/tmp"},
      {"the host's /run", "/run", kInput, "/run"},
      {"the host's /dev", "/dev/shm", kInput, "/dev"},
      {"/var/run", "/var/run", kInput, "/run"},
      {"itself", "loop", kMissing, "cannot show"},
  };
  // Of the user's, with the root directory as descriptor 3.
  const UniqueFd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  Background holder(user_, {probe_, "id", "sleep:50"},
                    {.descriptors = {{3, root.get()}}});
  ASSERT_TRUE(holder.WaitForLine("id.pid="));
  const std::string pid = std::to_string(holder.pid());
  for (const auto& kind : kinds) {
    for (size_t component = 0; component < 4; ++component) {
      SCOPED_TRACE(std::string(kind.name) + ", component " +
                   std::to_string(component));
      fs::remove_all(path);
      // walk/a/b/c, with `mark` in each of them.
      std::string at = path;
      std::vector<std::string> parts = {"", "a", "b", "c"};
      std::string rest;
      for (size_t i = component + 1; i < 4; ++i) rest += "/" + parts[i];
      for (size_t i = 0; i < component; ++i) {
        if (i > 0) at += "/" + parts[i];
        fs::create_directory(at);
      }
      if (component > 0) at += "/" + parts[component];
      // The place that it leads to.
      std::string target = kind.target;
      if (const size_t digits = target.find("PID"); digits != target.npos) {
        target.replace(digits, 3, pid);
      }
      std::string real = good_ + "/real";
      if (target == "/tmp" || target == "/run" || target == "/dev/shm" ||
          target == "/var/run") {
        target += "/ringfence-test-" + std::to_string(::getpid());
        real = target;
      } else if (target.empty()) {
        target = real;
      } else if (target == "..") {
        target = fs::relative(real, fs::path(at).parent_path());
      } else if (target == "loop") {
        target = fs::path(at).filename();
      } else if (target.starts_with("/proc/") || target.starts_with("/dev/")) {
        target += real;
      }
      fs::remove_all(real);
      fs::create_directories(real + rest);
      std::ofstream(real + rest + "/mark") << "text";
      fs::create_symlink(target, at);
      const std::string whole = path + "/a/b/c";
      if (kind.code == 0) {
        ExpectShown(whole, "mark");
        ++shown;
      } else {
        ExpectRefused(whole, kind.code, kind.says);
        ++refused;
        if (!kind.target.starts_with("/dev/fd") && kind.target != "loop" &&
            kind.target.find("cwd") == kind.target.npos) {
          const auto outside =
              RunAs(user_, {"/usr/bin/env", "cat", whole + "/mark"});
          // /proc/PID/root of a process is its own user's to walk.
          EXPECT_EQ(outside.out, "text") << outside;
        }
      }
      fs::remove_all(real);
    }
  }
  fs::remove_all(path);
  std::printf("  %d paths refused, %d shown, each as `read` and as `write`\n",
              refused, shown);
}

TEST_F(Tree, WhatIsNoFileAndNoDirectoryIsRefused) {
  const std::string odd = home_.path() + "/odd";
  const std::string link = Link("link", odd);
  for (const mode_t type :
       std::initializer_list<mode_t>{S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK}) {
    if ((type == S_IFCHR || type == S_IFBLK) && ::geteuid() != 0) continue;
    fs::remove(odd);
    ASSERT_EQ(::mknod(odd.c_str(), type | 0666, makedev(1, 3)), 0);
    ASSERT_EQ(::chmod(odd.c_str(), 0666), 0);
    ExpectRefused(odd, kInput, "neither a file nor a directory");
    ExpectRefused(link, kInput, "neither a file nor a directory");
  }
  // The control: a file in its place is shown.
  fs::remove(odd);
  std::ofstream(odd) << "text";
  const Outcome shown = Show(link, false, {"read:/data/x"});
  EXPECT_EQ(ProbeResults(shown.out)["read:/data/x"], "0") << shown;
}

TEST_F(Tree, OfTheHostsOwnIsRefusedUnderEveryName) {
  const std::string own = "/run/user/" + std::to_string(user_.uid);
  for (const char* path : {"/",
                           "/proc",
                           "/proc/1",
                           "/proc/self",
                           "/proc/sys",
                           "/dev",
                           "/dev/null",
                           "/dev/shm",
                           "/run",
                           "/run/../run",
                           "/tmp",
                           "/tmp/.",
                           "/sys",
                           "/sys/kernel",
                           "/var/run",
                           "//run",
                           "/usr/../tmp",
                           "/proc/self/root",
                           "/proc/self/cwd",
                           "/dev/fd/0",
                           "/dev/stdin"}) {
    SCOPED_TRACE(path);
    const Outcome outcome = Show(path, false, {"list:/data/x"});
    EXPECT_TRUE(outcome.end == End(Exited{kInput}) ||
                outcome.end == End(Exited{kMissing}))
        << outcome;
    EXPECT_THAT(outcome.err, AnyOf(HasSubstr("refused: "), HasSubstr("error")));
    EXPECT_EQ(outcome.out, "");
  }
  ExpectRefused(own, kInput, "/run");
}

// Who started the tests as root may mount; these are in its own namespace.
TEST_F(Tree, WithAMountOfTheHostsOwnIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount";
  ASSERT_EQ(::unshare(CLONE_NEWNS), 0);
  ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
  const std::string inner = home_.Make("chroot/inner dir");
  const std::string tree = home_.path() + "/chroot";
  ExpectShown(tree, "inner dir");
  const struct {
    const char* source;
    const char* type;
    unsigned long flags;
    const char* says;
  } mounts[] = {
      {"proc", "proc", 0, "a proc of the host mounted"},
      {"/proc/self", nullptr, MS_BIND, "a proc of the host mounted"},
      {"sysfs", "sysfs", 0, "a sysfs of the host mounted"},
      {"/run", nullptr, MS_BIND, "the host's /run mounted"},
      {"/run/user", nullptr, MS_BIND, "the host's /run mounted"},
      {"/tmp", nullptr, MS_BIND, "the host's /tmp mounted"},
      {"/dev", nullptr, MS_BIND, "mounted at"},
  };
  for (const auto& mount : mounts) {
    SCOPED_TRACE(mount.source);
    ASSERT_EQ(
        ::mount(mount.source, inner.c_str(), mount.type, mount.flags, nullptr),
        0)
        << std::strerror(errno);
    ExpectRefused(tree, kInput, mount.says);
    ExpectRefused(inner, kInput, mount.says);
    ASSERT_EQ(::umount2(inner.c_str(), MNT_DETACH), 0);
  }
  // The controls: another file system and another directory are shown.
  ASSERT_EQ(::mount("tmpfs", inner.c_str(), "tmpfs", 0, nullptr), 0);
  ExpectShown(tree, "inner dir");
  ASSERT_EQ(::umount2(inner.c_str(), MNT_DETACH), 0);
  ASSERT_EQ(::mount(good_.c_str(), inner.c_str(), nullptr, MS_BIND, nullptr),
            0);
  ExpectShown(inner, "in,mark");
  ASSERT_EQ(::umount2(inner.c_str(), MNT_DETACH), 0);
}

// What stands in a tree is seen, and gives nothing.
TEST_F(Tree, OddFilesInATreeGiveNothing) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to make devices";
  const std::string tree = home_.Make("odd", 0777);
  ASSERT_EQ(::mknod((tree + "/null").c_str(), S_IFCHR | 0666, makedev(1, 3)),
            0);
  ASSERT_EQ(::chmod((tree + "/null").c_str(), 0666), 0);
  fs::copy_file(probe_, tree + "/setuid");
  ASSERT_EQ(::chown((tree + "/setuid").c_str(), 0, 0), 0);
  ASSERT_EQ(::chmod((tree + "/setuid").c_str(), 06755), 0);
  fs::create_symlink(secret_ + "/mark", tree + "/absolute");
  fs::create_symlink("../secret/mark", tree + "/relative");
  fs::create_symlink("/proc/self/root" + secret_ + "/mark", tree + "/magic");
  fs::create_symlink("/proc/1/root" + secret_ + "/mark", tree + "/of-init");
  const auto operations = [](const std::string& at) {
    std::vector<std::string> all;
    for (const char* name :
         {"null", "absolute", "relative", "magic", "of-init"}) {
      all.push_back("read:" + at + "/" + name);
    }
    return all;
  };
  const Outcome inside = Show(tree, true, operations("/data/x"));
  for (const auto& [operation, result] : ProbeResults(inside.out)) {
    EXPECT_THAT(result, AnyOf("EACCES", "ENOENT", "EPERM", "ELOOP"))
        << operation;
  }
  EXPECT_EQ(ProbeResults(inside.out).size(), 5u) << inside;
  auto outside = Outside(operations(tree));
  for (const char* name : {"null", "absolute", "relative", "magic"}) {
    EXPECT_EQ(outside["read:" + tree + "/" + name], "0") << name;
  }
  // With the right to execute, the set-user-ID program is one like any other.
  const Outcome ran =
      Run({Write("s", "untrusted", {"/opt/odd/setuid", "id"}, "",
                 "    - {host: " + tree + ", at: /opt/odd, execute: true}\n")});
  EXPECT_EQ(
      ProbeResults(ran.out)["id.uid"],
      ProbeResults(
          Run({Write("p", "untrusted", {"/opt/probe", "id"})}).out)["id.uid"])
      << ran;
  const Outcome root = RunAs(user_, {tree + "/setuid", "id"});
  EXPECT_THAT(ProbeResults(root.out)["id.uid"], HasSubstr(",0,0,0")) << root;
}

// A workload plants a link in the tree that it may write; the next launch
// names a path through it.
TEST_F(Tree, LinksThatAWorkloadMadeLeadNowhere) {
  const std::string work = home_.Make("work", 0777);
  const auto launch = [&](const std::string& entries) {
    return Run(
        {Write("planted", "untrusted",
               {"/opt/probe", "read:/data/in/mark", "list:/data/in",
                "list:/data/w/in"},
               "  write:\n    - {host: ./work, at: /data/w}\n", entries)});
  };
  const struct {
    const char* name;
    std::string entry;
    std::string link;  // in work
    std::string target;
  } attacks[] = {
      {"itself a link", "    - {host: ./work/in, at: /data/in}\n", "in",
       secret_},
      {"a parent is a link", "    - {host: ./work/up/in, at: /data/in}\n", "up",
       "../secret"},
      {"by another name of the tree",
       "    - {host: ./alias/in, at: /data/in}\n", "in", "../secret/in"},
      {"by its absolute path", "    - {host: " + work + "/in, at: /data/in}\n",
       "in", "../secret/in"},
      {"and back in", "    - {host: ./work/up/good/in, at: /data/in}\n", "up",
       ".."},
  };
  (void)Link("alias", "work");
  for (const auto& attack : attacks) {
    SCOPED_TRACE(attack.name);
    // By a workload, as it would.
    const Outcome plant =
        Run({Write("plant", "untrusted",
                   {"/bin/ln", "-sfn", attack.target, "/data/w/" + attack.link},
                   "  write:\n    - {host: ./work, at: /data/w}\n")});
    ASSERT_EQ(plant.end, End(Exited{0})) << plant;
    const Outcome outcome = launch(attack.entry);
    EXPECT_EQ(outcome.end, End(Exited{kInput})) << outcome;
    EXPECT_THAT(outcome.err, HasSubstr("the workload can write"));
    EXPECT_EQ(outcome.out, "");
    fs::remove(work + "/" + attack.link);
  }
  // Where to mount is no better a place for a link.
  fs::create_directory(work + "/in");
  fs::create_symlink("/usr", work + "/usr");
  fs::create_symlink("/proc", work + "/proc");
  for (const char* at : {"/data/w/usr", "/data/w/proc", "/data/w/proc/1"}) {
    const Outcome outcome =
        launch("    - {host: ./good, at: " + std::string(at) + "}\n");
    EXPECT_THAT(outcome.end, AnyOf(End(Exited{kMissing}), End(Exited{121})))
        << at << outcome;
    EXPECT_EQ(outcome.out, "");
  }
  // The control: without links all of it works.
  home_.Write("work/in/mark", "text");
  const Outcome works = launch("    - {host: ./work/in, at: /data/in}\n");
  EXPECT_EQ(ProbeResults(works.out)["read:/data/in/mark"], "0") << works;
  const Outcome there = launch("    - {host: ./good, at: /data/w/in}\n");
  EXPECT_EQ(ProbeResults(there.out)["list:/data/w/in"], "in,mark") << there;
}

// `create` makes nothing beyond a link either.
TEST_F(Tree, CreateMakesNothingBeyondALinkOfTheWorkloads) {
  const std::string work = home_.Make("work", 0777);
  fs::create_symlink("../secret", work + "/up");
  const auto launch = [&](const std::string& host) {
    return Run({Write("creates", "untrusted", {"/bin/true"},
                      "  write:\n    - {host: ./work, at: /data/w}\n"
                      "    - {host: " +
                          host + ", at: /data/new, create: '0700'}\n")});
  };
  const Outcome refused = launch("./work/up/new");
  EXPECT_EQ(refused.end, End(Exited{kMissing})) << refused;
  EXPECT_FALSE(fs::exists(secret_ + "/new"));
  EXPECT_EQ(launch("./work/new").end, End(Exited{0}));
  EXPECT_TRUE(fs::exists(work + "/new"));
  EXPECT_EQ(launch("./secret/new").end, End(Exited{0}));
  EXPECT_TRUE(fs::exists(secret_ + "/new"));
}

// What people have, and what has to work.
TEST_F(Tree, OddButRightOnesAreShown) {
  const std::string home = home_.path();
  const std::string tree = home_.Make("compat");
  home_.Write("compat/run/pid", "1");
  home_.Make("compat/var");
  fs::create_symlink("../run", tree + "/var/run");
  fs::create_symlink("run/pid", tree + "/link");
  home_.Write("compat/usr/bin/tool", "text");
  fs::create_symlink("usr/bin", tree + "/bin");
  home_.Write("compat/secretive", "text", 0000);
  home_.Write("compat/with space/and 'quote'/f", "text");
  home_.Write("compat/\xc3\xa4/f", "text");
  (void)Link("project", "compat");
  fs::create_hard_link(home + "/compat/run/pid", tree + "/hard");

  auto inside = ProbeResults(
      Show(tree, false,
           {"read:/data/x/var/run/pid", "read:/data/x/link",
            "read:/data/x/bin/tool", "read:/data/x/hard",
            "read:/data/x/secretive", "read:/bin/true", "read:/lib64/../bin/sh",
            "exec:/bin/true", "read:/data/x/with space/and 'quote'/f"})
          .out);
  EXPECT_EQ(inside.size(), 9u);
  for (const auto& [operation, result] : inside) {
    EXPECT_EQ(result, operation.ends_with("secretive") ? "EACCES" : "0")
        << operation;
  }
  for (const char* path :
       {"./compat/run", "compat/run", "./project/run", "project/var/run",
        "./compat/var/../run", "compat//run/", "./compat/./run",
        "compat/var/run/."}) {
    ExpectShown(path, "pid");
  }
  ExpectShown("./compat/with space/and 'quote'", "f");
  ExpectShown("./compat/\xc3\xa4", "f");
  ExpectShown(home + "/project/var/run", "pid");
  ExpectShown("../" + fs::path(home).filename().string() + "/compat/run",
              "pid");
  // A project folder that is a link, and a bundle in one.
  const std::string file = Write("here", "untrusted", {"/bin/ls", "/data/x"},
                                 "", "    - {host: ./run, at: /data/x}\n");
  fs::copy_file(file, tree + "/here.yaml");
  for (const std::string& name :
       {home + "/project/here.yaml", std::string("project/here.yaml")}) {
    const Outcome outcome = Run({name}, {.directory = home});
    EXPECT_EQ(outcome.out, "pid\n") << name << outcome;
  }
  fs::copy_file(Compile(file), tree + "/here.rfb");
  const Outcome bundle = Run({"project/here.rfb"}, {.directory = home});
  EXPECT_EQ(bundle.out, "pid\n") << bundle;
}

// Parents that may be passed and not be read, as home directories are.
TEST_F(Tree, BelowParentsThatCannotBeReadIsShown) {
  const std::string outer = home_.Make("outer");
  home_.Write("outer/inner/tree/f", "text");
  for (const char* parent : {"/outer", "/outer/inner"}) {
    ASSERT_EQ(::chmod((home_.path() + parent).c_str(), 0711), 0);
    if (::geteuid() == 0) {
      ASSERT_EQ(::chown((home_.path() + parent).c_str(), 0, 0), 0);
    }
  }
  EXPECT_EQ(Outside({"list:" + outer}).begin()->second,
            ::geteuid() == 0 ? "EACCES" : "inner");
  ExpectShown(outer + "/inner/tree", "f");
  ExpectShown("./outer/inner/tree", "f");
  if (::geteuid() != 0) return;
  // Where it may not even be passed, the user could not get there either.
  ASSERT_EQ(::chmod(outer.c_str(), 0700), 0);
  ExpectRefused(outer + "/inner/tree", kMissing, "Permission denied");
  EXPECT_EQ(Outside({"list:" + outer + "/inner/tree"}).begin()->second,
            "EACCES");
}

}  // namespace
}  // namespace ringfence::live
