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

// Any one of those that the level names will do; what else the host has is
// applied, too.
std::expected<void, Refusal> CheckMandatoryAccess(const bundle::Bundle& bundle,
                                                  const Facts& facts) {
  const uint32_t abi = facts.landlock_abi;
  // ABI 1 is what every Landlock has; only more than that is a need.
  if (bundle.landlock.required_abi > std::max(abi, 1u)) {
    return Unprotected("this workload needs Landlock ABI " +
                           std::to_string(bundle.landlock.required_abi) +
                           ", this kernel has " + std::to_string(abi),
                       "use handover: relay, or a newer kernel");
  }
  const model::MandatoryAccess& wanted = bundle.mandatory_access;
  if ((wanted.landlock && abi != 0) ||
      (wanted.apparmor && !facts.apparmor.profile.empty()) ||
      (wanted.selinux && !facts.selinux.label.empty())) {
    return {};
  }
  std::string why;
  std::string remedy;
  const auto add = [&](bool asked, const std::string& reason,
                       const std::string& help) {
    if (!asked) return;
    why += (why.empty() ? "" : "; ") + reason;
    remedy += (remedy.empty() ? "" : "; or ") + help;
  };
  add(wanted.apparmor, facts.apparmor.why, facts.apparmor.remedy);
  add(wanted.selinux, facts.selinux.why, facts.selinux.remedy);
  add(wanted.landlock, "this kernel has no Landlock, or it is off",
      "boot with landlock in the lsm= list (CONFIG_SECURITY_LANDLOCK)");
  return Unprotected(
      "none of the mandatory access controls that the level asks for can be "
      "enforced here: " +
          why,
      remedy);
}

// Only a delegated cgroup v2 can enforce these.
std::expected<void, Refusal> CheckLimit(const std::string& name,
                                        const model::CgroupLimit& wanted,
                                        const CgroupLimited& limited,
                                        const std::string& remedy) {
  if (wanted.amount == 0 || wanted.if_available || limited.enforced) return {};
  return Unprotected(
      "the limit on " + name +
          " is required, and cannot be enforced here: " + limited.detail,
      remedy + "; or say `if_available: true` where that is good enough");
}

}  // namespace

std::expected<void, Refusal> CheckRequirements(const bundle::Bundle& bundle,
                                               const Facts& facts) {
  RF_TRY(CheckMandatoryAccess(bundle, facts));
  RF_TRY(CheckLimit("memory", bundle.memory, facts.cgroup.memory,
                    facts.cgroup.remedy));
  RF_TRY(CheckLimit("cpu", bundle.cpu, facts.cgroup.cpu, facts.cgroup.remedy));
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

std::expected<void, Refusal> CheckDiskLimits(const bundle::Bundle& bundle,
                                             const CgroupFacts& facts) {
  RF_TRY(CheckLimit("disk_read", bundle.disk_read, facts.disks,
                    facts.disks_remedy));
  return CheckLimit("disk_write", bundle.disk_write, facts.disks,
                    facts.disks_remedy);
}

std::expected<void, Refusal> CheckProfiles(const bundle::Bundle& bundle) {
  for (const model::ProfileFile& profile : bundle.profiles) {
    RF_TRY(CheckProfile(profile));
  }
  return {};
}

}  // namespace ringfence::launch
