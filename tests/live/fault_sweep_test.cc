// Every system call that a launch makes, on several ways through it, is made to
// fail, and every one that could be told to have worked without having done
// anything is told so. The calls are those of a launch that was traced, so
// that a new one cannot be forgotten.
//
// Either nothing has run and a message says why, or the program found around
// it exactly what it finds without the fault. A test takes a sample: of each
// call by each process the first, the last and one between, with one error; of
// the other ways what the plain launch has not. With RINGFENCE_SWEEP=full it is
// all of them with all errors, and with RINGFENCE_SWEEP_WAY=NAME of one way
// (docs/assurance.md).
//
// In a virtual machine (tests/vm) two more ways, and only these:
// RINGFENCE_SWEEP_CGROUP=DIR is a launch into that cgroup v2, with the calls of
// ringfence-cli, which divides it, of each the first and the last;
// RINGFENCE_SWEEP_LABEL=1 one whose label AppArmor or SELinux gives, of which
// the calls that select it and hear the stub.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <regex>
#include <set>

#include "live/fault.h"
#include "live/fault_calls.h"
#include "live/terminal.h"

namespace ringfence::live {
namespace {

using Facts = std::map<std::string, std::string>;

struct Way {
  std::string name;
  std::string bundle;
  bool files = false;
  bool terminal = false;
  bool status = false;
  std::vector<std::string> run = {};  // options of `ringfence run`
  std::set<long> calls = {};          // only these; none: all
  bool between = true;                // one between first and last, too
  bool elsewhere = false;             // it is swept in another run
};

enum class Verdict {
  kRefused,     // nothing has run, and why was said
  kRan,         // with everything around it
  kEnded,       // it was ended once it had started
  kDied,        // the launcher, by the C library or by a check of its own
  kNotReached,  // this time there was no such call
  kBroken,
};

class Sweep : public InjectionTest {
 protected:
  void SetUp() override {
    const std::string write = "  write:\n    - {host: " + folder_ +
                              ", at: /data/m}\n" + "  scratch: [/work/s]\n";
    const std::vector<std::string> command = {
        "/bin/sh", "-c",
        "echo ran >/data/m/ran; /opt/probe id sandbox list:/ userns "
        "write_exec:/tmp create:/usr/new connect:127.0.0.1:9 "
        "socket:AF_VSOCK,SOCK_STREAM,0 read:/proc/1/environ >/data/m/facts"};
    const auto make = [&](const std::string& name, const std::string& level,
                          const std::string& handover) {
      std::string more;
      if (!handover.empty()) {
        more =
            "network:\n  mode: listen\n  listen:\n    - {bind: "
            "\"127.0.0.1:18765\", handover: " +
            handover + "}\n";
      }
      return Compile(Write(name, level, command, write + more));
    };
    const std::string plain = make("plain", "untrusted", "");
    if (const char* const cgroup = std::getenv("RINGFENCE_SWEEP_CGROUP")) {
      ways_ = {{.name = "plain", .bundle = plain, .elsewhere = true},
               {.name = "cgroup",
                .bundle = plain,
                .run = {"--cgroup", cgroup},
                .between = false}};
    } else if (std::getenv("RINGFENCE_SWEEP_LABEL") != nullptr) {
      ways_ = {{.name = "label",
                .bundle = plain,
                .calls = {SYS_openat, SYS_write, SYS_pipe2, SYS_dup2, SYS_read,
                          SYS_execve, SYS_prctl}}};
    } else {
      ways_ = {
          {.name = "plain", .bundle = plain},
          {.name = "files", .bundle = plain, .files = true, .status = true},
          {.name = "relay", .bundle = make("relayed", "public", "relay")},
          {.name = "fds", .bundle = make("handed", "public", "fds")},
          {.name = "terminal", .bundle = plain, .terminal = true},
          {.name = "wait", .bundle = plain, .run = {"--wait=5s"}}};
    }
    if (const char* const only = std::getenv("RINGFENCE_SWEEP_WAY")) {
      for (Way& way : ways_) way.elsewhere |= way.name != only;
    }
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    const std::string path = home_.path() + "/manager";
    std::memcpy(address.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(manager_.get(), reinterpret_cast<sockaddr*>(&address),
                     sizeof address),
              0);
    ASSERT_EQ(::chmod(path.c_str(), 0666), 0);
  }

