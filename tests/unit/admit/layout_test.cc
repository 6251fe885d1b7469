#include "admit/layout.h"

#include <gtest/gtest.h>

#include <cstring>

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
  EXPECT_LE(off_t{sizeof(Header)}, kClassesAt);
  EXPECT_EQ(ClassAt(kClasses), kRecordsAt);
  EXPECT_EQ(RecordAt(kRecords), kFileSize);
  EXPECT_LT(kFileSize, kAdmissionLock.start);
  EXPECT_LT(kAdmissionLock.start, kClassLocks.start);
  EXPECT_LE(kClassLocks.start + kClassLocks.length, RecordLock(0).start);
}

TEST(Layout, NothingThatIsWrittenAtOnceCrossesAPage) {
  for (uint32_t i = 0; i < kClasses; ++i) EXPECT_LE(ClassAt(i) % 4096, 3840);
  for (uint32_t i = 0; i < kRecords; ++i) EXPECT_LE(RecordAt(i) % 4096, 3840);
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
  for (const int32_t index : {kNoClass, 0, 1023}) {
    const RawRecord raw = Encode(Sample(), index);
    EXPECT_EQ(raw.used, 0u);
    EXPECT_EQ(raw.class_index, index);
    EXPECT_EQ(Decode(raw), Sample());
  }
  Record longest = Sample();
  longest.name = longest.level.name = longest.level.tenant =
      std::string(63, 'x');
  EXPECT_EQ(Decode(Encode(longest, 0)), longest);
}

TEST(Record, NonsenseInAnyFieldIsNoRecord) {
  const RawRecord good = Encode(Sample(), 5);
  ASSERT_TRUE(Decode(good));
  const auto broken = [&](auto change) {
    RawRecord raw = good;
    change(raw);
    return !Decode(raw);
  };
  EXPECT_TRUE(broken([](RawRecord& r) { r.colocate = 3; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.supervisor_pid = 0; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.supervisor_pid = -1; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.init.pid = -1; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.class_index = -2; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.class_index = kClasses; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name[0] = 0; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name.fill('a'); }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name[1] = '\x1b'; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.name[63] = 'a'; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.level[0] = 0; }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.level.fill('a'); }));
  EXPECT_TRUE(broken([](RawRecord& r) { r.tenant[0] = ':'; }));
  EXPECT_FALSE(broken([](RawRecord& r) { r.tenant.fill(0); }));
}

TEST(Record, EveryFlippedBitIsARecordOrNone) {
  const RawRecord good = Encode(Sample(), 5);
  for (size_t bit = 0; bit < sizeof good * 8; ++bit) {
    RawRecord raw = good;
    auto* bytes = reinterpret_cast<unsigned char*>(&raw);
    bytes[bit / 8] =
        static_cast<unsigned char>(bytes[bit / 8] ^ (1u << (bit % 8)));
    if (const auto record = Decode(raw)) {
      EXPECT_TRUE(IsName(record->name));
      EXPECT_TRUE(IsName(record->level.name));
    }
  }
}

TEST(Class, SurvivesTheRoundTripOrIsRefused) {
  EXPECT_EQ(DecodeClass(EncodeClass("level:public")), "level:public");
  EXPECT_EQ(DecodeClass(RawClass{}), "");
  RawClass unterminated;
  unterminated.key.fill('a');
  EXPECT_EQ(DecodeClass(unterminated), std::nullopt);
}

}  // namespace
}  // namespace ringfence::admit
