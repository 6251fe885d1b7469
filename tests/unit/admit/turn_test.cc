#include "admit/turn.h"

#include <gmock/gmock.h>

#include <thread>

#include "admit/layout.h"
#include "ledger_fixture.h"
#include "sys/clock.h"

namespace ringfence::admit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TurnTest : public LedgerTest {
 protected:
  Turn Take() { return std::move(Turn::Take(OpenRaw()).value()); }
};

TEST_F(TurnTest, ComesInTheOrderOfTaking) {
  std::optional<Turn> first(Take());
  std::optional<Turn> second(Take());
  std::optional<Turn> third(Take());
  EXPECT_TRUE(first->IsNext().value());
  EXPECT_FALSE(second->IsNext().value());
  EXPECT_FALSE(third->IsNext().value());
  // One in the middle gives up: the others keep their order.
  second.reset();
  EXPECT_FALSE(third->IsNext().value());
  const Turn fourth = Take();
  first.reset();
  EXPECT_TRUE(third->IsNext().value());
  EXPECT_FALSE(fourth.IsNext().value());
}

TEST_F(TurnTest, OfAKilledProcessIsOver) {
  std::optional<Child> waiter(std::in_place, [&] {
    static std::optional<Turn> turn;
    turn.emplace(Take());
  });
  const Turn own = Take();
  EXPECT_FALSE(own.IsNext().value());
  waiter.reset();
  EXPECT_TRUE(own.IsNext().value());
}

TEST_F(TurnTest, WaitingIsAdmittedWhenTheLastOneInTheWayIsGone) {
  auto one = Admit("public", "a");
  ASSERT_TRUE(one);
  std::thread end([&] {
    sys::SleepMs(150);
    EXPECT_TRUE(one->Release());
  });
  std::vector<std::string> said;
  const auto claim = AdmitInTurn(
      *ledger_, RequestFor("untrusted", "b"),
      {.time_ms = 60'000, .stop = {}, .say = [&](const std::string& what) {
         said.push_back(what);
       }});
  end.join();
  EXPECT_TRUE(claim);
  EXPECT_THAT(said, ElementsAre("until a (public) has ended"));
}

TEST_F(TurnTest, TheTimeEndsWithTheReason) {
  const auto one = Admit("public", "a");
  ASSERT_TRUE(one);
  const uint64_t start = sys::MonotonicMs();
  EXPECT_TRUE(RefusedFor<Incompatible>(
      AdmitInTurn(*ledger_, RequestFor("untrusted", "b"), {.time_ms = 50})));
  EXPECT_GE(sys::MonotonicMs() - start, 50u);
  // Also for who is not next.
  const Turn before = Take();
  EXPECT_TRUE(RefusedFor<Incompatible>(
      AdmitInTurn(*ledger_, RequestFor("untrusted", "b"), {.time_ms = 50})));
}

TEST_F(TurnTest, WhoDoesNotWaitPassesTheQueueBy) {
  const Turn before = Take();
  EXPECT_TRUE(Admit("public", "a"));
}

TEST_F(TurnTest, AnInterruptEndsTheWait) {
  const auto one = Admit("public", "a");
  ASSERT_TRUE(one);
  int pipe[2];
  ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
  ASSERT_EQ(::write(pipe[1], "x", 1), 1);
  EXPECT_TRUE(
      RefusedFor<Stopped>(AdmitInTurn(*ledger_, RequestFor("untrusted", "b"),
                                      {.time_ms = 60'000,
                                       .interrupt = pipe[0],
                                       .stop = [] { return true; },
                                       .say = {}})));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(TurnTest, WhatDoesNotPassIsNotWaitedFor) {
  EXPECT_FALSE(WaitedFor(Reserved{{"public"}}));
  EXPECT_FALSE(WaitedFor(NotAllowed{}));
  EXPECT_FALSE(WaitedFor(InvalidName{"?"}));
  EXPECT_FALSE(WaitedFor(Unusable{}));
  EXPECT_THAT(WaitedFor(Draining{}).value(), HasSubstr("host"));
  EXPECT_THAT(WaitedFor(Full{}).value(), HasSubstr("room"));
}

}  // namespace
}  // namespace ringfence::admit
