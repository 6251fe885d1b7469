#include "oci/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "../../differential/libseccomp.h"
#include "../../differential/random_policy.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "evaluate/evaluate.h"
#include "resolve/call.h"
#include "syntax/render.h"

namespace ringfence::oci {
namespace {

using model::Action;
using model::Answer;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

constexpr Answer kPermission{Action::kQuiet, EPERM};
constexpr Answer kMissing{Action::kQuiet, ENOSYS};

// The default profile of Podman, from golang-github-containers-common.
constexpr char kDefaultProfile[] = "/usr/share/containers/seccomp.json";

std::string ReadFile(const char* path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream.good()) << path;
  return {std::istreambuf_iterator<char>(stream), {}};
}

Imported Import(const std::string& text, const Host& host = {}) {
  syntax::Diagnostics diagnostics;
  auto imported = ImportOci(text, "p.json", host, diagnostics);
  EXPECT_TRUE(imported.has_value())
      << syntax::Render(diagnostics, {{"p.json", text}}, syntax::Colour::kOff);
  return imported ? *std::move(imported) : Imported{};
}

Answer Ask(const model::SeccompPolicy& policy, std::string_view call) {
  const auto parsed = resolve::ParseCall(call, policy.arch);
  EXPECT_TRUE(parsed.has_value()) << call;
  return Meaning(policy, *parsed);
}

// A profile with the default ENOSYS, so that what is not named is seen.
std::string Profile(const std::string& rules) {
  return R"({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,)"
         R"( "syscalls": [)" +
         rules + "]}";
}

std::string Rule(const std::string& name, const std::string& action,
                 const std::string& arguments = "") {
  return R"({"names": [")" + name + R"("], "action": "SCMP_ACT_)" + action +
         R"(", "args": [)" + arguments + "]}";
}

std::string Argument(int index, const std::string& op, const std::string& value,
                     const std::string& second = "0") {
  return R"({"index": )" + std::to_string(index) + R"(, "op": "SCMP_CMP_)" +
         op + R"(", "value": )" + value + R"(, "valueTwo": )" + second + "}";
}

TEST(ImportOci, Actions_AreThoseOfTheKernel) {
  const model::SeccompPolicy policy =
      Import(Profile(Rule("read", "ALLOW") + "," + Rule("write", "LOG") + "," +
                     Rule("open", "KILL") + "," + Rule("close", "KILL_THREAD") +
                     "," + Rule("stat", "KILL_PROCESS") + "," +
                     Rule("fstat", "TRAP") + "," + Rule("lstat", "TRACE") +
                     "," + Rule("poll", "NOTIFY") + "," +
                     Rule("lseek", "ERRNO")))
          .policy;
  EXPECT_EQ(Ask(policy, "read()"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "write()"), (Answer{Action::kLog, 0}));
  EXPECT_EQ(Ask(policy, "open()"), (Answer{Action::kKillThread, 0}));
  EXPECT_EQ(Ask(policy, "close()"), (Answer{Action::kKillThread, 0}));
  EXPECT_EQ(Ask(policy, "stat()"), model::kKilled);
  EXPECT_EQ(Ask(policy, "fstat()"), (Answer{Action::kTrap, 0}));
  EXPECT_EQ(Ask(policy, "lstat()"), (Answer{Action::kTrace, EPERM}));
  EXPECT_EQ(Ask(policy, "poll()"), (Answer{Action::kNotify, 0}));
  EXPECT_EQ(Ask(policy, "lseek()"), kPermission);
  EXPECT_EQ(Ask(policy, "getpid()"), kMissing);
  const auto program = compile::CompileSeccomp(policy);
  ASSERT_TRUE(program.has_value());
  EXPECT_TRUE(evaluate::Confirm(policy, *program).has_value());
}

TEST(ImportOci, Errno_ByNumberOrName) {
  const std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrno": "EACCES", "syscalls": [
    {"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 0},
    {"names": ["write"], "action": "SCMP_ACT_ERRNO", "errno": "ENOENT",
     "errnoRet": 2}]})";
  const model::SeccompPolicy policy = Import(text).policy;
  EXPECT_EQ(Ask(policy, "read()"), (Answer{Action::kQuiet, 0}));
  EXPECT_EQ(Ask(policy, "write()"), (Answer{Action::kQuiet, ENOENT}));
  EXPECT_EQ(Ask(policy, "0()"), Ask(policy, "read()"));
}

