// The commands as people run them: what they print, and their exit codes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bpf/program.h"
#include "cli/child.h"
#include "prove/shipped.h"
#include "sepol/link.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;
using bpf::Instruction;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Commands : public testing::Test {
 protected:
  Commands() {
    std::string name = (fs::temp_directory_path() / "commands-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Commands() override { fs::remove_all(folder_); }

  static ChildResult Run(std::vector<std::string> words) {
    words.insert(words.begin(), BinaryDirectory() + "/bin/ringfence");
    auto done = RunChild(words, "");
    EXPECT_TRUE(done.has_value());
    return done.value_or(ChildResult{});
  }

  std::string Write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary | std::ios::trunc) << text;
    return folder_ / name;
  }

  std::string WriteProgram(const std::string& name,
                           const std::vector<Instruction>& code) const {
    return Write(name, {reinterpret_cast<const char*>(code.data()),
                        code.size() * sizeof(Instruction)});
  }

  static std::string Shipped(const std::string& level) {
    return SourceDirectory() + "/profiles/" + level + ".yaml";
  }

  fs::path folder_;
};

constexpr Instruction kLoadNumber{BPF_LD | BPF_W | BPF_ABS, 0, 0, 0};
constexpr Instruction kLoadArch{BPF_LD | BPF_W | BPF_ABS, 0, 0, 4};
constexpr Instruction kAllow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
constexpr Instruction kDeny{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 1};
constexpr Instruction kKill{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS};
Instruction Equal(uint32_t k, uint8_t yes, uint8_t no) {
  return {BPF_JMP | BPF_JEQ | BPF_K, yes, no, k};
}

TEST_F(Commands, ProveHoldsForEveryShippedLevel) {
  const auto done = Run({"prove", Shipped("critical"), Shipped("internal"),
                         Shipped("public"), Shipped("untrusted")});
  EXPECT_EQ(done.exit_code, 0) << done.output << done.errors;
  EXPECT_THAT(done.output, HasSubstr("inside those of critical"));
  EXPECT_THAT(done.output, Not(HasSubstr("refuted")));
  EXPECT_EQ(Run({"prove", Shipped("critical"), Shipped("internal"),
                 Shipped("public"), Shipped("untrusted")})
                .output,
            done.output);
}

TEST_F(Commands, ProveFailsForATestThatDoesNotHold) {
  std::string text = ReadText(Shipped("public"));
  const size_t at = text.find("expect: EPERM}");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 14, "expect: allow}");
  const auto done = Run({"prove", Write("public.yaml", text)});
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("refuted   its test "));
}

// The gates that ship, and one that public breaks.
TEST_F(Commands, ProveTriesTheRulesOfTheGatesThatAreAboutALevel) {
  const auto shipped = Run({"prove", Shipped("public")});
  EXPECT_EQ(shipped.exit_code, 0) << shipped.output << shipped.errors;
  EXPECT_THAT(shipped.output,
              HasSubstr("proved    it keeps the rule baseline/known-sockets"));
  EXPECT_THAT(
      shipped.output,
      HasSubstr("proved    it keeps the rule restricted/inside-public"));
  EXPECT_THAT(Run({"prove", Shipped("critical")}).output,
              Not(HasSubstr("the rule restricted/")));

  fs::create_directories(folder_ / "policies");
  Write("policies/g.yaml",
        "kind: Gate\nname: g\nrules:\n"
        "  - {id: a, severity: warning, reason: r, never_allows: {syscall: "
        "socket, when: {family: AF_INET6}}}\n"
        "  - {id: b, severity: error, reason: r, at_most: untrusted}\n");
  const auto broken =
      Run({"prove", Shipped("public"), "--policy", folder_ / "policies",
           "--emit-smt2", folder_ / "smt2"});
  EXPECT_EQ(broken.exit_code, 1) << broken.errors;
  EXPECT_THAT(broken.output,
              HasSubstr("refuted   it keeps the rule g/a (`socket` is allowed: "
                        "socket(AF_INET6, 0, 0) on x86_64 is allowed)"));
  EXPECT_THAT(broken.output, HasSubstr("refuted   it keeps the rule g/b"));
  EXPECT_TRUE(fs::exists(folder_ / "smt2/public-keeps-g-a-x86_64-socket.smt2"));
  EXPECT_EQ(
      Run({"prove", Shipped("public"), "--policy", folder_ / "none"}).exit_code,
      2);
  Write("policies/h.yaml", "kind: Gate\nname: h\n");
  EXPECT_EQ(Run({"prove", Shipped("public"), "--policy", folder_ / "policies"})
                .exit_code,
            3);
}

