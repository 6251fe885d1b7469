#include "admit/layout.h"

#include <gtest/gtest.h>

#include <vector>

#include "admit/decide.h"

namespace ringfence::admit {
namespace {

Record Sample() {
  return {.name = "storefront",
          .level = {"public", "shop", model::Colocate::kSameTenant},
          .uid = model::HostUid(1000),
          .supervisor = {4711, 123456},
          .init = {4712, 123457},
          .since_ms = 1'767'225'600'000,
          .since_boot_ms = 99'000};
}

TEST(Layout, TheOffsetsDoNotOverlap) {
  EXPECT_LE(off_t{sizeof(Header)}, kClassAt);
  EXPECT_LE(kClassAt + off_t{sizeof(RawClass)}, kIndexAt);
  EXPECT_EQ(IndexAt(kRecords), kRecordsAt);
  EXPECT_EQ(RecordAt(kRecords), kFileSize);
  EXPECT_LT(kFileSize, kAdmissionLock.start);
  EXPECT_LT(kAdmissionLock.start, kTurnLocks.start);
}

TEST(Layout, NothingThatIsWrittenAtOnceCrossesAPage) {
  EXPECT_LE(kClassAt % 4096 + off_t{sizeof(RawClass)}, 4096);
  for (uint32_t i = 0; i < kRecords; ++i) {
    EXPECT_LE(IndexAt(i) % 4096, 4088);
    EXPECT_LE(RecordAt(i) % 4096, 3840);
  }
}

TEST(IsName, TakesLowerCaseWordsOfUpTo63Bytes) {
  for (const char* name : {"a", "web-1", "a-", "z9"}) {
    EXPECT_TRUE(IsName(name)) << name;
  }
  EXPECT_TRUE(IsName(std::string(63, 'a')));
  for (const char* name :
       {"", "A", "1a", "-a", "a_b", "a:b", "a b", "\xc3\xa4"}) {
    EXPECT_FALSE(IsName(name)) << name;
  }
  EXPECT_FALSE(IsName(std::string(64, 'a')));
  EXPECT_FALSE(IsName(std::string_view("a\0b", 3)));
}

TEST(Record, SurvivesTheRoundTrip) {
  EXPECT_EQ(Decode(Encode(Sample()), Sample().level), Sample());
  Record longest = Sample();
  longest.name = longest.level.name = longest.level.tenant =
      std::string(63, 'x');
  EXPECT_EQ(Decode(Encode(longest), longest.level), longest);
}

TEST(Record, NonsenseInAnyFieldIsNoRecord) {
  const RawRecord good = Encode(Sample());
  const model::TrustLevel of{.name = "public"};
  ASSERT_TRUE(Decode(good, of));
  const auto broken = [&](auto change) {
    RawRecord raw = good;
    change(raw);
    return !Decode(raw, of);
  };
  EXPECT_TRUE(broken([](RawRecord& r) { r.supervisor_pid = 0; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.supervisor_pid = -1; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.init.pid = -1; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name[0] = 0; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name.fill('a'); }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name[1] = '\x1b'; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name[63] = 'a'; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.tenant[0] = ':'; }));
  EXPECT_FALSE(broken([](RawRecord& r) { r.tenant.fill(0); }));
}

TEST(Record, EveryFlippedBitIsARecordOrNone) {
  const RawRecord good = Encode(Sample());
  for (size_t bit = 0; bit < sizeof good * 8; ++bit) {
    RawRecord raw = good;
    auto* bytes = reinterpret_cast<unsigned char*>(&raw);
    bytes[bit / 8] =
        static_cast<unsigned char>(bytes[bit / 8] ^ (1u << (bit % 8)));
    if (const auto record = Decode(raw, {.name = "public"})) {
      EXPECT_TRUE(IsName(record->name));
    }
  }
}

TEST(Record, OfAnotherTenantThanItsClassIsNone) {
  const RawRecord raw = Encode(Sample());
  EXPECT_TRUE(Decode(raw, Sample().level));
  model::TrustLevel other = Sample().level;
  other.tenant = "bank";
  EXPECT_FALSE(Decode(raw, other));
  other.colocate = model::Colocate::kSameLevel;
  EXPECT_TRUE(Decode(raw, other));
  EXPECT_FALSE(Decode(raw, {}));
}

TEST(Class, IsEqualExactlyWhereLevelsAreCompatible) {
  std::vector<model::TrustLevel> levels;
  for (const char* name : {"public", "internal"}) {
    for (const char* tenant : {"", "shop", "bank"}) {
      for (const auto colocate :
           {model::Colocate::kSameLevel, model::Colocate::kSameTenant,
            model::Colocate::kAlone}) {
        levels.push_back({name, tenant, colocate});
      }
    }
  }
  for (const model::TrustLevel& one : levels) {
    const auto of = DecodeClass(EncodeClass(one));
    ASSERT_TRUE(of);
    EXPECT_EQ(ClassKey(*of), ClassKey(one));
    for (const model::TrustLevel& other : levels) {
      if (ClassKey(one).empty() || ClassKey(other).empty()) continue;
      EXPECT_EQ(EncodeClass(one) == EncodeClass(other), Compatible(one, other));
    }
  }
}

TEST(Class, NonsenseInAnyFieldIsRefused) {
  const RawClass good = EncodeClass(Sample().level);
  EXPECT_EQ(DecodeClass(RawClass{}), model::TrustLevel{});
  const auto broken = [&](auto change) {
    RawClass raw = good;
    change(raw);
    return !DecodeClass(raw);
  };
  EXPECT_FALSE(broken([](RawClass&) {}));
  EXPECT_TRUE(broken([](RawClass& c) { c.colocate = 3; }));
  EXPECT_TRUE(broken([](RawClass& c) { c.level.fill('a'); }));
  EXPECT_TRUE(broken([](RawClass& c) { c.level.fill(0); }));
  EXPECT_TRUE(broken([](RawClass& c) { c.tenant[0] = ':'; }));
  EXPECT_TRUE(broken([](RawClass& c) { c.tenant[63] = 'a'; }));
}

TEST(IndexEntry, DependsOnNameAndUserAndIsNeverFree) {
  const auto entry = IndexEntry("web", model::HostUid(1000));
  EXPECT_NE(entry, 0u);
  EXPECT_EQ(entry, IndexEntry("web", model::HostUid(1000)));
  EXPECT_NE(entry, IndexEntry("wed", model::HostUid(1000)));
  EXPECT_NE(entry, IndexEntry("web", model::HostUid(1001)));
  EXPECT_NE(entry, IndexEntry("web", model::HostUid(1000 + (1u << 24))));
}

}  // namespace
}  // namespace ringfence::admit
