// Sentences about denied calls, from profiles written here.
#include "launch/denial.h"

#include <gtest/gtest.h>

#include "resolve/call.h"
#include "resolve/level.h"
#include "unit/resolve/sample.h"

namespace ringfence::launch {
namespace {

// root.yaml allows @core and a few more; its line of `allow` is 20.
constexpr char kLeaf[] = R"(kind: TrustLevel
name: leaf
extends: root
seccomp:
  allow: ["@core", mknodat]
  rules:
    - {syscall: socket, when: {family: {in: [AF_UNIX, AF_INET]}, protocol: 0}}
    - {syscall: socket, when: {family: AF_NETLINK, protocol: NETLINK_ROUTE}}
    - {syscall: sendto, unless: {flags: {any_of: [MSG_FASTOPEN]}}}
    - {syscall: clone, when: {flags: {none_of: [CLONE_NEWUSER, CLONE_NEWNS]}}}
  deny: [kill]
)";

class Sentences : public testing::Test {
 protected:
  Sentences() {
    resolve::Library library = resolve::Library::Small();
    std::string root(resolve::kRoot);
    root +=
        "  rules:\n    - {syscall: mknodat, when: {mode: {none_of: "
        "[S_IFCHR]}}}\n";
    library.Add("root.yaml", root).Add("leaf.yaml", kLeaf);
    syntax::Diagnostics diagnostics;
    auto level = resolve::ResolveLevel("leaf", library.Find(), diagnostics);
    EXPECT_TRUE(level) << syntax::Render(diagnostics, library.files(),
                                         syntax::Colour::kOff);
    if (level) level_ = *std::move(level);
  }

  DenialText Of(const std::string& text) const {
    const auto call = resolve::ParseCall(text, model::kArchX86_64);
    EXPECT_TRUE(call) << text;
    EXPECT_NE(Meaning(level_.seccomp.front(), *call), model::kAllowed) << text;
    return Describe(level_.denials, call->number, call->args);
  }

