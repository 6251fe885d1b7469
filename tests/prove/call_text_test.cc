// A witness can be read, and what is read is the witness.
#include "cli/call_text.h"

#include <gtest/gtest.h>

#include "resolve/call.h"
#include "resolve/constants.h"

namespace ringfence::cli {
namespace {

evaluate::SeccompData Parsed(const char* text) {
  const auto call = resolve::ParseCall(text, model::kArchX86_64);
  EXPECT_TRUE(call.has_value()) << text;
  return evaluate::ToData(call.value_or(model::Call{}));
}

TEST(CallText, IsWhatAPersonWouldWrite) {
  for (const char* text :
       {"socket(AF_VSOCK, SOCK_STREAM, 0)", "socket(AF_UNIX, SOCK_RAW, 0)",
        "socket(AF_INET6, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_UDP)",
        "clone(CLONE_NEWNS|CLONE_NEWUSER, 0, 0, 0, 0)", "ioctl(0, TIOCSTI, 0)",
        "ioctl(0, TCGETS, 0)", "prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)",
        "prctl(PR_GET_NAME, 0, 0, 0, 0)",
        "sendto(0, 0, 0, MSG_FASTOPEN|MSG_NOSIGNAL, 0, 0)",
        "mprotect(0, 0, PROT_WRITE|PROT_EXEC)", "unshare(CLONE_NEWNET)",
        "ptrace(PTRACE_ATTACH, 1, 0, 0)", "getpid()"}) {
    EXPECT_EQ(CallText(Parsed(text)), text);
  }
}

TEST(CallText, ReadsBackAsTheSameCall) {
  for (const std::string name : {"socket", "ioctl", "prctl", "mprotect"}) {
    for (const std::string_view constant : resolve::AllConstants()) {
      const uint64_t value = *resolve::FindConstant(constant);
      for (const size_t arg : {0u, 1u, 2u}) {
        if (value > UINT32_MAX) continue;
        evaluate::SeccompData call = Parsed((name + "()").c_str());
        call.args[arg] = value;
        const std::string text = CallText(call);
        const auto parsed = resolve::ParseCall(text, model::kArchX86_64);
        ASSERT_TRUE(parsed.has_value()) << text;
        ASSERT_EQ(parsed->args, call.args) << text;
      }
    }
  }
}

TEST(CallText, SaysWhatTheKernelReadsOfAWideArgument) {
  evaluate::SeccompData call = Parsed("socket(AF_ALG)");
  call.args[0] |= uint64_t{1} << 32;
  EXPECT_EQ(CallText(call),
            "socket(0x100000026 /* the kernel reads AF_ALG */, 0, 0)");
}

TEST(CallText, NumbersWithoutANameAreNumbers) {
  EXPECT_EQ(CallName(model::kArchX86_64, 5000), "call 5000");
  EXPECT_EQ(CallName(model::kArchX86_64, 0x40000001), "call 0x40000001");
}

}  // namespace
}  // namespace ringfence::cli
