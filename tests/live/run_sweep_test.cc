// Every system call against the running kernel: all numbers, the rows of the
// verdict tables, and the entries of other architectures. A denial counts only
// where the same call outside of a sandbox answers otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <set>

#include "../unit/resolve/sample.h"
#include "live/sandbox.h"
#include "live/verdict_rows.h"
#include "paths/paths.h"
#include "resolve/level.h"

namespace ringfence::live {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;

constexpr long kNumbers = 1024;
// uretprobe and uprobe: new kernels let no filter deny them.
constexpr long kNotDeniable[] = {335, 336};

std::optional<model::SeccompPolicy> PolicyOf(const std::string& level) {
  const resolve::Library library = resolve::Library::Shipped();
  syntax::Diagnostics diagnostics;
  const auto resolved =
      resolve::ResolveLevel(level, library.Find(), diagnostics);
  if (!resolved) return std::nullopt;
  for (const model::SeccompPolicy& policy : resolved->seccomp) {
    if (policy.arch == model::kArchX86_64) return policy;
  }
  return std::nullopt;
}

std::string ErrnoText(uint16_t error) { return ::strerrorname_np(error); }

class Sweep : public SandboxTest,
              public ::testing::WithParamInterface<const char*> {};

INSTANTIATE_TEST_SUITE_P(Levels, Sweep,
                         ::testing::Values("critical", "internal", "public",
                                           "untrusted"),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

#if defined(__x86_64__)
// With all arguments -1, as the probe's sweep makes them.
TEST_P(Sweep, DeniesEveryNumberTheLevelDoesNotAllow) {
  const auto policy = PolicyOf(GetParam());
  ASSERT_TRUE(policy);
  const std::string range = "sweep:0-" + std::to_string(kNumbers - 1);
  const auto inside = Inside(GetParam(), {range});
  const auto outside = Outside({"--outside", range});
  ASSERT_EQ(inside.size(), static_cast<size_t>(kNumbers));
  ASSERT_EQ(outside.size(), static_cast<size_t>(kNumbers));

  size_t allowed = 0;
  size_t undecided = 0;
  std::set<std::string> decided;
  for (long number = 0; number < kNumbers; ++number) {
    const std::string key = std::to_string(number);
    const std::string& result = inside.at(key);
    const model::Call call = {
        .number = static_cast<uint32_t>(number),
        .arch = model::kArchX86_64,
        .args = {~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull}};
    const model::Answer answer = Meaning(*policy, call);
    const model::CallPolicy* named = Find(*policy, call.number);
    const std::string name = named == nullptr ? key : named->name;
    if (std::ranges::find(kNotDeniable, number) != std::end(kNotDeniable)) {
      EXPECT_EQ(answer.action, model::Action::kAllow) << name;
      continue;
    }
    if (LetsPass(answer.action)) {
      ++allowed;
      EXPECT_NE(result, "SIGSYS") << name;
      // Allowed is what the kernel makes of it, as it does outside; an
      // ordinary user's own EPERM is one of the outcomes.
      if (result == "EPERM" || result == "ENOSYS") {
        EXPECT_EQ(result, outside.at(key)) << name << ": denied";
      }
      continue;
    }
    if (answer == model::kKilled) {
      EXPECT_EQ(result, "SIGSYS") << name;
    } else {
      ASSERT_THAT(answer.error, AnyOf(EPERM, ENOSYS)) << name;
      EXPECT_EQ(result, ErrnoText(answer.error)) << name;
    }
    if (outside.at(key) == result || outside.at(key) == "SKIPPED") {
      ++undecided;
    } else {
      decided.insert(name);
    }
  }
  std::cout << GetParam() << ": " << allowed << " allowed, " << decided.size()
            << " denied where the kernel answers otherwise outside, "
            << undecided << " denied either way (most have no call)\n";
  EXPECT_GT(decided.size(), 60u);
  for (const char* name : {"add_key",
                           "bpf",
                           "clone3",

                           "io_uring_enter",
                           "io_uring_register",
                           "io_uring_setup",
                           "kcmp",
                           "keyctl",
                           "mount_setattr",
                           "open_tree",
                           "perf_event_open",
                           "pidfd_getfd",
                           "process_madvise",
                           "process_vm_readv",
                           "process_vm_writev",
                           "ptrace",
                           "request_key",
                           "setns",
                           "unshare",
                           "userfaultfd"}) {
    EXPECT_TRUE(decided.contains(name)) << name << " decides nothing here";
  }
}

// Rows that must never be undecided: each was a way out of some sandbox.
constexpr const char* kImportant[] = {
    "x86_64 socket(AF_VSOCK, SOCK_STREAM, 0)",
    "x86_64 socket(0x100000028, SOCK_STREAM, 0)",
    "x86_64 socket(AF_ALG, SOCK_SEQPACKET, 0)",
    "x86_64 socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)",
};

TEST_P(Sweep, AnswersEveryRowOfTheVerdictTables) {
  const auto rows =
      LoadVerdicts(SourceDirectory() + "/tests/verdicts", GetParam());
  std::vector<std::string> operations;
  for (const VerdictRow& row : rows) {
    if (const auto operation = ProbeOperation(row)) {
      operations.push_back(*operation);
    }
  }
  ASSERT_GT(operations.size(), 150u);
  const auto inside = Inside(GetParam(), operations);
  const auto outside = Outside(operations);
  size_t allowed = 0;
  std::set<std::string> denied;
  std::vector<std::string> undecided;
  for (const VerdictRow& row : rows) {
    const auto operation = ProbeOperation(row);
    if (!operation) continue;
    const std::string& result = inside.at(*operation);
    const std::string& control = outside.at(*operation);
    const std::string text = row.arch + " " + row.text;
    switch (Judge(row, result, control)) {
      case LiveFinding::kHolds:
        if (row.expected == model::Action::kAllow) {
          ++allowed;
        } else {
          denied.insert(text);
        }
        break;
      case LiveFinding::kUndecided:
        undecided.push_back(text + " " + control);
        break;
      case LiveFinding::kWrong:
        ADD_FAILURE() << row.file << ":" << row.line << ": " << text << " ("
                      << row.why << "): inside " << result << ", outside "
                      << control;
        break;
    }
  }
  std::cout << GetParam() << ": " << operations.size() << " rows tried, "
            << allowed << " allowed, " << denied.size()
            << " denied and allowed outside, " << undecided.size()
            << " undecided\n";
  for (const std::string& text : undecided) std::cout << "  " << text << '\n';
  EXPECT_GT(allowed, 60u);
  EXPECT_GT(denied.size(), 60u);
  EXPECT_LT(undecided.size(), denied.size());
  for (const char* text : kImportant) {
    EXPECT_TRUE(denied.contains(text)) << text << " decides nothing here";
  }
}

// getpid, open, execve, brk, clone, socketcall, ipc, unshare, socket, bpf,
// memfd_create, io_uring_setup, clone3 and the last one of the i386 table.
TEST_P(Sweep, KillsThe32BitEntry) {
  const std::vector<std::string> operations = {
      "int80:20",  "int80:5,-1", "int80:11,-1", "int80:45",     "int80:102,-1",
      "int80:117", "int80:310",  "int80:359,1", "int80:357,-1", "int80:356,-1",
      "int80:425", "int80:435",  "int80:999"};
  const auto inside = Inside(GetParam(), operations);
  const auto outside = Outside(operations);
  if (outside.at("int80:20") == "SIGSEGV") {
    // A kernel without that entry, as some virtual machines have, leaves
    // nothing to kill.
    for (const std::string& operation : operations) {
      EXPECT_EQ(inside.at(operation), "SIGSEGV") << operation;
    }
    return;
  }
  EXPECT_EQ(outside.at("int80:20"), "0");
  for (const std::string& operation : operations) {
    EXPECT_EQ(inside.at(operation), "SIGSYS") << operation;
    EXPECT_NE(outside.at(operation), "SIGSYS") << operation;
  }
}

// Bit 30 of a number. The kernel asks the filter first, also where it was
// built without these calls and answers ENOSYS.
TEST_P(Sweep, KillsX32Numbers) {
  std::vector<std::string> operations;
  for (const long number :
       {0, 1, 2, 39, 41, 59, 101, 272, 308, 425, 435, 512, 520, 547, 1000}) {
    operations.push_back("syscall:" + std::to_string(0x40000000 + number) +
                         ",-1,-1,-1");
  }
  const auto inside = Inside(GetParam(), operations);
  const auto outside = Outside(operations);
  for (const std::string& operation : operations) {
    EXPECT_EQ(inside.at(operation), "SIGSYS") << operation;
    EXPECT_NE(outside.at(operation), "SIGSYS") << operation;
  }
}
#endif

}  // namespace
}  // namespace ringfence::live
