#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include "bundle/bundle.h"
#include "bundle/wellformed.h"
#include "unit/bundle/sample.h"

namespace ringfence::bundle {
namespace {

using testing::HasSubstr;

TEST(Open, GivesBackWhatWasPacked) {
  const model::Confinement sample = SampleConfinement();
  const auto bundle = Open(PackSample(sample));
  ASSERT_TRUE(bundle) << bundle.error().why;
  EXPECT_EQ(bundle->name, sample.name);
  EXPECT_EQ(bundle->level, sample.level);
  EXPECT_EQ(bundle->level_depth, sample.level_depth);
  EXPECT_EQ(bundle->user, sample.user);
  EXPECT_EQ(bundle->network, sample.network);
  EXPECT_EQ(bundle->stop, sample.stop);
  EXPECT_EQ(bundle->memory, sample.limits.memory);
  EXPECT_EQ(bundle->cpu, sample.limits.cpu);
  EXPECT_EQ(bundle->disk_read, sample.limits.disk_read);
  EXPECT_EQ(bundle->disk_write, sample.limits.disk_write);
  EXPECT_EQ(bundle->time_ms, sample.limits.time_ms);
  EXPECT_EQ(bundle->command, sample.command);
  EXPECT_EQ(bundle->environment, sample.environment);
  EXPECT_EQ(bundle->working_directory, sample.working_directory);
  EXPECT_EQ(bundle->profiles, sample.profiles);
  EXPECT_EQ(bundle->mandatory_access, sample.mandatory_access);
  const auto view = compile::CompileMounts(sample).value();
  EXPECT_EQ(bundle->view, view);
  EXPECT_EQ(bundle->landlock, compile::CompileLandlock(sample, view));
  EXPECT_EQ(bundle->resource_limits, compile::CompileLimits(sample.limits));
  ASSERT_EQ(bundle->filters.size(), 1u);
  EXPECT_EQ(bundle->filters[0],
            compile::CompileSeccomp(sample.seccomp[0]).value());
  EXPECT_EQ(bundle->denials, sample.denials);
}

TEST(Open, TheSameWorkloadGivesTheSameBytes) {
  EXPECT_EQ(PackSample(SampleConfinement()), PackSample(SampleConfinement()));
}

TEST(Open, AnyFlippedBitIsRefused) {
  const std::vector<uint8_t> good = PackSample(SampleConfinement());
  ASSERT_TRUE(Open(good));
  for (size_t at = 0; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::vector<uint8_t> bad = good;
      bad[at] = static_cast<uint8_t>(bad[at] ^ (1 << bit));
      EXPECT_FALSE(Open(bad)) << "byte " << at << " bit " << bit;
    }
  }
}

TEST(Open, AnyShorterOrLongerFileIsRefused) {
  const std::vector<uint8_t> good = PackSample(SampleConfinement());
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(Open(std::span(good).first(size))) << size;
  }
  std::vector<uint8_t> longer = good;
  longer.push_back(0);
  EXPECT_FALSE(Open(longer));
}

TEST(Open, NamesWhatIsWrong) {
  EXPECT_THAT(Open(std::vector<uint8_t>(100, 'x')).error().why,
              HasSubstr("not a Ringfence bundle"));
  std::vector<uint8_t> changed = PackSample(SampleConfinement());
  changed.back() ^= 1;
  EXPECT_THAT(Open(changed).error().why, HasSubstr("digest"));
}

// A digest only shows that nobody changed the bytes: whoever packs can put any
// value under it. Each row breaks one invariant that the launcher relies on.
using model::Confinement;

struct Broken {
  const char* what;
  std::function<void(model::Confinement&)> breaks;
};

const Broken kBroken[] = {
    Broken{"root inside", [](Confinement& c) { c.user.uid.value = 0; }},
    Broken{"root group", [](Confinement& c) { c.user.gid.value = 0; }},
    Broken{"no id", [](Confinement& c) { c.user.uid.value = ~0u; }},
    Broken{"empty name", [](Confinement& c) { c.name = ""; }},
    Broken{"name with slash", [](Confinement& c) { c.name = "a/b"; }},
    Broken{"long name", [](Confinement& c) { c.name = std::string(64, 'a'); }},
    Broken{"empty level", [](Confinement& c) { c.level.name = ""; }},
    Broken{"bad tenant", [](Confinement& c) { c.level.tenant = "A b"; }},
    Broken{"no command", [](Confinement& c) { c.command.clear(); }},
    Broken{"relative command", [](Confinement& c) { c.command[0] = "sleep"; }},
    Broken{"NUL in an argument",
           [](Confinement& c) { c.command[1] = std::string("a\0b", 3); }},
    Broken{"NUL in the environment",
           [](Confinement& c) { c.environment[0] = std::string("A=b\0c", 5); }},
    Broken{"variable without =",
           [](Confinement& c) { c.environment[0] = "HOME"; }},
    Broken{"variable without a name",
           [](Confinement& c) { c.environment[0] = "=x"; }},
    Broken{"empty variable", [](Confinement& c) { c.environment[0] = ""; }},
    Broken{"dots in a path",
           [](Confinement& c) { c.view[6].at = "/srv/../etc"; }},
    Broken{"relative path", [](Confinement& c) { c.view[6].at = "srv"; }},
    Broken{"mode beyond the sticky bit",
           [](Confinement& c) { c.view[6].mode = 04755; }},
    Broken{"scratch without size", [](Confinement& c) { c.view[4].size = 0; }},
    Broken{"no private procfs",
           [](Confinement& c) { c.view.erase(c.view.begin() + 2); }},
    Broken{"stop signal 0", [](Confinement& c) { c.stop.signal = 0; }},
    Broken{"stop signal 65", [](Confinement& c) { c.stop.signal = 65; }},
    Broken{"port 0", [](Confinement& c) { c.network.listen[0].bind.port = 0; }},
    Broken{"relative working directory",
           [](Confinement& c) { c.working_directory = "srv"; }},
    Broken{"short digest",
           [](Confinement& c) { c.profiles[0].digest.pop_back(); }},
};

