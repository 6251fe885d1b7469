// The profiles that ship: they resolve, they are ordered, their own tests hold,
// and the workloads of the documentation fit in them.
#include <gtest/gtest.h>

#include <algorithm>

#include "resolve/call.h"
#include "resolve/constants.h"
#include "resolve/dangerous.h"
#include "resolve/names.h"
#include "resolve/syscall_table.h"
#include "sample.h"

namespace ringfence::resolve {
namespace {

using syntax::Diagnostics;

std::string Errors(const Diagnostics& diagnostics, const Library& library) {
  return syntax::Render(diagnostics, library.files(), syntax::Colour::kOff);
}

ResolvedLevel Resolve(const char* name) {
  const Library library = Library::Shipped();
  Diagnostics diagnostics;
  auto level = ResolveLevel(name, library.Find(), diagnostics);
  EXPECT_TRUE(level.has_value()) << Errors(diagnostics, library);
  return level.value_or(ResolvedLevel{});
}

model::Answer Ask(const ResolvedLevel& level, const std::string& call) {
  const auto parsed = ParseCall(call, model::kArchX86_64);
  EXPECT_TRUE(parsed.has_value()) << call;
  return Meaning(level.seccomp.front(), *parsed);
}

constexpr const char* kLevels[] = {"critical", "internal", "public",
                                   "untrusted"};

class ShippedLevel : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Levels, ShippedLevel, testing::ValuesIn(kLevels),
                         [](const auto& level) {
                           return std::string(level.param);
                         });

TEST_P(ShippedLevel, PassesItsOwnTests) {
  const ResolvedLevel level = Resolve(GetParam());
  EXPECT_GE(level.tests.size(), 5u);
  for (const LevelTest& test : level.tests) {
    EXPECT_TRUE(Passes(test, level.seccomp))
        << test.text << " on " << std::hex << test.call.arch << " at "
        << test.source.file << ":" << std::dec << test.source.line;
  }
}

TEST_P(ShippedLevel, LeavesNoGapThatItIsWarnedOf) {
  const ResolvedLevel level = Resolve(GetParam());
  EXPECT_TRUE(level.warnings.empty())
      << Errors(level.warnings, Library::Shipped());
}

TEST_P(ShippedLevel, AnswersEveryCallOfItsBaseline) {
  const ResolvedLevel level = Resolve(GetParam());
  ASSERT_EQ(level.seccomp.size(), kArchitectures.size());
  for (const model::SeccompPolicy& policy : level.seccomp) {
    for (const Syscall& syscall : Syscalls(policy.arch)) {
      const bool listed = Find(policy, syscall.number) != nullptr;
      const bool old = syscall.since <= KernelVersion{6, 1};
      EXPECT_EQ(listed, old || !syscall.enforceable) << syscall.name;
    }
  }
}

TEST_P(ShippedLevel, AllowsNoDangerousCall) {
  const ResolvedLevel level = Resolve(GetParam());
  for (const model::SeccompPolicy& policy : level.seccomp) {
    for (const model::CallPolicy& call : policy.calls) {
      if (!IsDangerous(call.name)) continue;
      EXPECT_FALSE(MayPass(call)) << call.name;
    }
  }
}

TEST_P(ShippedLevel, NamesALineForEveryDenial) {
  const ResolvedLevel level = Resolve(GetParam());
  for (const model::CallPolicy& call : level.seccomp.front().calls) {
    if (call.otherwise == model::kAllowed && call.source.line == 0) {
      EXPECT_TRUE(call.name == "uretprobe" || call.name == "uprobe");
      continue;
    }
    EXPECT_FALSE(call.source.file.empty()) << call.name;
    EXPECT_GT(call.source.line, 0u) << call.name;
  }
}

// The order is by construction; this looks at plain allows all the same.
TEST(ShippedLevels, AllowLessFromLevelToLevel) {
  for (size_t i = 1; i < std::size(kLevels); ++i) {
    const ResolvedLevel above = Resolve(kLevels[i - 1]);
    const ResolvedLevel below = Resolve(kLevels[i]);
    size_t fewer = 0;
    for (size_t arch = 0; arch < kArchitectures.size(); ++arch) {
      for (const model::CallPolicy& call : below.seccomp[arch].calls) {
        const auto* before = Find(above.seccomp[arch], call.number);
        ASSERT_NE(before, nullptr);
        EXPECT_TRUE(!MayPass(call) || MayPass(*before)) << call.name;
        if (*before != call) ++fewer;
      }
    }
    EXPECT_GT(fewer, 0u) << kLevels[i] << " is not stricter than the level "
                         << "above it";
  }
}

TEST(ShippedLevels, DenyPushingCharactersIntoATerminal) {
  for (const char* name : kLevels) {
    const ResolvedLevel level = Resolve(name);
    for (const char* cmd : {"TIOCSTI", "TIOCLINUX", "0xffffffff00005412"}) {
      const auto answer = Ask(level, "ioctl(0, " + std::string(cmd) + ")");
      EXPECT_NE(answer.action, model::Action::kAllow) << name << " " << cmd;
    }
    EXPECT_EQ(Ask(level, "ioctl(0, TCGETS)"), model::kAllowed) << name;
  }
}

TEST(ShippedLevels, DenyNamespacesInEveryForm) {
  for (const char* name : kLevels) {
    const ResolvedLevel level = Resolve(name);
    for (const char* flag :
         {"CLONE_NEWUSER", "CLONE_NEWNS", "CLONE_NEWPID", "CLONE_NEWNET",
          "CLONE_NEWIPC", "CLONE_NEWUTS", "CLONE_NEWCGROUP"}) {
      EXPECT_NE(Ask(level, "clone(17|" + std::string(flag) + ")").action,
                model::Action::kAllow);
      EXPECT_NE(Ask(level, "unshare(" + std::string(flag) + ")").action,
                model::Action::kAllow);
    }
    EXPECT_EQ(Ask(level, "clone(17)"), model::kAllowed);
    EXPECT_EQ(Ask(level, "clone3()").error, *FindErrno("ENOSYS"));
    EXPECT_EQ(Ask(level, "vfork()"), model::kAllowed);
  }
}

TEST(ShippedLevels, NetworkModesEndInNone) {
  EXPECT_EQ(Resolve("critical").modes.size(), 3u);
  EXPECT_EQ(Resolve("public").modes.size(), 2u);
  const ResolvedLevel untrusted = Resolve("untrusted");
  ASSERT_EQ(untrusted.modes.size(), 1u);
  EXPECT_EQ(untrusted.modes.front().value, syntax::NetworkMode::kNone);
}

std::optional<model::Confinement> ResolveText(const std::string& text,
                                              std::string* errors) {
  const Library library = Library::Shipped();
  Diagnostics diagnostics;
  std::optional<model::Confinement> confinement;
  if (const auto document = syntax::Parse(text, "w.yaml", diagnostics)) {
    confinement = ResolveWorkload(*document, library.Find(), diagnostics);
  }
  *errors = Errors(diagnostics, library);
  return confinement;
}

constexpr char kStorefront[] = R"(kind: Workload
name: storefront
trust: public
tenant: shop
command: [/usr/sbin/nginx, -c, /etc/storefront/nginx.conf, -g, "daemon off;"]
filesystem:
  read: [{host: ./conf, at: /etc/storefront}, /srv/www]
  scratch: [{at: /var/lib/nginx, size: 64Mi}]
network: {mode: listen, listen: [{bind: "127.0.0.1:8080", handover: nginx}]}
limits: {memory: 256Mi, processes: 64}
)";

