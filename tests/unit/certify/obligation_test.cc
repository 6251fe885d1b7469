#include "certify/obligation.h"

#include <gtest/gtest.h>

#include "compile/seccomp.h"
#include "differential/random_policy.h"

namespace ringfence::certify {
namespace {

// Without what an obligation leaves out.
model::SeccompPolicy Bare(model::SeccompPolicy policy) {
  for (model::CallPolicy& call : policy.calls) {
    call.name.clear();
    call.source = {};
  }
  return policy;
}

TEST(Obligation, IsReadBackAsItWasWritten) {
  RandomPolicy random(20261);
  for (int i = 0; i < 200; ++i) {
    const auto policy = random.Policy(std::array{1u, 2u, 39u, 41u}, 3);
    const auto program = compile::CompileSeccomp(policy).value();
    const std::string bytes = Encode(policy, program.code());
    const auto decoded = Decode(bytes);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->source, Bare(policy));
    EXPECT_TRUE(std::ranges::equal(decoded->program, program.code()));
  }
}

TEST(Obligation, CutShortOrTooLongIsRefused) {
  RandomPolicy random(20262);
  const auto policy = random.Policy(std::array{1u, 2u, 39u}, 3);
  const auto program = compile::CompileSeccomp(policy).value();
  const std::string bytes = Encode(policy, program.code());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Decode(bytes.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(Decode(bytes + '\0').has_value());
}

TEST(Claim, ChangesWithEveryPartThatMatters) {
  RandomPolicy random(20263);
  const auto policy = random.Policy(std::array{1u, 2u}, 2);
  const auto program = compile::CompileSeccomp(policy).value();
  const auto claim = ClaimOf(policy, program.code());

  model::SeccompPolicy cosmetic = policy;
  cosmetic.calls[0].name = "another";
  cosmetic.calls[0].source = {"other.yaml", 1, 1};
  EXPECT_EQ(ClaimOf(cosmetic, program.code()), claim);

  model::SeccompPolicy changed = policy;
  changed.calls[1].otherwise = {model::Action::kQuiet, 77};
  EXPECT_NE(ClaimOf(changed, program.code()), claim);

  std::vector<bpf::Instruction> code(program.code().begin(),
                                     program.code().end());
  code.back().k ^= 1;
  EXPECT_NE(ClaimOf(policy, code), claim);
}

}  // namespace
}  // namespace ringfence::certify