// What was proved stands beside what was written, by the digest of the bytes.
TEST_F(Commands, CompileSaysWhatWasProvedOnWhichDigest) {
  ASSERT_EQ(
      Run({"compile", Shipped("public"), "-o", folder_ / "out"}).exit_code, 0);
  const auto manifest =
      nlohmann::json::parse(ReadText(folder_ / "out/manifest.json"));
  ASSERT_EQ(manifest["proved"].size(), 2u);
  for (const auto& proof : manifest["proved"]) {
    EXPECT_EQ(proof["claim"], "the filter equals its source");
    const std::string file = proof["file"];
    EXPECT_EQ(proof["program"], manifest["files"][file]["blake2b-256"]);
    const auto sum =
        RunChild({"b2sum", "-l", "256", folder_ / "out" / file}, "");
    ASSERT_TRUE(sum && sum->exit_code == 0);
    EXPECT_THAT(sum->output,
                testing::StartsWith(proof["program"].get<std::string>()));
  }
  EXPECT_NE(manifest["proved"][0]["source"], manifest["proved"][1]["source"]);
}

TEST_F(Commands, NothingSwitchesProofsOff) {
  EXPECT_EQ(
      Run({"compile", "--no-prove", Shipped("public"), "-o", folder_ / "out"})
          .exit_code,
      2);
  EXPECT_FALSE(fs::exists(folder_ / "out/public.bpf"));
}

TEST_F(Commands, ProveWritesItsQuestions) {
  const std::string to = folder_ / "smt2";
  const auto done = Run({"prove", Shipped("public"), "--emit-smt2", to});
  ASSERT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_TRUE(fs::exists(to + "/public-equals-x86_64-socket.smt2"));
  EXPECT_TRUE(fs::exists(to + "/public-equals-x86_64-whole.smt2"));
  EXPECT_THAT(ReadText(to + "/public-equals-x86_64-socket.smt2"),
              HasSubstr("(check-sat)"));
}

TEST_F(Commands, DiffNamesTheCallAndBothLines) {
  const std::string text = ReadText(Shipped("critical"));
  std::string wider = text;
  wider.replace(wider.find("AF_INET6]"), 9, "AF_INET6, AF_VSOCK]");
  wider.replace(wider.find("processes: 16384"), 16, "processes: 16385");
  fs::copy(SourceDirectory() + "/profiles/groups", folder_ / "groups");
  const std::string before = Write("before.yaml", text);
  const std::string after = Write("after.yaml", wider);
  const auto done = Run({"diff", before, after});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_THAT(
      done.output,
      testing::ContainsRegex("socket\\(AF_VSOCK, SOCK_STREAM, 0\\): was EPERM "
                             "by .*before.yaml:[0-9]+, now allowed by "
                             ".*after.yaml:[0-9]+\n"));
  EXPECT_THAT(done.output, HasSubstr("processes is 16385, before: 16384"));
  EXPECT_EQ(Run({"diff", before, after, "--fail-on-loosening"}).exit_code, 1);
  EXPECT_EQ(Run({"diff", after, before, "--fail-on-loosening"}).exit_code, 0);
  const auto json = nlohmann::json::parse(
      Run({"diff", before, after, "--format", "json"}).output);
  EXPECT_EQ(json["diffs"][0]["loosening"], true);
  EXPECT_EQ(json["diffs"][0]["calls"][0]["change"], "newly-allowed");
}

TEST_F(Commands, DiffComparesAVersionThatBreaksItsCeiling) {
  std::string text = ReadText(Shipped("public"));
  text.replace(text.find("may_write: ["), 12, "may_write: [/opt, ");
  const auto done = Run({"diff", "--fail-on-loosening", Shipped("public"),
                         Write("public.yaml", text)});
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("/opt is newly writable"));
  EXPECT_THAT(done.output, HasSubstr("breaks its ceiling"));
  EXPECT_THAT(done.output, HasSubstr("RF0404"));
}