  Injected Go(const Way& way, const std::vector<std::string>& options) {
    std::filesystem::remove(folder_ + "/ran");
    std::filesystem::remove(folder_ + "/facts");
    bundle_ = way.bundle;
    if (!way.run.empty()) return LaunchByCommand(options, way.run);
    if (!way.terminal) {
      std::vector<std::string> more;
      if (way.status) {
        std::filesystem::remove(home_.path() + "/status");
        more = {"--status-file", "4"};
      }
      return Launch(options, way.files, more);
    }
    const std::string report = home_.path() + "/report";
    std::vector<std::string> line = {
        "/usr/bin/env", "NOTIFY_SOCKET=" + home_.path() + "/manager", inject_,
        "--report", report};
    line.insert(line.end(), options.begin(), options.end());
    line.insert(line.end(), {"--", ringfence_, "run", bundle_});
    TerminalRun run(user_, line);
    Injected injected{.outcome = {.end = run.Wait(), .out = "", .err = ""}};
    injected.outcome.err = run.output();
    // A supervisor that aborts, as for want of a clock, puts nothing back.
    const auto* exited = std::get_if<Exited>(&injected.outcome.end);
    modes_kept_ = run.Modes() == run.first_modes() ||
                  (exited != nullptr && exited->code == 128 + SIGABRT);
    ReadReport(report, injected);
    ExpectNothingLeft();
    return injected;
  }

  // By what people type: ringfence-cli comes first.
  Injected LaunchByCommand(const std::vector<std::string>& options,
                           const std::vector<std::string>& run) const {
    const std::string report = home_.path() + "/report";
    std::vector<std::string> line = {inject_, "--report", report};
    line.insert(line.end(), options.begin(), options.end());
    line.insert(line.end(), {"--", ringfence_, "run"});
    line.insert(line.end(), run.begin(), run.end());
    line.push_back(bundle_);
    Injected injected{.outcome = RunAs(user_, line)};
    ReadReport(report, injected);
    ExpectNothingLeft();
    return injected;
  }

  // What the program wrote down, without what is another's each time.
  Facts FactsNow() const {
    static const std::regex kNumber("\\[[0-9]+\\]|/dev/pts/[0-9]+");
    Facts facts;
    std::ifstream file(folder_ + "/facts");
    for (std::string line; std::getline(file, line);) {
      const size_t equals = line.find('=');
      if (equals == std::string::npos) continue;
      facts[line.substr(0, equals)] =
          std::regex_replace(line.substr(equals + 1), kNumber, "[]");
    }
    // Its own, whatever their numbers are.
    std::ifstream again(folder_ + "/facts");
    for (std::string line; std::getline(again, line);) {
      for (const char* name : {"ipc", "mnt", "net", "pid", "user", "uts"}) {
        const std::string start = "id.ns." + std::string(name) + "=";
        if (!line.starts_with(start)) continue;
        if (line.substr(start.size()) ==
            std::filesystem::read_symlink("/proc/self/ns/" +
                                          std::string(name))) {
          facts["id.ns." + std::string(name)] = "the host's";
        }
      }
    }
    return facts;
  }

  static bool IsBorne(const Target& target, std::string_view fact) {
    return std::ranges::any_of(kBorne, [&](const Borne& row) {
      return target.role == row.role && target.call == row.call &&
             fact.starts_with(row.fact);
    });
  }

  // Facts that differ and may not.
  static std::vector<std::string> Differences(const Facts& one,
                                              const Facts& other,
                                              const Target& target) {
    std::set<std::string> names;
    for (const auto& [name, value] : one) names.insert(name);
    for (const auto& [name, value] : other) names.insert(name);
    std::vector<std::string> found;
    for (const std::string& name : names) {
      const auto in = [&](const Facts& facts) {
        const auto at = facts.find(name);
        return at == facts.end() ? "(none)" : at->second;
      };
      if (in(one) == in(other)) continue;
      const bool borne = IsBorne(target, name);
      if (!borne) found.push_back(name + ": " + in(one) + " -> " + in(other));
    }
    return found;
  }

