// Two launches at once: the ledger never admits both of an incompatible pair.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "admit/ledger.h"
#include "unit/admit/run_directory.h"

namespace ringfence::admit {
namespace {

using model::Colocate;

// A process that claims and releases on command.
class Racer {
 public:
  Racer(const RunDirectory& run, Request request) {
    int commands[2];
    int answers[2];
    EXPECT_EQ(::pipe2(commands, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(answers, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(commands[1]);
      ::close(answers[0]);
      Serve(run, request, commands[0], answers[1]);
    }
    ::close(commands[0]);
    ::close(answers[1]);
    commands_ = UniqueFd(commands[1]);
    answers_ = UniqueFd(answers[0]);
  }
  ~Racer() {
    commands_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  Racer(const Racer&) = delete;
  Racer& operator=(const Racer&) = delete;

  void Send(char command) {
    EXPECT_EQ(::write(commands_.get(), &command, 1), 1);
  }
  char Answer() {
    char answer = 0;
    EXPECT_EQ(::read(answers_.get(), &answer, 1), 1);
    return answer;
  }

 private:
  [[noreturn]] static void Serve(const RunDirectory& run,
                                 const Request& request, int commands,
                                 int answers) {
    const auto ledger = run.Open();
    std::optional<Claim> claim;
    for (char command = 0; ::read(commands, &command, 1) == 1;) {
      char answer = 'f';
      if (command == 'c' && ledger) {
        auto outcome = ledger->Admit(request, {.admission = 60'000});
        if (outcome) {
          claim.emplace(std::move(*outcome));
          answer = 'g';
        } else if (std::holds_alternative<Incompatible>(outcome.error())) {
          answer = 'r';
        }
      } else if (command == 'r') {
        answer = !claim || claim->Release() ? 'd' : 'f';
        claim.reset();
      }
      if (::write(answers, &answer, 1) != 1) break;
    }
    ::_exit(0);
  }

  pid_t pid_ = 0;
  UniqueFd commands_;
  UniqueFd answers_;
};

Request Of(std::string level, Colocate colocate, std::string tenant,
           std::string name) {
  Request request = RequestFor(std::move(level), std::move(name));
  request.level.colocate = colocate;
  request.level.tenant = std::move(tenant);
  return request;
}

// Races the two `times` times; the number of times each outcome came.
struct Outcomes {
  int both = 0;
  int one = 0;
  int none = 0;
};
Outcomes Race(const Request& first, const Request& second, int times) {
  const RunDirectory run;
  Racer a(run, first);
  Racer b(run, second);
  Outcomes outcomes;
  for (int i = 0; i < times; ++i) {
    // Who is sent off first changes.
    Racer& early = i % 2 == 0 ? a : b;
    Racer& late = i % 2 == 0 ? b : a;
    early.Send('c');
    late.Send('c');
    int granted = 0;
    for (Racer* racer : {&a, &b}) {
      const char answer = racer->Answer();
      EXPECT_TRUE(answer == 'g' || answer == 'r') << answer;
      granted += answer == 'g' ? 1 : 0;
    }
    ++(granted == 2   ? outcomes.both
       : granted == 1 ? outcomes.one
                      : outcomes.none);
    for (Racer* racer : {&a, &b}) racer->Send('r');
    for (Racer* racer : {&a, &b}) EXPECT_EQ(racer->Answer(), 'd');
  }
  return outcomes;
}

TEST(LedgerRace, TwoLevelsRacedAThousandTimesNeverBothRun) {
  const Outcomes outcomes =
      Race(Of("public", Colocate::kSameLevel, "", "a"),
           Of("untrusted", Colocate::kSameLevel, "", "b"), 1000);
  EXPECT_EQ(outcomes.both, 0);
  EXPECT_EQ(outcomes.one, 1000);
}

TEST(LedgerRace, TwoTenantsRacedNeverBothRun) {
  const Outcomes outcomes =
      Race(Of("public", Colocate::kSameTenant, "shop", "a"),
           Of("public", Colocate::kSameTenant, "bank", "b"), 300);
  EXPECT_EQ(outcomes.both, 0);
  EXPECT_EQ(outcomes.one, 300);
}

TEST(LedgerRace, TwoThatWantToBeAloneRacedNeverBothRun) {
  const Outcomes outcomes = Race(Of("public", Colocate::kAlone, "", "a"),
                                 Of("public", Colocate::kAlone, "", "b"), 300);
  EXPECT_EQ(outcomes.both, 0);
  EXPECT_EQ(outcomes.one, 300);
}

// The control: the same race of a compatible pair is won by both.
TEST(LedgerRace, TwoOfOneLevelRacedBothRun) {
  const Outcomes outcomes =
      Race(Of("public", Colocate::kSameLevel, "", "a"),
           Of("public", Colocate::kSameLevel, "", "b"), 300);
  EXPECT_EQ(outcomes.both, 300);
}

}  // namespace
}  // namespace ringfence::admit
