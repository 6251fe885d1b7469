#include "host/policy.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

#include "admit/policy.h"

namespace ringfence::host {
namespace {

using admit::DecodePolicy;
using model::HostGid;
using model::HostPolicy;

HostPolicy Full() {
  HostPolicy policy{
      .accepts = {"public", "untrusted"},
      .draining = true,
      .may_start = {{"public", {HostGid(7), HostGid(8)}}, {"critical", {}}},
      .containers = model::ForeignAnswer::kRefuse,
      .services = model::ForeignAnswer::kName,
      .known = {"ssh.service", "systemd-*"}};
  return policy;
}

TEST(Policy, SurvivesTheRoundTrip) {
  for (const HostPolicy& policy : {HostPolicy{}, Full()}) {
    EXPECT_EQ(DecodePolicy(EncodePolicy(policy)), policy);
  }
  HostPolicy most;
  most.accepts.assign(model::kMaxAccepted, std::string(63, 'a'));
  most.may_start.assign(
      model::kMaxStartRules,
      {"public", std::vector<HostGid>(model::kMaxStartGroups, HostGid(1))});
  most.known.assign(model::kMaxKnown, std::string(model::kMaxKnownLength, 'k'));
  EXPECT_EQ(DecodePolicy(EncodePolicy(most)), most);
}

TEST(Policy, OfAnotherSizeIsNone) {
  auto bytes = EncodePolicy(Full());
  EXPECT_FALSE(DecodePolicy({}));
  EXPECT_FALSE(DecodePolicy(std::span(bytes).first(bytes.size() - 1)));
  bytes.emplace_back();
  EXPECT_FALSE(DecodePolicy(bytes));
}

// Whatever one bit makes of it: a policy that encodes to what was read in all
// that counts, or none.
TEST(Policy, EveryFlippedBitIsAPolicyOrNone) {
  const auto good = EncodePolicy(Full());
  size_t refused = 0;
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    const auto policy = DecodePolicy(bytes);
    if (!policy) {
      ++refused;
    } else {
      EXPECT_EQ(DecodePolicy(EncodePolicy(*policy)), policy);
    }
  }
  EXPECT_GT(refused, 8 * 40u - 64u);
}

}  // namespace
}  // namespace ringfence::host
