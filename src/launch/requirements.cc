#include "launch/requirements.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "launch/prepared.h"
#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr size_t kMaxProfile = 1u << 20;

std::unexpected<Refusal> Unprotected(std::string why, std::string remedy) {
  return std::unexpected(
      Refusal{ExitCode::kProtection, std::move(why), std::move(remedy)});
}

std::expected<void, Refusal> CheckProfile(const model::ProfileFile& profile) {
  const auto file = sys::Open(profile.path.c_str(), O_RDONLY);
  if (!file) {
    return std::unexpected(Refusal{ExitCode::kMissing,
                                   "the profile " + Printable(profile.path) +
                                       " that this bundle was "
                                       "compiled from cannot be read: " +
                                       Describe(file.error()),
                                   "compile the bundle on this host"});
  }
  const auto status = sys::Fstat(file->get());
  if (!status || status->st_uid != 0 ||
      (status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return std::unexpected(
        Refusal{ExitCode::kInput,
                "the profile " + Printable(profile.path) +
                    " is not root's, or others may write it",
                "on a host with a ledger for all users, levels come from "
                "root: put the profiles into /etc/ringfence/profiles"});
  }
  const auto text = sys::ReadAll(file->get(), kMaxProfile);
  if (!text) {
    return std::unexpected(Refusal{ExitCode::kMissing,
                                   "the profile " + Printable(profile.path) +
                                       ": " + Describe(text.error()),
                                   ""});
  }
  const bundle::Digest digest = bundle::DigestOf(
      std::span(reinterpret_cast<const uint8_t*>(text->data()), text->size()));
  if (!std::ranges::equal(digest.bytes, profile.digest)) {
    return std::unexpected(
        Refusal{ExitCode::kInput,
                "the profile " + Printable(profile.path) +
                    " is not the one that this bundle was compiled from",
                "compile the bundle again"});
  }
  return {};
}

}  // namespace

std::expected<void, Refusal> CheckRequirements(const bundle::Bundle& bundle,
                                               const Facts& facts) {
  const uint32_t abi = facts.landlock_abi;
  if (abi != 0 && abi < bundle.landlock.required_abi) {
    return Unprotected("this workload needs Landlock ABI " +
                           std::to_string(bundle.landlock.required_abi) +
                           ", this kernel has " + std::to_string(abi),
                       "use handover: relay, or a newer kernel");
  }
  if (abi == 0 || !bundle.mandatory_access.landlock) {
    return Unprotected(
        "none of the mandatory access controls that the level asks for can "
        "be enforced here",
        "boot a kernel with Landlock enabled (CONFIG_SECURITY_LANDLOCK, and "
        "landlock in the lsm= list)");
  }
  const bool needs_memory =
      bundle.memory.amount != 0 && !bundle.memory.if_available;
  const bool needs_cpu = bundle.cpu.amount != 0 && !bundle.cpu.if_available;
  if (needs_memory || needs_cpu) {
    return Unprotected(
        std::string("the limit on ") + (needs_memory ? "memory" : "cpu") +
            " is required, and only a delegated cgroup v2 can enforce it",
        "say `if_available: true` where that is good enough");
  }
  const auto handed = std::ranges::count_if(
      bundle.network.listen, [](const model::Listen& listen) {
        return listen.handover != model::Handover::kRelay;
      });
  if (static_cast<size_t>(handed) > kMaxHandedOver) {
    return std::unexpected(Refusal{ExitCode::kInput,
                                   "more than " +
                                       std::to_string(kMaxHandedOver) +
                                       " sockets cannot be handed over",
                                   "use handover: relay"});
  }
  return {};
}

std::expected<void, Refusal> CheckProfiles(const bundle::Bundle& bundle) {
  for (const model::ProfileFile& profile : bundle.profiles) {
    RF_TRY(CheckProfile(profile));
  }
  return {};
}

}  // namespace ringfence::launch
