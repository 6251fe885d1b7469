#include "host/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace ringfence::host {
namespace {

using Kind = CgroupName::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace fs = std::filesystem;

// A /proc and a /run that the test fills.
class ForeignTest : public testing::Test {
 protected:
  ForeignTest() {
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    roots_ = {folder_ + "/proc", folder_ + "/run", 100};
    Add(1, {.command = "init"});
    Add(100, {.command = "ringfence"});
  }
  ~ForeignTest() override { fs::remove_all(folder_); }

  struct Shape {
    std::string command = "sh";
    std::string ids = {};  // NSpid; default: its id alone
    std::string group = "/";
    pid_t parent = 1;
    uint32_t uid = 0;
    char state = 'S';
    int threads = 1;
  };
  void Add(pid_t pid, const Shape& shape) {
    const std::string own = roots_.proc + "/" + std::to_string(pid);
    fs::create_directories(own);
    std::ofstream(own + "/status")
        << "Name:\t" << shape.command << "\nState:\t" << shape.state
        << " (so)\nPPid:\t" << shape.parent << "\nThreads:\t" << shape.threads
        << "\nUid:\t" << shape.uid << "\t0\t0\t0\nNSpid:\t"
        << (shape.ids.empty() ? std::to_string(pid) : shape.ids) << "\n";
    std::ofstream(own + "/cgroup")
        << "4:memory:/elsewhere\n0::" << shape.group << "\n";
  }
  void AddState(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(roots_.run + path).parent_path());
    std::ofstream(roots_.run + path) << text;
  }
  std::vector<std::string> Names(std::span<const admit::Entry> own = {}) {
    std::vector<std::string> names;
    for (const Foreign& foreign : FindForeign(roots_, own).found) {
      names.push_back(foreign.name);
    }
    return names;
  }
  static admit::Entry Own(pid_t supervisor, pid_t init) {
    return {.record = {.name = "own",
                       .level = {.name = "public"},
                       .supervisor = {supervisor, 1},
                       .init = {init, 1}}};
  }

  std::string folder_ = "/tmp/ringfence-foreign-XXXXXX";
  ForeignRoots roots_;
};

TEST_F(ForeignTest, AnEmptyHostHasNone) { EXPECT_THAT(Names(), IsEmpty()); }

TEST_F(ForeignTest, ContainersAndServicesAreNamedOnceWithTheirFirstProcess) {
  const std::string id(64, 'b');
  Add(210, {.group = "/system.slice/ssh.service"});
  Add(211, {.group = "/system.slice/ssh.service", .parent = 210});
  Add(220, {.ids = "220 1", .group = "/docker/" + id, .uid = 5});
  Add(221, {.ids = "221 7", .group = "/docker/" + id, .parent = 220});
  const ForeignView view = FindForeign(roots_, {});
  EXPECT_THAT(
      view.found,
      ElementsAre(Foreign{Kind::kContainer, "docker:bbbbbbbbbbbb", 220, 5},
                  Foreign{Kind::kService, "ssh.service", 210, 0}));
}

// What is dead and not yet waited for holds nothing; a process whose first
// thread alone has ended does.
TEST_F(ForeignTest, TheDeadAreNotNamed) {
  Add(300, {.command = "dead", .ids = "300 1", .state = 'Z'});
  Add(310, {.command = "alive", .ids = "310 1", .state = 'Z', .threads = 2});
  EXPECT_THAT(Names(), ElementsAre("pidns:alive"));
}

TEST_F(ForeignTest, APidNamespaceIsEnoughAndTheStateGivesTheName) {
  Add(300, {.command = "nginx", .ids = "300 1"});
  Add(301, {.ids = "301 2", .parent = 300});
  EXPECT_THAT(Names(), ElementsAre("pidns:nginx"));
  AddState("/crun/web/status", R"({"pid": 300, "cgroup-path": "/x"})");
  EXPECT_THAT(Names(), ElementsAre("crun:web"));
}

TEST_F(ForeignTest, EveryRuntimesStateIsRead) {
  for (const pid_t pid : {400, 401, 402, 403}) {
    Add(pid, {.ids = std::to_string(pid) + " 1"});
  }
  AddState("/runc/a/state.json", R"({"init_process_pid": 400})");
  AddState("/user/1000/crun/b/status", R"({"pid": 401})");
  AddState("/containerd/io.containerd.runtime.v2.task/k8s.io/c/init.pid",
           "402");
  AddState("/docker/runtime-runc/moby/" + std::string(64, 'd') + "/state.json",
           R"({"init_process_pid": 403})");
  AddState("/runc/broken/state.json", "{");
  EXPECT_THAT(Names(), ElementsAre("containerd:c", "crun:b",
                                   "docker:dddddddddddd", "runc:a"));
}

TEST_F(ForeignTest, WhatTheLedgerKnowsIsNotForeign) {
  Add(500, {.group = "/system.slice/shop.service"});
  Add(501,
      {.ids = "501 1", .group = "/system.slice/shop.service", .parent = 500});
  Add(502,
      {.ids = "502 2", .group = "/system.slice/shop.service", .parent = 501});
  // The control: without the ledger it is.
  EXPECT_THAT(Names(), ElementsAre("pidns:sh", "shop.service"));
  const std::vector<admit::Entry> own = {Own(500, 501)};
  EXPECT_THAT(Names(own), IsEmpty());
}

TEST_F(ForeignTest, WhatTheCallerIsAPartOfIsNotForeign) {
  Add(100, {.command = "ringfence", .group = "/system.slice/ci.service"});
  Add(600, {.group = "/system.slice/ci.service"});
  Add(601, {.group = "/system.slice/other.service"});
  EXPECT_THAT(Names(), ElementsAre("other.service"));
}

TEST_F(ForeignTest, HiddenProcessesAreSaid) {
  EXPECT_FALSE(FindForeign(roots_, {}).hidden);
  fs::remove_all(roots_.proc + "/1");
  const ForeignView view = FindForeign(roots_, {});
  EXPECT_TRUE(view.hidden);
  EXPECT_THAT(view.limits, ElementsAre(HasSubstr("/proc hides")));
}

TEST(RefusedBy, FollowsTheRulesForEveryCombination) {
  const std::vector<Foreign> found = {{Kind::kContainer, "crun:web", 1, 0},
                                      {Kind::kService, "ssh.service", 2, 0}};
  using enum model::ForeignAnswer;
  for (const auto containers : {kName, kRefuse}) {
    for (const auto services : {kName, kRefuse}) {
      for (const std::vector<std::string>& known : {std::vector<std::string>{},
                                                    {"crun:web"},
                                                    {"ssh*"},
                                                    {"crun:w"},
                                                    {"*"}}) {
        const model::HostPolicy policy{
            .containers = containers, .services = services, .known = known};
        std::vector<Foreign> expected;
        const std::string key = known.empty() ? "" : known.front();
        if (containers == kRefuse && key != "crun:web" && key != "*") {
          expected.push_back(found[0]);
        }
        if (services == kRefuse && key != "ssh*" && key != "*") {
          expected.push_back(found[1]);
        }
        EXPECT_EQ(RefusedBy(policy, found), expected) << key;
        EXPECT_EQ(model::AsksForForeign(policy),
                  containers == kRefuse || services == kRefuse);
      }
    }
  }
}

}  // namespace
}  // namespace ringfence::host