TEST_F(Commands, DiffReadsRevisionsAndFoldersOfGit) {
  const auto git = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"git", "-C", folder_.string(), "-c",
                                 "user.name=t", "-c", "user.email=t@t"});
    const auto done = RunChild(words, "");
    ASSERT_TRUE(done && done->exit_code == 0) << done->errors;
  };
  fs::copy(SourceDirectory() + "/profiles", folder_ / "profiles",
           fs::copy_options::recursive);
  git({"init", "-q"});
  git({"add", "."});
  git({"commit", "-q", "-m", "first"});
  std::string text = ReadText(Shipped("critical"));
  text.replace(text.find("AF_INET6]"), 9, "AF_INET6, AF_ALG]");
  Write("profiles/critical.yaml", text);
  const fs::path here = fs::current_path();
  fs::current_path(folder_);
  const auto file =
      Run({"diff", "HEAD:profiles/critical.yaml", "profiles/critical.yaml"});
  const auto folders = Run({"diff", "HEAD:profiles", "profiles"});
  const auto revision = Run({"diff", "nosuch:profiles", "profiles"});
  const auto path = Run({"diff", "HEAD:nosuch.yaml", "profiles"});
  const auto option = Run({"diff", "--", "-x:profiles", "profiles"});
  fs::current_path(here);
  EXPECT_THAT(file.output, HasSubstr("socket(AF_ALG, "));
  EXPECT_THAT(file.output, HasSubstr("by HEAD:profiles/critical.yaml:"));
  EXPECT_THAT(folders.output, HasSubstr("untrusted.yaml\nno change"));
  EXPECT_THAT(folders.output, HasSubstr("socket(AF_ALG, "));
  EXPECT_EQ(revision.exit_code, 2);
  EXPECT_THAT(revision.errors, HasSubstr("no git revision `nosuch`"));
  EXPECT_EQ(path.exit_code, 2);
  EXPECT_THAT(path.errors, HasSubstr("no `nosuch.yaml` in git revision"));
  EXPECT_EQ(option.exit_code, 2);
}

TEST_F(Commands, BundleAndItsWorkloadMeanTheSame) {
  const std::string workload = Write("w.yaml",
                                     "kind: Workload\nname: convert\n"
                                     "trust: untrusted\n"
                                     "command: [/usr/bin/true]\n");
  const auto compiled = Run({"compile", workload, "-o", folder_ / "out"});
  ASSERT_EQ(compiled.exit_code, 0) << compiled.errors;
  for (const char* name :
       {"convert.rfb", "convert.bpf", "convert.aarch64.bpf"}) {
    const auto done = Run({"diff", folder_ / "out" / name, workload});
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    EXPECT_THAT(done.output, HasSubstr("no change in meaning")) << name;
  }
}

// A path that is relative leads somewhere else from every bundle.
TEST_F(Commands, CompileNotesWhichTreeTheSelinuxModuleDoesNotLabel) {
  const auto compile = [&](const std::string& host) {
    return Run({"compile",
                Write("w.yaml",
                      "kind: Workload\nname: ledger\ntrust: internal\n"
                      "command: [/usr/bin/true]\n"
                      "filesystem: {write: [{host: " +
                          host + ", at: /srv/data}]}\n"),
                "-o", folder_ / "out"});
  };
  const auto relative = compile("./data");
  EXPECT_EQ(relative.exit_code, 0);
  EXPECT_THAT(relative.errors,
              HasSubstr("w.yaml:5: `data` is a relative path, which the "
                        "SELinux module does not label: where SELinux "
                        "enforces, label it as ringfence_internal_data_t"));
  EXPECT_THAT(ReadText(folder_ / "out/ledger.cil"), Not(HasSubstr("filecon")));
  const auto absolute = compile("/srv/data");
  EXPECT_EQ(absolute.exit_code, 0);
  EXPECT_THAT(absolute.errors, Not(HasSubstr("SELinux")));
  EXPECT_THAT(ReadText(folder_ / "out/ledger.cil"), HasSubstr("filecon"));
}

