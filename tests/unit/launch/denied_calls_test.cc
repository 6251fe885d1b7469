// Counting, folding and the rate at which denials are told.
#include "launch/denied_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ringfence::launch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const model::Denials kDenials{
    .files = {"p.yaml"},
    .words = {},
    .forms = {{{.name = "fd",
                .position = 0,
                .kind = model::ArgumentForm::Kind::kDescriptor,
                .bits = 32},
               {.name = "buf",
                .position = 1,
                .kind = model::ArgumentForm::Kind::kPointer},
               {.name = "n", .position = 2, .bits = 32}}},
    .remedies = {{{.what = "", .key = "allow", .at = {0, 7}}}},
    .calls = {{.number = 5,
               .name = "five",
               .error = 1,
               .at = {0, 7},
               .form = 0,
               .remedy = 0},
              {.number = 6, .name = "six", .error = 1, .at = {0, 8}}}};

class Denied : public testing::Test {
 protected:
  DeniedCalls::Lines Note(uint32_t number, std::array<uint64_t, 6> args = {},
                          uint32_t pid = 10, uint64_t now_ms = 1000) {
    return denied_.Note({.id = 1, .pid = pid, .number = number, .args = args},
                        now_ms);
  }
  std::string program_ = "prog";
  uint64_t looked_ = 0;
  DeniedCalls denied_{kDenials,
                      [this](uint32_t) {
                        ++looked_;
                        return program_;
                      },
                      [](uint32_t, uint64_t) { return std::string(); }};
};

TEST_F(Denied, IsToldOnceAndThenCounted) {
  EXPECT_THAT(Note(5, {3, 0x1000, 8}),
              ElementsAre("prog[10]: five(fd=3, buf=0x1000, n=8) = EPERM, by "
                          "p.yaml:7; to allow it: add `five` to `allow` at "
                          "p.yaml:7"));
  // Another pointer, descriptor or process is the same denial.
  EXPECT_THAT(Note(5, {4, 0x2000, 8}, 11), IsEmpty());
  EXPECT_THAT(Note(5, {3, 0x1000, 8}), IsEmpty());
  EXPECT_EQ(denied_.kept().size(), 1u);
  EXPECT_THAT(denied_.Due(1000 + DeniedCalls::kPauseMs - 1), IsEmpty());
  EXPECT_THAT(denied_.Due(1000 + DeniedCalls::kPauseMs),
              ElementsAre("2 more times: prog: five(fd=3, buf=0x1000, n=8) = "
                          "EPERM"));
  EXPECT_FALSE(denied_.due_ms());
  EXPECT_THAT(denied_.Rest(), IsEmpty());
  EXPECT_EQ(denied_.total(), 3u);
  EXPECT_THAT(denied_.Totals(), ElementsAre(Pair("five", 3)));
}

TEST_F(Denied, AnotherNumberOrProgramIsAnotherDenial) {
  EXPECT_EQ(Note(5, {3, 0, 8}).size(), 1u);
  EXPECT_EQ(Note(5, {3, 0, 9}).size(), 1u);
  program_ = "other";
  EXPECT_EQ(Note(5, {3, 0, 8}).size(), 1u);
  EXPECT_EQ(Note(6).size(), 1u);
  EXPECT_EQ(denied_.kept().size(), 4u);
}

TEST_F(Denied, LinesComeInABurstAndThenOneASecond) {
  size_t lines = 0;
  for (uint64_t i = 0; i < 100; ++i) lines += Note(5, {0, 0, i}).size();
  EXPECT_EQ(lines, DeniedCalls::kBurst);
  for (uint64_t i = 100; i < 200; ++i) {
    lines += Note(5, {0, 0, i}, 10, 2000).size();
  }
  EXPECT_EQ(lines, DeniedCalls::kBurst + 1);
}

TEST_F(Denied, NoneIsLostWhateverTheFlood) {
  for (uint64_t i = 0; i < 50'000; ++i) (void)Note(5, {0, 0, i % 1000});
  EXPECT_EQ(looked_, DeniedCalls::kExamined);
  EXPECT_EQ(denied_.kept().size(), DeniedCalls::kKept);
  (void)Note(6);
  (void)Note(99);
  EXPECT_EQ(denied_.total(), 50'002u);
  EXPECT_THAT(
      denied_.Totals(),
      ElementsAre(Pair("five", 50'000), Pair("six", 1), Pair("unknown", 1)));
  // What is said in lines and in numbers adds up to what was not said before.
  const auto rest = denied_.Rest();
  ASSERT_EQ(rest.size(), 11u);
  uint64_t sum = 0;
  for (const std::string& line : rest) {
    const size_t times = line.rfind('(');
    sum += std::stoull(line.back() == ')' ? line.substr(times + 1) : line);
  }
  EXPECT_EQ(sum, 50'002u - DeniedCalls::kBurst);
  EXPECT_THAT(rest.back(), HasSubstr("further denied calls"));
}

TEST_F(Denied, WhatIsKeptIsTheLatest) {
  for (uint64_t i = 0; i < DeniedCalls::kKept + 3; ++i) {
    (void)Note(5, {0, 0, i});
  }
  ASSERT_EQ(denied_.kept().size(), DeniedCalls::kKept);
  EXPECT_EQ(denied_.kept().back().arguments[2], DeniedCalls::kKept + 2);
}

TEST_F(Denied, ANameCannotForgeALine) {
  program_ = "x]: fine\x1b[2J";
  EXPECT_THAT(Note(6), ElementsAre("\"x]: fine\\x1b[2J\"[10]: six() = EPERM, "
                                   "by p.yaml:8"));
}

}  // namespace
}  // namespace ringfence::launch