TEST(ImportOci, ArgumentsAreAnd_RulesAreOr_AllBitsCount) {
  const model::SeccompPolicy policy =
      Import(
          Profile(Rule("socket", "ALLOW",
                       Argument(0, "EQ", "1") + "," + Argument(2, "NE", "9")) +
                  "," + Rule("socket", "ALLOW", Argument(0, "GT", "40"))))
          .policy;
  EXPECT_EQ(Ask(policy, "socket(1, 0, 0)"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "socket(1, 0, 9)"), kMissing);
  EXPECT_EQ(Ask(policy, "socket(2, 0, 0)"), kMissing);
  EXPECT_EQ(Ask(policy, "socket(41, 0, 9)"), model::kAllowed);
  // The kernel sees family 1; libseccomp, and so this policy, does not.
  EXPECT_EQ(Ask(policy, "socket(0x100000001, 0, 9)"), model::kAllowed);
}

TEST(ImportOci, OneArgumentTwice_IsOr) {
  const Imported imported = Import(
      Profile(Rule("personality", "ALLOW",
                   Argument(0, "GE", "8") + "," + Argument(0, "LE", "2"))));
  EXPECT_EQ(Ask(imported.policy, "personality(1)"), model::kAllowed);
  EXPECT_EQ(Ask(imported.policy, "personality(5)"), kMissing);
  EXPECT_EQ(Ask(imported.policy, "personality(9)"), model::kAllowed);
  EXPECT_THAT(imported.notes, Contains(Field(&syntax::Note::message,
                                             HasSubstr("tested twice"))));
}

TEST(ImportOci, MaskedEqual_IgnoresBitsOutsideTheMask) {
  const Imported imported = Import(Profile(
      Rule("clone", "ALLOW", Argument(0, "MASKED_EQ", "2114060288", "1"))));
  EXPECT_EQ(Ask(imported.policy, "clone(17)"), model::kAllowed);
  EXPECT_EQ(Ask(imported.policy, "clone(CLONE_NEWUSER)"), kMissing);
  EXPECT_THAT(imported.notes, Contains(Field(&syntax::Note::message,
                                             HasSubstr("outside the mask"))));
}

TEST(ImportOci, ARuleWithoutArguments_Wins) {
  const Imported imported =
      Import(Profile(Rule("read", "LOG", Argument(0, "EQ", "1")) + "," +
                     Rule("read", "ALLOW") + "," + Rule("read", "TRAP")));
  EXPECT_EQ(Ask(imported.policy, "read(1)"), model::kAllowed);
  EXPECT_EQ(imported.notes.size(), 2u);
}

TEST(ImportOci, NewerThanEveryNamedCall_IsENOSYS) {
  const std::string text =
      R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [)" +
      Rule("read", "ALLOW") + "," + Rule("getpid", "ERRNO") + "]}";
  const Imported imported = Import(text);
  EXPECT_EQ(Ask(imported.policy, "write()"), kPermission);
  EXPECT_EQ(Ask(imported.policy, "getpid()"), kPermission);
  EXPECT_EQ(Ask(imported.policy, "sendfile()"), kMissing);
  EXPECT_EQ(Ask(imported.policy, "3000000000()"), kMissing);
  EXPECT_EQ(Ask(imported.policy, "1073741824()"), model::kKilled);
  for (const std::string lenient : {"ALLOW", "LOG", "TRACE"}) {
    const model::SeccompPolicy open =
        Import(R"({"defaultAction": "SCMP_ACT_)" + lenient +
               R"(", "syscalls": [)" + Rule("read", "ERRNO") + "]}")
            .policy;
    EXPECT_NE(Ask(open, "sendfile()"), kMissing) << lenient;
  }
}

TEST(ImportOci, IncludesAndExcludes_AreResolvedForTheHost) {
  const auto rule = [](const std::string& name, const std::string& filter) {
    return R"({"names": [")" + name + R"("], "action": "SCMP_ACT_ALLOW", )" +
           filter + "}";
  };
  const std::string text = Profile(
      rule("read", R"("includes": {"caps": ["CAP_CHOWN", "CAP_KILL"]})") + "," +
      rule("write", R"("excludes": {"caps": ["CAP_CHOWN", "CAP_KILL"]})") +
      "," + rule("open", R"("includes": {"minKernel": "4.8"})") + "," +
      rule("close", R"("includes": {"minKernel": "5.12.1"})") + "," +
      rule("stat", R"("includes": {"arches": ["arm64"]})") + "," +
      rule("fstat", R"("excludes": {"arches": ["arm64"]})") + "," +
      rule("lseek", R"("excludes": {"minKernel": "5.11"})"));
  const model::SeccompPolicy some =
      Import(text, {.capabilities = {"CAP_CHOWN"}, .kernel = {5, 11}}).policy;
  EXPECT_EQ(Ask(some, "read()"), kMissing);
  EXPECT_EQ(Ask(some, "write()"), kMissing);
  EXPECT_EQ(Ask(some, "open()"), model::kAllowed);
  EXPECT_EQ(Ask(some, "close()"), kMissing);
  EXPECT_EQ(Ask(some, "stat()"), kMissing);
  EXPECT_EQ(Ask(some, "fstat()"), model::kAllowed);
  EXPECT_EQ(Ask(some, "lseek()"), kMissing);
  const model::SeccompPolicy both =
      Import(text, {.capabilities = {"CAP_CHOWN", "CAP_KILL"}}).policy;
  EXPECT_EQ(Ask(both, "read()"), model::kAllowed);
  const model::SeccompPolicy arm =
      Import(text, {.arch = model::kArchAarch64}).policy;
  EXPECT_EQ(Ask(arm, "write()"), model::kAllowed);
  EXPECT_EQ(Ask(arm, "fstat()"), kMissing);
}

