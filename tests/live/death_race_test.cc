// Two launches at once, of different levels: they never both run.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "live/sandbox.h"
#include "live/witness.h"
#include "sys/channel.h"

namespace ringfence::live {
namespace {

class Race : public SandboxTest {
 protected:
  // A compiled workload that is seen for a few milliseconds.
  std::string Seen(const std::string& name, const std::string& level, int group,
                   int milliseconds) const {
    return Compile(Write(
        name, level,
        {"/opt/probe", "witness:/data/witness," + std::to_string(group) + "," +
                           std::to_string(milliseconds)},
        "",
        "  write:\n    - {host: " + witness_path_ + ", at: /data/witness}\n"));
  }

  // Both wait for the same pipe to end, and then start.
  struct Codes {
    int first = -1;
    int second = -1;
  };
  Codes Together(const std::string& first, const std::string& second) {
    witness_.Reset();
    auto gate = *sys::MakePipe();
    const Options options{.descriptors = {{3, gate.read.get()}}};
    Background a(user_, Waiting(first), options);
    Background b(user_, Waiting(second), options);
    gate.read.reset();
    gate.write.reset();
    return {Code(a.Wait()), Code(b.Wait())};
  }

  const std::string witness_path_ =
      home_.Write("witness", Witness::Blank(), 0666);
  Witness witness_{witness_path_};

 private:
  std::vector<std::string> Waiting(const std::string& bundle) const {
    return {"/bin/sh", "-c", "read x <&3; exec \"$0\" run \"$1\" 3<&-",
            ringfence_, bundle};
  }
  static int Code(const Outcome& outcome) {
    const auto* exited = std::get_if<Exited>(&outcome.end);
    EXPECT_TRUE(exited != nullptr) << outcome;
    const int code = exited != nullptr ? exited->code : -1;
    EXPECT_TRUE(code == 0 || code == 120) << outcome;
    return code;
  }
};

TEST_F(Race, TwoLevelsRacedAThousandTimesNeverBothRun) {
  const std::array<std::string, 2> bundles = {Seen("one", "public", 1, 5),
                                              Seen("two", "untrusted", 2, 5)};
  std::array<int, 2> alone{};
  int in_turn = 0;
  int neither = 0;
  for (int round = 0; round < 1000 && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    // Who is sent off first changes.
    const size_t early = static_cast<size_t>(round % 2);
    const Codes codes = Together(bundles[early], bundles[1 - early]);
    const bool first_ran = !witness_.StaysOf(early + 1).empty();
    const bool second_ran = !witness_.StaysOf(2 - early).empty();
    EXPECT_EQ(first_ran, codes.first == 0);
    EXPECT_EQ(second_ran, codes.second == 0);
    EXPECT_FALSE(witness_.Overlap(1, 2)) << "both ran at once";
    if (first_ran && second_ran) {
      ++in_turn;
    } else if (first_ran || second_ran) {
      ++alone[first_ran ? early : 1 - early];
    } else {
      ++neither;
    }
  }
  std::printf(
      "  of 1000 races: public alone %d, untrusted alone %d, one after the "
      "other %d, neither %d; both at once never\n",
      alone[0], alone[1], in_turn, neither);
  // The critical section has a winner each time.
  EXPECT_EQ(neither, 0);
  // And it was a race: each of them lost some.
  EXPECT_GT(alone[0], 0);
  EXPECT_GT(alone[1], 0);
}

// The control: of one level both run, and the witness sees them at once.
TEST_F(Race, TwoOfOneLevelRunTogether) {
  const std::string one = Seen("one", "public", 1, 300);
  const std::string two = Seen("two", "public", 2, 300);
  int seen = 0;
  for (int round = 0; round < 10; ++round) {
    const Codes codes = Together(one, two);
    EXPECT_EQ(codes.first, 0);
    EXPECT_EQ(codes.second, 0);
    if (witness_.Overlap(1, 2)) ++seen;
  }
  std::printf("  of 10 pairs of one level %d were seen at once\n", seen);
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace ringfence::live