TEST_F(Commands, CompileLinksTheSelinuxModuleToTheSitesPolicy) {
  const auto compile = [&](const std::string& policy) {
    return Run({"compile", Shipped("public"), "-o", folder_ / "out",
                "--selinux-policy", policy});
  };
  const std::string site = sepol::TinyBase();
  const auto broken = compile(
      Write("broken.cil", site + "(allow domain domain (process (ptrace)))\n"));
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_THAT(broken.errors,
              AllOf(HasSubstr("error: "), HasSubstr(".yaml:"),
                    HasSubstr("libsepol rejects the SELinux module"),
                    HasSubstr("neverallow check failed")));
  EXPECT_FALSE(fs::exists(folder_ / "out/public.cil"));
  const auto missing = compile(folder_ / "nosuch.cil");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.errors, HasSubstr("nosuch.cil: "));
  EXPECT_EQ(compile(Write("empty.cil", "")).exit_code, 3);
  EXPECT_FALSE(fs::exists(folder_ / "out/public.cil"));
  EXPECT_EQ(compile(Write("site.cil", site)).exit_code, 0);
  EXPECT_TRUE(fs::exists(folder_ / "out/public.cil"));
  EXPECT_EQ(Run({"compile", Shipped("public"), "--emit", "selinux",
                 "--selinux-policy", folder_ / "site.cil"})
                .exit_code,
            2);
}

// Loading Z3 would cost every launch more than its compilation does.
TEST(Executables, OnlyTheProverNeedsZ3) {
  const std::string bin = BinaryDirectory() + "/bin/";
  EXPECT_THAT(ReadText(bin + "ringfence-prove"), HasSubstr("libz3.so"));
  EXPECT_THAT(ReadText(bin + "ringfence-policy"), Not(HasSubstr("libz3.so")));
  EXPECT_THAT(ReadText(bin + "ringfence-launch"), Not(HasSubstr("libz3.so")));
}

// ringfence-policy without ringfence-prove beside it.
TEST_F(Commands, NothingIsCompiledThatWasNotProved) {
  const std::string bin = BinaryDirectory() + "/bin/";
  fs::copy_file(bin + "ringfence-policy", folder_ / "ringfence-policy");
  ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
  const auto compile = [&](const char* to) {
    return RunChild({folder_ / "ringfence-policy", "compile", Shipped("public"),
                     "-o", folder_ / to},
                    "")
        .value();
  };
  const auto alone = compile("alone");
  EXPECT_EQ(alone.exit_code, 5);
  EXPECT_THAT(alone.errors, HasSubstr("ringfence-prove is not installed"));
  EXPECT_FALSE(fs::exists(folder_ / "alone/public.bpf"));

  fs::copy_file(bin + "ringfence-prove", folder_ / "ringfence-prove");
  EXPECT_EQ(compile("proved").exit_code, 0);
  // Now it is remembered, and gives the same bytes.
  fs::remove(folder_ / "ringfence-prove");
  EXPECT_EQ(compile("remembered").exit_code, 0);
  EXPECT_EQ(ReadText(folder_ / "proved/public.bpf"),
            ReadText(folder_ / "remembered/public.bpf"));
  ::unsetenv("XDG_CACHE_HOME");
}

TEST_F(Commands, BadProgramsAreRefusedWithPlaceAndReason) {
  const auto cut =
      Run({"audit-filter", Write("cut.bpf", std::string(13, 'x'))});
  EXPECT_EQ(cut.exit_code, 3);
  EXPECT_THAT(cut.errors, HasSubstr("cut.bpf: it ends within instruction 1"));
  const auto open = Run(
      {"diff", WriteProgram("open.bpf", {kLoadNumber, Equal(1, 9, 0), kDeny}),
       Shipped("public")});
  EXPECT_EQ(open.exit_code, 3);
  EXPECT_THAT(open.errors, HasSubstr("would refuse it at instruction 1"));
  const auto empty = Run({"audit-filter", Write("empty.bpf", "")});
  EXPECT_EQ(empty.exit_code, 3);
  const auto missing = Run({"audit-filter", folder_ / "nosuch.bpf"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.errors, HasSubstr("there is no file"));
  EXPECT_EQ(Run({"audit-filter"}).exit_code, 2);
  EXPECT_EQ(Run({"audit-filter", "--pid", "1", "x"}).exit_code, 2);
}

TEST_F(Commands, AuditFindsNothingInWhatShips) {
  for (const char* level : kShippedLevels) {
    const auto done = Run({"audit-filter", Shipped(level)});
    EXPECT_THAT(done.output, Not(HasSubstr("width"))) << level;
    EXPECT_THAT(done.output, Not(HasSubstr("architecture"))) << level;
    EXPECT_THAT(done.output, Not(HasSubstr("x32"))) << level;
    EXPECT_THAT(done.output, Not(HasSubstr("dead"))) << level;
  }
}

// A deny list that forgets everything that can be forgotten: 64 bits of an
// int compared, no architecture, no x32, execveat.
TEST_F(Commands, AuditFindsEveryPlantedHole) {
  const Instruction load_low{BPF_LD | BPF_W | BPF_ABS, 0, 0, 16};
  const Instruction load_high{BPF_LD | BPF_W | BPF_ABS, 0, 0, 20};
  const auto done = Run(
      {"audit-filter",
       WriteProgram("holes.bpf", {kLoadNumber, Equal(59, 7, 0), Equal(41, 0, 5),
                                  load_high, Equal(0, 0, 3), load_low,
                                  Equal(38, 2, 1), kAllow, kAllow, kDeny})});
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("hole: width: socket(AF_ALG, 0, 0) is "
                                     "EPERM and socket(0x"));
  EXPECT_THAT(done.output, HasSubstr("/* the kernel reads AF_ALG */"));
  EXPECT_THAT(done.output, HasSubstr("hole: architecture: "));
  EXPECT_THAT(done.output, HasSubstr("hole: x32: "));
  EXPECT_THAT(done.output, HasSubstr("hole: equivalent: execve("));
  const auto json = nlohmann::json::parse(
      Run({"audit-filter", "--format", "json", folder_ / "holes.bpf"}).output);
  EXPECT_GE(json["findings"].size(), 4u);
}

