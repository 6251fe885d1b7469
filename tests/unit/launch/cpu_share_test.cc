#include "launch/cpu_share.h"

#include <gtest/gtest.h>

namespace ringfence::launch {
namespace {

constexpr uint64_t kStart = 1'000'000;  // ms

TEST(CpuShare, WhatWasSavedUpIsUsedWithoutARest) {
  CpuShare share;
  share.Use(CpuShare::kBurstUs, kStart);
  EXPECT_EQ(share.RestMs(kStart), 0u);
  share.Use(1, kStart);
  EXPECT_GT(share.RestMs(kStart), 0u);
}

TEST(CpuShare, ARestIsAsLongAsItSays) {
  CpuShare share;
  share.Use(CpuShare::kBurstUs + 10, kStart);
  const uint64_t rest = share.RestMs(kStart);
  EXPECT_GT(share.RestMs(kStart + rest - 1), 0u);
  EXPECT_EQ(share.RestMs(kStart + rest), 0u);
}

TEST(CpuShare, InTheLongRunThePercentageIsKept) {
  CpuShare share;
  uint64_t used_us = 0;
  uint64_t now_ms = kStart;
  while (now_ms < kStart + 100'000) {
    if (const uint64_t rest = share.RestMs(now_ms); rest != 0) {
      now_ms += rest;
      continue;
    }
    share.Use(250, now_ms);
    used_us += 250;
    if (used_us % 1000 == 0) ++now_ms;
  }
  EXPECT_LE(used_us, 100'000u * 1000 * CpuShare::kPercent / 100 +
                         CpuShare::kBurstUs + CpuShare::kTurnUs);
  EXPECT_GE(used_us, 100'000u * 1000 * CpuShare::kPercent / 100 / 2);
}

TEST(CpuShare, NoMoreIsSavedUpThanTheBurst) {
  CpuShare share;
  share.Use(0, kStart);
  share.Use(CpuShare::kBurstUs, UINT64_MAX - 1);
  share.Use(1, UINT64_MAX - 1);
  EXPECT_GT(share.RestMs(UINT64_MAX - 1), 0u);
}

TEST(CpuShare, AClockThatGoesBackEarnsNothing) {
  CpuShare share;
  share.Use(CpuShare::kBurstUs + 1, kStart);
  const uint64_t rest = share.RestMs(kStart);
  EXPECT_EQ(share.RestMs(kStart - 500), rest);
}

}  // namespace
}  // namespace ringfence::launch