  resolve::ResolvedLevel level_;
};

TEST_F(Sentences, WriteArgumentsAsTheKernelReadsThem) {
  EXPECT_EQ(Of("socket(0x100000028, SOCK_STREAM|SOCK_CLOEXEC|0x40, 0)").call,
            "socket(family=AF_VSOCK, type=SOCK_STREAM|SOCK_CLOEXEC|0x40, "
            "protocol=0)");
  EXPECT_EQ(Of("mknodat(AT_FDCWD, 0x1000, 0x21b6, 259)").call,
            "mknodat(dfd=AT_FDCWD, filename=0x1000, mode=S_IFCHR|0666, "
            "dev=259)");
  EXPECT_EQ(Of("connect(-1, 0, 16)").call,
            "connect(fd=-1, uservaddr=NULL, addrlen=16)");
  EXPECT_EQ(Of("ptrace(PTRACE_POKEDATA, -7, 0x7f0012345678, 1)").call,
            "ptrace(request=PTRACE_POKEDATA, pid=-7, addr=0x7f0012345678, "
            "data=1)");
  EXPECT_EQ(Of("tgkill(1, 2, SIGUSR1)").call,
            "tgkill(tgid=1, pid=2, sig=SIGUSR1)");
  EXPECT_EQ(Of("unshare(CLONE_NEWUSER|CLONE_NEWNET)").call,
            "unshare(flags=CLONE_NEWNET|CLONE_NEWUSER)");
}

// What a number means depends on another argument.
TEST_F(Sentences, NameProtocolsByTheirFamily) {
  EXPECT_EQ(Of("socket(AF_NETLINK, SOCK_RAW, 12)").call,
            "socket(family=AF_NETLINK, type=SOCK_RAW, "
            "protocol=NETLINK_NETFILTER)");
  EXPECT_EQ(Of("socket(AF_INET, SOCK_RAW, 262)").call,
            "socket(family=AF_INET, type=SOCK_RAW, protocol=IPPROTO_MPTCP)");
  EXPECT_EQ(Of("socket(AF_PACKET, SOCK_RAW, 768)").call,
            "socket(family=AF_PACKET, type=SOCK_RAW, protocol=768)");
}

TEST_F(Sentences, NameTheClosestRule) {
  const DenialText inet = Of("socket(AF_INET, SOCK_STREAM, 6)");
  EXPECT_EQ(inet.by, "leaf.yaml:7");
  EXPECT_EQ(inet.remedy,
            "to allow it: add `IPPROTO_TCP` to `protocol` at leaf.yaml:7");
  const DenialText netlink = Of("socket(AF_NETLINK, SOCK_RAW, 12)");
  EXPECT_EQ(netlink.by, "leaf.yaml:8");
  EXPECT_EQ(netlink.remedy,
            "to allow it: add `NETLINK_NETFILTER` to `protocol` at "
            "leaf.yaml:8");
}

TEST_F(Sentences, TakeOutWhatAnExceptionNames) {
  EXPECT_EQ(Of("sendto(3, 0, 0, MSG_FASTOPEN|MSG_NOSIGNAL)").remedy,
            "to allow it: remove `MSG_FASTOPEN` from `flags` at leaf.yaml:9");
  EXPECT_EQ(Of("clone(CLONE_NEWUSER|CLONE_NEWNS|CLONE_VM|17)").remedy,
            "to allow it: remove `CLONE_NEWNS|CLONE_NEWUSER` from `flags` at "
            "leaf.yaml:10");
  EXPECT_EQ(Of("kill(1, 15)").remedy,
            "to allow it: remove `kill` from `deny` at leaf.yaml:11");
  EXPECT_EQ(Of("connect()").remedy,
            "to allow it: add `connect` to `allow` at leaf.yaml:5");
}

TEST_F(Sentences, SayThatALevelAboveHasToChangeToo) {
  const DenialText mknodat = Of("mknodat(AT_FDCWD, 0, S_IFCHR)");
  EXPECT_EQ(mknodat.by, "root.yaml:22");
  EXPECT_EQ(mknodat.remedy,
            "a level may only tighten what it extends; to allow it: remove "
            "`S_IFCHR` from `mode` at root.yaml:22");
  const DenialText uselib = Of("uselib()");
  EXPECT_EQ(uselib.by, "leaf.yaml:5");
  EXPECT_EQ(uselib.remedy,
            "a level may only tighten what it extends; to allow it: add "
            "`uselib` to `allow` at root.yaml:20 and leaf.yaml:5");
}

TEST_F(Sentences, SayWhatADangerousCallNeeds) {
  EXPECT_EQ(Of("ptrace()").remedy,
            "it is a dangerous call; to allow it: add `ptrace` with reason, "
            "owner and review_by to `dangerous` at root.yaml:20, and add "
            "`ptrace` to `allow` at leaf.yaml:5");
}

TEST_F(Sentences, NameDescriptorsWithWhatTheySay) {
  const auto call = resolve::ParseCall("connect(5, 0, 0)", model::kArchX86_64);
  const DenialText text =
      Describe(level_.denials, call->number, call->args, [](uint64_t fd) {
        return fd == 5 ? std::string("/tmp/a\"> = 0\n\x1b[2J") : "";
      });
  EXPECT_EQ(text.call,
            "connect(fd=5<\"/tmp/a\\\"> = 0\\x0a\\x1b[2J\">, uservaddr=NULL, "
            "addrlen=0)");
}

TEST_F(Sentences, HaveNothingOfAnUnknownCall) {
  const DenialText text = Describe(level_.denials, 99999, {});
  EXPECT_EQ(text.call, "call 99999");
  EXPECT_EQ(text.by, "");
  EXPECT_EQ(ErrorFor(level_.denials, 99999), EPERM);
}

TEST(Said, QuotesWhatIsNotAWord) {
  EXPECT_EQ(Said("python3.11"), "python3.11");
  EXPECT_EQ(Said(""), "\"\"");
  EXPECT_EQ(Said("a b"), "\"a b\"");
  EXPECT_EQ(Said("\"\\"), "\"\\\"\\\\\"");
  EXPECT_EQ(Said("\x1b]0;x\x07"), "\"\\x1b]0;x\\x07\"");
  EXPECT_EQ(Said("x]: y"), "\"x]: y\"");
}

}  // namespace
}  // namespace ringfence::launch
