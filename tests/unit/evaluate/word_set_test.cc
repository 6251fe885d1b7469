#include "evaluate/word_set.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace ringfence::evaluate {
namespace {

struct Step {
  WordTest test;
  bool holds = true;
};

bool Satisfies(uint32_t word, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const bool holds = step.test.kind == WordTest::Kind::kAtLeast
                           ? word >= step.test.value
                           : (word & step.test.mask) == step.test.value;
    if (holds != step.holds) return false;
  }
  return true;
}

std::optional<uint32_t> Member(const std::vector<Step>& steps) {
  WordSet words;
  for (const Step& step : steps) words.Narrow(step.test, step.holds);
  size_t budget = 1 << 20;
  const auto member = words.Member(budget);
  EXPECT_GT(budget, 0u);
  return member;
}

TEST(WordSet, AllWords_HaveAMember) { EXPECT_EQ(Member({}), 0u); }

TEST(WordSet, Contradictions_AreEmpty) {
  const std::vector<std::vector<Step>> kEmpty = {
      {{Masked(0xFF, 1), true}, {Masked(0xFF, 2), true}},
      {{Masked(0xFF, 1), true}, {Masked(0xFF, 1), false}},
      {{Masked(0xF0, 0x01), true}},
      {{Masked(0, 0), false}},
      {{AtLeast(5), true}, {AtLeast(5), false}},
      {{AtLeast(0), false}},
      {{AtLeast(0x80000000), true}, {Masked(0x80000000, 0), true}},
      {{Masked(3, 0), false},
       {Masked(3, 1), false},
       {Masked(3, 2), false},
       {Masked(3, 3), false}},
      {{Masked(~0u, 7), true}, {AtLeast(8), true}},
  };
  for (const auto& steps : kEmpty) EXPECT_EQ(Member(steps), std::nullopt);
}

TEST(WordSet, TheLastWordLeft_IsFound) {
  EXPECT_EQ(Member({{AtLeast(~0u), true}}), ~0u);
  EXPECT_EQ(Member({{AtLeast(1), false}}), 0u);
  EXPECT_EQ(Member({{AtLeast(4), false},
                    {Masked(~0u, 0), false},
                    {Masked(~0u, 1), false},
                    {Masked(~0u, 3), false}}),
            2u);
  EXPECT_EQ(
      Member({{Masked(0xFFFFFFFE, 0x80000000), true}, {Masked(1, 0), false}}),
      0x80000001u);
}

// Against trying all words: everything happens in six low bits, the others are
// fixed, so 64 words are all there are.
TEST(WordSet, AgreesWithTryingAll_ForRandomTests) {
  std::mt19937 random(20260201);
  size_t empty = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::vector<Step> steps = {{Masked(~63u, 0), true}};
    const unsigned count = 1 + random() % 8;
    for (unsigned i = 0; i < count; ++i) {
      const uint32_t mask = random() % 64;
      const uint32_t value = random() % 64;
      const bool holds = random() % 4 == 0;
      if (random() % 3 == 0) {
        steps.push_back({AtLeast(value), random() % 2 == 0});
      } else {
        steps.push_back({Masked(mask, value & mask), holds});
      }
    }
    bool any = false;
    for (uint32_t word = 0; word < 64; ++word) any |= Satisfies(word, steps);
    const auto member = Member(steps);
    ASSERT_EQ(member.has_value(), any) << round;
    if (member) {
      ASSERT_TRUE(Satisfies(*member, steps)) << round;
    }
    empty += !any;
  }
  EXPECT_GT(empty, 1000u);
  EXPECT_LT(empty, 49'000u);
}

TEST(WordSet, MembersOfRandomSets_AreInThem) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const auto target = static_cast<uint32_t>(random());
    std::vector<Step> steps;
    // Every test is chosen to hold for `target`, so the set is never empty.
    for (unsigned i = 0; i < 1 + random() % 10; ++i) {
      const auto mask = static_cast<uint32_t>(random() & random());
      const auto value = static_cast<uint32_t>(random());
      Step step{
          random() % 2 == 0 ? AtLeast(value) : Masked(mask, target & mask),
          true};
      if (step.test.kind == WordTest::Kind::kMasked && random() % 2 == 0) {
        step.test.value = value & mask;
      }
      step.holds = Satisfies(target, {{step.test, true}});
      steps.push_back(step);
    }
    const auto member = Member(steps);
    ASSERT_TRUE(member.has_value()) << round;
    ASSERT_TRUE(Satisfies(*member, steps)) << round;
  }
}

TEST(WordSet, SearchThatIsTooLong_UsesUpItsBudget) {
  WordSet words;
  // No word is left, and no order of looking shows it in a few steps.
  for (uint32_t value = 0; value < 1 << 12; ++value) {
    words.Narrow(Masked((1 << 12) - 1, value), false);
  }
  size_t budget = 100;
  EXPECT_EQ(words.Member(budget), std::nullopt);
  EXPECT_EQ(budget, 0u);
  budget = 1 << 20;
  EXPECT_EQ(words.Member(budget), std::nullopt);
  EXPECT_GT(budget, 0u);
}

}  // namespace
}  // namespace ringfence::evaluate