constexpr char kLedger[] = R"(kind: Workload
name: ledger
trust: critical
command: [/usr/lib/postgresql/15/bin/postgres, -D, /data, -k, /run/pg]
filesystem: {write: [{host: ./data, at: /data, create: "0700"}], scratch: [/run/pg], shm: 256Mi}
network: {mode: listen, listen: [{bind: "127.0.0.1:5432", handover: relay}]}
stop: {signal: SIGINT, grace: 30s}
)";

constexpr char kConvert[] = R"(kind: Workload
name: convert
trust: untrusted
command: [/usr/bin/python3, /work/script.py]
filesystem: {read: [{host: ./script.py, at: /work/script.py}], scratch: [{at: /tmp, size: 64Mi}]}
time_limit: 60s
environment: {LANG: C.UTF-8}
seccomp: {deny: ["@ipc"]}
)";

TEST(ExampleWorkload, StorefrontGetsWhatItAsksFor) {
  std::string errors;
  const auto out = ResolveText(kStorefront, &errors);
  ASSERT_TRUE(out) << errors;
  EXPECT_EQ(out->level,
            (model::TrustLevel{"public", "shop", model::Colocate::kSameLevel}));
  EXPECT_EQ(out->limits.memory,
            (model::CgroupLimit{uint64_t{256} << 20, true}));
  EXPECT_EQ(out->limits.cpu, (model::CgroupLimit{2000, true}));
  EXPECT_EQ(out->limits.processes, 64u);
  EXPECT_EQ(out->limits.open_files, 4096u);
  ASSERT_EQ(out->network.listen.size(), 1u);
  EXPECT_EQ(out->network.listen[0].handover, model::Handover::kNginx);
  EXPECT_TRUE(out->network.needs_landlock);
  EXPECT_EQ(out->command.size(), 5u);
}

TEST(ExampleWorkload, LedgerGetsWhatItAsksFor) {
  std::string errors;
  const auto out = ResolveText(kLedger, &errors);
  ASSERT_TRUE(out) << errors;
  EXPECT_EQ(out->stop, (model::Stop{2, 30'000}));
  EXPECT_EQ(out->network.listen[0].to,
            (model::Address{false, "127.0.0.1", 5432}));
  EXPECT_FALSE(out->network.needs_landlock);
  const auto data =
      std::ranges::find(out->view, "/data", &model::ViewEntry::at);
  ASSERT_NE(data, out->view.end());
  EXPECT_EQ(data->host, "data");
  EXPECT_TRUE(data->create);
  EXPECT_EQ(data->mode, 0700u);
  EXPECT_EQ(data->rights, (model::Rights{true, true, false}));
}

TEST(ExampleWorkload, ConvertIsDeniedWhatItGivesUp) {
  std::string errors;
  const auto out = ResolveText(kConvert, &errors);
  ASSERT_TRUE(out) << errors;
  EXPECT_EQ(out->limits.time_ms, 60'000u);
  const auto call = *ParseCall("shmget()", model::kArchX86_64);
  EXPECT_EQ(Meaning(out->seccomp.front(), call).action,
            model::Action::kExplain);
  EXPECT_EQ(Ask(Resolve("untrusted"), "shmget()"), model::kAllowed);
  EXPECT_EQ(Find(out->seccomp.front(), call.number)->source,
            (model::Source{"w.yaml", 8, 18}));
}

}  // namespace
}  // namespace ringfence::resolve