using model::DeniedCall;

DeniedCall& Ruled(Confinement& c) { return c.denials.calls[0]; }

const Broken kBrokenDenials[] = {
    Broken{"file of a call", [](Confinement& c) { Ruled(c).at.file = 2; }},
    Broken{"errno 0", [](Confinement& c) { Ruled(c).error = 0; }},
    Broken{"errno beyond", [](Confinement& c) { Ruled(c).error = 4096; }},
    Broken{"order of calls",
           [](Confinement& c) {
             std::swap(c.denials.calls[0].number, c.denials.calls[1].number);
           }},
    Broken{"seventh argument",
           [](Confinement& c) { c.denials.forms[0][0].position = 6; }},
    Broken{"no bits", [](Confinement& c) { c.denials.forms[0][0].bits = 0; }},
    Broken{"too many bits",
           [](Confinement& c) { c.denials.forms[0][0].bits = 65; }},
    Broken{"kind of argument",
           [](Confinement& c) {
             c.denials.forms[0][0].kind =
                 static_cast<model::ArgumentForm::Kind>(4);
           }},
    Broken{"given", [](Confinement& c) { c.denials.forms[0][1].given = 6; }},
    Broken{"argument without a name",
           [](Confinement& c) { c.denials.forms[0][0].name = "a b"; }},
    Broken{"constant without a name",
           [](Confinement& c) { c.denials.words[0][0].name = "a b"; }},
    Broken{"kind of edit",
           [](Confinement& c) {
             c.denials.remedies[0][0].kind = static_cast<model::Edit::Kind>(4);
           }},
    Broken{"position in a rule",
           [](Confinement& c) { Ruled(c).rules[0][0].when[0].position = 6; }},
    Broken{"operator",
           [](Confinement& c) {
             Ruled(c).rules[0][0].when[0].op =
                 static_cast<model::RuleTest::Op>(6);
           }},
    Broken{"range with one end",
           [](Confinement& c) {
             Ruled(c).rules[0][0].unless[0].values.pop_back();
           }},
    Broken{"bits in a rule",
           [](Confinement& c) { Ruled(c).rules[0][0].when[0].bits = 0; }},
};

TEST(Open, BrokenDenialsAreRefused) {
  ASSERT_TRUE(Open(PackSample(SampleConfinement())));
  for (const Broken& broken : kBrokenDenials) {
    Confinement sample = SampleConfinement();
    broken.breaks(sample);
    EXPECT_FALSE(Open(PackSample(sample))) << broken.what;
  }
}

TEST(Open, OnlyExplainedDenialsArePacked) {
  Confinement sample = SampleConfinement();
  sample.denials.calls[1].action = model::Action::kQuiet;
  const auto bundle = Open(PackSample(sample));
  ASSERT_TRUE(bundle);
  ASSERT_EQ(bundle->denials.calls.size(), 1u);
  // What only the other one needed is not there either.
  EXPECT_TRUE(bundle->denials.remedies.empty());
  EXPECT_EQ(bundle->denials.files, (std::vector<std::string>{"public.yaml"}));
}

TEST(Open, BrokenValuesAreRefusedAlthoughTheDigestIsRight) {
  for (const Broken& broken : kBroken) {
    Confinement sample = SampleConfinement();
    broken.breaks(sample);
    EXPECT_FALSE(Open(PackSample(sample))) << broken.what;
  }
}

TEST(Open, ProofsNameTheFiltersBesideThem) {
  const Confinement sample = SampleConfinement();
  const auto bundle = Open(PackSample(sample));
  ASSERT_TRUE(bundle);
  ASSERT_EQ(bundle->proofs.size(), 1u);
  EXPECT_EQ(bundle->proofs[0].program, DigestOf(bundle->filters[0].code()));
  EXPECT_EQ(bundle->proofs[0],
            certify::ClaimOf(sample.seccomp[0], bundle->filters[0].code()));
}

// The digest is set right, so that only the proof can be what is wrong.
TEST(Open, ProofOfAnotherFilterIsRefused) {
  std::vector<uint8_t> bytes = PackSample(SampleConfinement());
  const auto bundle = Open(bytes);
  ASSERT_TRUE(bundle);
  const auto& digest = bundle->proofs[0].program.bytes;
  const auto at = std::ranges::search(bytes, digest).begin();
  ASSERT_NE(at, bytes.end());
  *at = static_cast<uint8_t>(*at ^ 1);
  const Digest whole = DigestOf(std::span(bytes).subspan(kHeaderSize));
  std::ranges::copy(whole.bytes, bytes.begin() + 16);
  const auto opened = Open(bytes);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().why, HasSubstr("about another"));
}

TEST(IsNormalPath, KnowsTheOneSpellingOfAPath) {
  for (const char* good : {"/a", "/a/b", "/a/.b", "/a/b..", "/..."}) {
    EXPECT_TRUE(IsNormalPath(good)) << good;
  }
  for (const char* bad : {"", "/", "a", "/a/", "//a", "/a//b", "/.", "/..",
                          "/a/./b", "/a/../b", "/a/.."}) {
    EXPECT_FALSE(IsNormalPath(bad)) << bad;
  }
}

}  // namespace
}  // namespace ringfence::bundle