  Verdict Judge(const Way& way, const Target& target, const Effect& effect,
                const Facts& expected) {
    SCOPED_TRACE(Describe(target) + " " + Name(effect));
    const Injected injected = Go(way, OptionsOf(target, effect));
    if (injected.hits == 0) return Verdict::kNotReached;
    // Where that fails which puts them back, nothing else can; getpgrp, which
    // tells whose terminal it is, fails in no kernel.
    EXPECT_TRUE(modes_kept_ || target.call == SYS_ioctl ||
                target.call == SYS_getpgrp)
        << Describe(target) << ": the terminal's modes were changed"
        << injected.outcome;
    const auto broken = [&](const std::string& why) {
      ADD_FAILURE() << way.name << ": " << Describe(target) << " "
                    << Name(effect) << ": " << why << injected.outcome;
      return Verdict::kBroken;
    };
    const bool ran = std::filesystem::exists(folder_ + "/ran");
    const std::string& said = injected.outcome.err;
    const bool own = injected.code() >= 120 && injected.code() <= 127 &&
                     injected.code() != 124;
    ++codes_[injected.code()];
    // Without memory a program does not get as far as its own main(); a check
    // of its own says that it is one.
    const bool died = injected.code() == 127 || injected.code() == 134 ||
                      injected.code() == 139;
    if (died && target.role == kSupervisor &&
        (IsOfTheLibrary(target.call) ||
         said.find("ringfence: internal error: ") != said.npos)) {
      return Verdict::kDied;
    }
    if (injected.code() > 0 && injected.code() < 120 &&
        IsBorne(target, "exit")) {
      return Verdict::kRan;
    }
    if (!ran) {
      if (!own) return broken("the exit code is not one of a refusal");
      if (said.find("ringfence: ") == said.npos) return broken("nothing said");
      return Verdict::kRefused;
    }
    const Facts facts = FactsNow();
    if (injected.code() == 0) {
      const auto differ = Differences(expected, facts, target);
      if (!differ.empty()) return broken(::testing::PrintToString(differ));
      return Verdict::kRan;
    }
    // It was ended before it had looked at everything: what it saw holds.
    for (const auto& [name, value] : facts) {
      const auto at = expected.find(name);
      if (name.starts_with("id.init")) continue;
      if (at == expected.end() || at->second != value) {
        return broken(name + "=" + value);
      }
    }
    if (!own) return broken("exit code");
    if (said.find("ringfence: ") == said.npos) return broken("nothing said");
    return Verdict::kEnded;
  }

  // Calls that the C library makes for itself, most of them before main() is
  // there; without an answer it aborts.
  static bool IsOfTheLibrary(long call) {
    return call == SYS_brk || call == SYS_mmap || call == SYS_mprotect ||
           call == SYS_arch_prctl || call == SYS_set_tid_address ||
           call == SYS_futex;
  }

  static std::string Name(const Effect& effect) {
    if (const auto* fails = std::get_if<Fails>(&effect)) {
      return ::strerrorname_np(fails->error);
    }
    return "without effect";
  }
  // Role and number of a call, and how often the launch makes it.
  using Times = std::map<std::pair<std::string, long>, long>;

  // The calls of a launch, and those before its program is Ringfence's launcher
  // (ringfence-cli comes first where there is something to be prepared).
  struct Calls {
    Times times;
    Times before;
  };
  static Calls CallsOf(const Injected& clean) {
    Calls calls;
    for (const auto& [role, number, argument] : clean.calls) {
      ++calls.times[{role, number}];
      if (role == kSupervisor && number == SYS_execve) {
        calls.before = calls.times;
      }
    }
    return calls;
  }

  static bool IsFull() {
    const char* const text = std::getenv("RINGFENCE_SWEEP");
    return text != nullptr && std::string_view(text) == "full";
  }

  // What a launcher that died has left there. The next one would do it, by
  // calls that the first had not to make.
  void TidyLedger() const {
    const model::HostUid uid{user_.uid};
    const auto ledger = admit::Ledger::Open(uid);
    ASSERT_TRUE(ledger);
    auto claim = ledger->Admit(
        {.level = {.name = "untrusted"}, .name = "tidier", .uid = uid});
    ASSERT_TRUE(claim);
    EXPECT_TRUE(claim->Release());
  }