// The default profile of Podman as Debian installs it, a real one.
TEST_F(Commands, ProfilesOfContainerRuntimesAreReadToo) {
  const std::string installed = "/usr/share/containers/seccomp.json";
  const auto same = Run({"diff", installed, installed});
  EXPECT_EQ(same.exit_code, 0) << same.errors;
  EXPECT_THAT(same.output, HasSubstr("no change in meaning"));

  std::string wider = ReadText(installed);
  const size_t at = wider.find("\"accept\",");
  ASSERT_NE(at, std::string::npos);
  wider.insert(at, "\"acct\",");
  const auto done = Run(
      {"diff", installed, Write("wider.json", wider), "--fail-on-loosening"});
  EXPECT_EQ(done.exit_code, 1) << done.errors;
  EXPECT_THAT(done.output, HasSubstr("acct(0)"));

  // Its rules on personality and clone compare 64 bits of 32.
  const auto audited = Run({"audit-filter", installed});
  EXPECT_EQ(audited.exit_code, 1) << audited.errors;
  EXPECT_THAT(audited.output, HasSubstr("width"));

  std::string unknown = ReadText(installed);
  const size_t action = unknown.find("SCMP_ACT_ALLOW");
  unknown.replace(action, 14, "SCMP_ACT_MAYBE");
  const auto bad = Run({"audit-filter", Write("bad.json", unknown)});
  EXPECT_EQ(bad.exit_code, 3) << bad.output;
  EXPECT_THAT(bad.errors, HasSubstr("bad.json:"));
  EXPECT_THAT(bad.errors, HasSubstr("SCMP_ACT_MAYBE"));
}

TEST_F(Commands, AuditFindsInstructionsThatNothingReaches) {
  const auto done =
      Run({"audit-filter",
           WriteProgram("dead.bpf",
                        {kLoadArch, Equal(0xC000003E, 1, 0), kKill, kLoadNumber,
                         Equal(1, 0, 2), Equal(2, 0, 1), kAllow, kDeny})});
  EXPECT_THAT(done.output, HasSubstr("flaw: dead: no call reaches instruction "
                                     "6"));
}

// The filters of a running process, with two of them; the kernel gives them to
// root alone.
TEST_F(Commands, AuditReadsARunningProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<Instruction> loose = {kAllow};
    std::vector<Instruction> tight = {kLoadNumber, Equal(59, 0, 1), kDeny,
                                      kAllow};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    for (auto* code : {&loose, &tight}) {
      const sock_fprog program{static_cast<unsigned short>(code->size()),
                               reinterpret_cast<sock_filter*>(code->data())};
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
    }
    (void)!::write(ready[1], "x", 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto done = Run({"audit-filter", "--pid", std::to_string(child)});
  ::kill(child, SIGKILL);
  if (::geteuid() == 0) {
    EXPECT_EQ(done.exit_code, 1) << done.errors;
    EXPECT_THAT(done.output, HasSubstr("hole: equivalent: execve("));
  } else {
    EXPECT_EQ(done.exit_code, 6);
    EXPECT_THAT(done.errors, HasSubstr("CAP_SYS_ADMIN"));
  }
}

}  // namespace
}  // namespace ringfence::cli
