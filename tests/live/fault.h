// Launches in which one system call goes wrong (inject/main.cc).
//
//   class Step : public FaultTest {};
//   TEST_F(Step, ...) {
//     ExpectRefused({kInit, SYS_setsid, 1, {}}, Fails{}, "setsid");
//   }
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "admit/ledger.h"
#include "live/sandbox.h"
#include "paths/paths.h"

namespace ringfence::live {

inline constexpr const char* kSupervisor = "supervisor";
inline constexpr const char* kInit = "init";
inline constexpr const char* kWorkload = "workload";

// A system call of a role, as inject/main.cc counts them.
struct Target {
  std::string role;
  long call = 0;
  long nth = 1;
  std::vector<std::string> select;  // --arg or --path
};

// What its caller is told.
struct Fails {
  int error = EPERM;
};
struct Returns {
  long value = 0;
};
struct ReturnsArgument {
  int index = 2;
};
using Effect = std::variant<Fails, Returns, ReturnsArgument>;

inline std::vector<std::string> OptionsOf(const Target& target,
                                          const Effect& effect) {
  std::vector<std::string> options = {"--role", target.role,
                                      "--call", std::to_string(target.call),
                                      "--nth",  std::to_string(target.nth)};
  options.insert(options.end(), target.select.begin(), target.select.end());
  struct Tell {
    std::vector<std::string>& options;
    void operator()(const Fails& e) {
      options.insert(options.end(), {"--error", std::to_string(e.error)});
    }
    void operator()(const Returns& e) {
      options.insert(options.end(), {"--return", std::to_string(e.value)});
    }
    void operator()(const ReturnsArgument& e) {
      options.insert(options.end(), {"--return-arg", std::to_string(e.index)});
    }
  };
  std::visit(Tell{options}, effect);
  return options;
}

inline std::string Describe(const Target& target) {
  std::string text = target.role + ", call " + std::to_string(target.call) +
                     ", number " + std::to_string(target.nth);
  for (const std::string& word : target.select) text += " " + word;
  return text;
}

// For what makes bundles of its own.
class InjectionTest : public SandboxTest {
 protected:
  struct Injected {
    Outcome outcome;
    long hits = 0;
    bool ran = false;
    // Calls in their order: role, number, argument 0.
    std::vector<std::tuple<std::string, long, uint64_t>> calls;
    // -1: no exit code.
    [[nodiscard]] int code() const {
      const auto* exited = std::get_if<Exited>(&outcome.end);
      return exited != nullptr ? exited->code : -1;
    }
  };

  // Launches bundle_ once; afterwards nothing may be left. With `files`
  // its streams are regular files, which the launcher never hands over. `more`:
  // options of the launcher's; 4 is a file that a status may be written to.
  Injected Launch(const std::vector<std::string>& options, bool files = false,
                  const std::vector<std::string>& more = {}) const {
    std::filesystem::remove(folder_ + "/ran");
    const std::string report = home_.path() + "/report";
    const UniqueFd bundle(::open(bundle_.c_str(), O_RDONLY | O_CLOEXEC));
    const UniqueFd status(::open((home_.path() + "/status").c_str(),
                                 O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    std::vector<std::string> line = {inject_, "--report", report};
    const std::string said = home_.path() + "/said";
    if (files) {
      std::filesystem::remove(said);
      line.insert(line.begin(),
                  {"/bin/sh", "-c",
                   "exec \"$0\" \"$@\" </etc/passwd >>" + said + " 2>&1"});
    }
    line.insert(line.end(), options.begin(), options.end());
    const std::string bin = home_.path() + "/bin/";
    line.insert(line.end(),
                {"--", bin + "ringfence-launch", "--bundle", "3", "--base",
                 home_.path(), "--relay", bin + "ringfence-relay"});
    line.insert(line.end(), more.begin(), more.end());
    std::map<int, int> descriptors = {{3, bundle.get()}};
    if (!more.empty()) descriptors[4] = status.get();
    Injected injected{.outcome =
                          RunAs(user_, line, {.descriptors = descriptors})};
    injected.ran = std::filesystem::exists(folder_ + "/ran");
    if (files) injected.outcome.err = TextOf(said);
    ReadReport(report, injected);
    ExpectNothingLeft();
    return injected;
  }

  static void ReadReport(const std::string& path, Injected& injected) {
    std::ifstream file(path);
    std::string role;
    long number = 0;
    for (uint64_t argument = 0; file >> role >> number;) {
      if (role == "hits") {
        injected.hits = number;
      } else if (file >> argument) {
        injected.calls.emplace_back(role, number, argument);
      }
    }
  }

  void ExpectNothingLeft() const {
    EXPECT_TRUE(Eventually([&] { return ProcessesOf(user_.uid).empty(); }));
    const auto ledger = admit::Ledger::Open(model::HostUid(user_.uid));
    ASSERT_TRUE(ledger);
    const auto running = ledger->Running();
    ASSERT_TRUE(running);
    EXPECT_TRUE(running->empty());
  }

  const std::string folder_ = home_.Make("marker", 0777);
  const std::string inject_ = home_.Install("inject");
  std::string bundle_;
  std::map<int, int> codes_;  // how often a launch ended with each
};

// With a bundle whose program makes a file `ran` in folder_.
class FaultTest : public InjectionTest {
 protected:
  void SetUp() override {
    bundle_ = Compile(Write("faulty", "untrusted",
                            {"/usr/bin/touch", "/data/m/ran"}, "",
                            "  write:\n    - {host: " + folder_ +
                                ", at: /data/m}\n  scratch: [/work/s]\n"));
  }

  // The program has not run, the exit code is one of Ringfence's own, and
  // something was said.
  void ExpectRefused(const Target& target, const Effect& effect,
                     const std::string& says, bool files = false) {
    SCOPED_TRACE(Describe(target));
    // So that there is nothing to tidy up in the ledger, which would be one
    // call more.
    if (target.role == kSupervisor) (void)Launch({});
    const Injected injected = Launch(OptionsOf(target, effect), files);
    EXPECT_EQ(injected.hits, 1) << "there was no such call";
    EXPECT_FALSE(injected.ran) << "the program ran";
    EXPECT_THAT(injected.code(),
                ::testing::AllOf(::testing::Ge(120), ::testing::Le(126),
                                 ::testing::Ne(124)))
        << injected.outcome;
    EXPECT_THAT(injected.outcome.err, ::testing::HasSubstr("refused: "));
    EXPECT_THAT(injected.outcome.err, ::testing::HasSubstr(says));
    ++injections_;
    ++codes_[injected.code()];
  }

  void Print(const char* what) const {
    std::printf("  %d times %s:", injections_, what);
    for (const auto& [code, times] : codes_) {
      std::printf(" exit code %d: %d", code, times);
    }
    std::printf("\n");
  }

 private:
  int injections_ = 0;
};

// For prctl(2), whose first argument says what it does.
inline std::vector<std::string> Option(long value) {
  return {"--arg", "0=" + std::to_string(value)};
}

}  // namespace ringfence::live