  void Run(const Way& way, const Times& known, bool no_effect) {
    const Injected clean = Go(way, {});
    ASSERT_EQ(clean.outcome.end, End(Exited{0})) << way.name << clean.outcome;
    const Facts expected = FactsNow();
    ASSERT_GT(expected.size(), 60u) << way.name;
    // The control of the comparison: outside, it all is different.
    const Calls calls = CallsOf(clean);
    std::map<Verdict, int> verdicts;
    int injections = 0;
    for (const auto& [call, times] : calls.times) {
      const auto& [role, number] = call;
      if (role == "other") continue;
      if (!way.calls.empty() &&
          (!way.calls.contains(number) || role == kSupervisor)) {
        continue;
      }
      const auto at = [&](const Times& table) {
        const auto found = table.find(call);
        return found == table.end() ? 0 : found->second;
      };
      // What ringfence-cli does is a part of the ways that name it.
      // The first execve is the injector's own.
      const long first = way.run.empty() ? at(calls.before) + 1
                         : number == SYS_execve && role == kSupervisor ? 2
                                                                       : 1;
      if (times < first) continue;
      ASSERT_TRUE(kAnswers.contains(number) || kEffects.contains(number))
          << role << " makes call " << number
          << ", of which this test does not know what it is for";
      if (no_effect && !kEffects.contains(number)) continue;
      std::set<long> which;
      if (times + 1 - first <= at(known)) continue;
      which = {first, times};
      if (way.between) which.insert(first + (times - first) / 2);
      for (long nth = first; IsFull() && nth <= times; ++nth) which.insert(nth);
      std::vector<Effect> effects;
      if (no_effect) {
        effects = {NoEffectOf(number)};
      } else {
        for (const int error : ErrorsOf(number)) {
          effects.emplace_back(Fails{error});
          if (!IsFull()) break;
        }
      }
      for (const long nth : which) {
        for (const Effect& effect : effects) {
          ++injections;
          ++verdicts[Judge(way, {role, number, nth, {}}, effect, expected)];
          if (role == kSupervisor) TidyLedger();
        }
      }
    }
    std::printf(
        "  %s, %s: %d injections: %d refused, %d ran with everything, "
        "%d ended, %d died, %d not reached, %d broken\n",
        way.name.c_str(), no_effect ? "without effect" : "failing", injections,
        verdicts[Verdict::kRefused], verdicts[Verdict::kRan],
        verdicts[Verdict::kEnded], verdicts[Verdict::kDied],
        verdicts[Verdict::kNotReached], verdicts[Verdict::kBroken]);
    std::fflush(stdout);
    EXPECT_GT(verdicts[Verdict::kRefused],
              known.empty() && way.calls.empty() ? 20 : -1);
    // How often something is waited for differs from launch to launch.
    EXPECT_LE(verdicts[Verdict::kNotReached] * 8, injections);
  }

  void RunAll(bool no_effect) {
    const Times plain = CallsOf(Go(ways_.front(), {})).times;
    for (const Way& way : ways_) {
      SCOPED_TRACE(way.name);
      if (way.elsewhere) continue;
      Run(way, &way == &ways_.front() ? Times{} : plain, no_effect);
    }
    std::printf("  exit codes:");
    for (const auto& [code, times] : codes_) {
      std::printf(" %d: %d", code, times);
    }
    std::printf("\n");
  }

  std::vector<Way> ways_;
  bool modes_kept_ = true;  // of the last launch's terminal
  const UniqueFd manager_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(Sweep, OfFailuresNeverLeavesAProgramWithLess) { RunAll(false); }

TEST_F(Sweep, OfCallsWithoutEffectNeverLeavesAProgramWithLess) { RunAll(true); }

// The comparison would see a difference: outside nearly all is different.
TEST_F(Sweep, ComparesWhatDiffersOutside) {
  (void)Go(ways_.front(), {});
  const Facts inside = FactsNow();
  const Outcome outside = RunAs(
      user_,
      {"/bin/sh", "-c", probe_ + " id list:/ userns >" + folder_ + "/facts"});
  EXPECT_EQ(outside.end, End(Exited{0})) << outside;
  EXPECT_GT(Differences(inside, FactsNow(), {}).size(), 40u);
}

}  // namespace
}  // namespace ringfence::live