TEST(ImportOci, NothingIsDroppedWithoutANote) {
  const std::string text = R"({"defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    "flags": ["SECCOMP_FILTER_FLAG_LOG"],
    "syscalls": [
      {"names": ["read", "_llseek", "socketcall"], "action": "SCMP_ACT_ALLOW"},
      {"names": ["write"], "action": "SCMP_ACT_ERRNO"},
      {"names": ["open"], "action": "SCMP_ACT_ALLOW", "args": [
        {"index": 0, "op": "SCMP_CMP_EQ", "value": 1, "valueTwo": 2}]},
      {"names": ["uprobe"], "action": "SCMP_ACT_KILL"},
      {"names": ["chroot"], "action": "SCMP_ACT_ALLOW",
       "includes": {"caps": ["CAP_SYS_CHROOT"]}}]})";
  const Imported imported = Import(text);
  const auto has = [&](const char* message, uint32_t line) {
    EXPECT_TRUE(std::ranges::any_of(imported.notes,
                                    [&](const syntax::Note& note) {
                                      return note.message.find(message) !=
                                                 std::string::npos &&
                                             note.span.line == line;
                                    }))
        << message;
  };
  has("SCMP_ARCH_X86` is killed", 2);
  has("no part of the filter", 3);
  has("not on x86_64: _llseek, socketcall", 5);
  has("like the default", 6);
  has("looks at `valueTwo`", 8);
  has("pass, whatever", 9);
  has("for other hosts", 10);
  EXPECT_EQ(imported.notes.size(), 7u);
}

TEST(DefaultProfile, AnswersAsItsRulesSay) {
  const std::string text = ReadFile(kDefaultProfile);
  const model::SeccompPolicy policy = Import(text).policy;
  EXPECT_EQ(Ask(policy, "read()"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "chroot()"), kPermission);
  EXPECT_EQ(Ask(policy, "bpf()"), kPermission);
  EXPECT_EQ(Ask(policy, "personality(8)"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "personality(4)"), kMissing);
  EXPECT_EQ(Ask(policy, "personality(0x100000008)"), kMissing);
  EXPECT_EQ(Ask(policy, "personality(0xFFFFFFFF)"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "socket(16, 3, 9)"), (Answer{Action::kQuiet, EINVAL}));
  EXPECT_EQ(Ask(policy, "socket(16, 3, 0)"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "socket(2, 1, 9)"), model::kAllowed);
  EXPECT_EQ(Ask(policy, "1000()"), kMissing);
  const model::SeccompPolicy with =
      Import(text, {.capabilities = {"CAP_SYS_CHROOT"}}).policy;
  EXPECT_EQ(Ask(with, "chroot()"), model::kAllowed);
  EXPECT_EQ(Ask(with, "bpf()"), kPermission);
}

// The same file through libseccomp, by code that shares nothing with ours.
TEST(DefaultProfile, IsWhatLibseccompMakesOfIt) {
  const std::string text = ReadFile(kDefaultProfile);
  const model::SeccompPolicy policy = Import(text).policy;
  for (const uint32_t optimize : {1u, 2u}) {
    const auto code = LibseccompOfProfile(text, optimize);
    RandomPolicy random(20260601);
    size_t calls = 0;
    for (uint32_t number = 0; number < 600; ++number) {
      const model::CallPolicy* listed = Find(policy, number);
      for (int i = 0; i < 40; ++i, ++calls) {
        const model::Call call{.number = number,
                               .args = listed != nullptr
                                           ? random.ArgsNear(*listed)
                                           : random.Args()};
        const auto raw = evaluate::Evaluate(code, evaluate::ToData(call));
        const Answer answer = Meaning(policy, call);
        ASSERT_TRUE(raw && evaluate::Gives(*raw, answer))
            << number << " " << call.args[0] << " " << call.args[2];
      }
    }
    EXPECT_EQ(calls, 24'000u);
  }
}

}  // namespace
}  // namespace ringfence::oci
