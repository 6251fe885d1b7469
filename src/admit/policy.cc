#include "admit/policy.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "admit/layout.h"
#include "admit/raw_policy.h"
#include "sys/file.h"

namespace ringfence::admit {
namespace {

std::unexpected<Unusable> No(const Place& place, std::string reason,
                             int err = 0) {
  std::string path = place.path;
  path.replace(path.rfind('/') + 1, std::string::npos, kPolicyFile);
  if (err != 0) reason += std::string(": ") + std::strerror(err);
  return std::unexpected(Unusable{std::move(path), std::move(reason),
                                  "as root: ringfence host init", err});
}

template <size_t size>
std::optional<std::string> Load(const std::array<char, size>& field) {
  const auto end = std::ranges::find(field, '\0');
  if (end == field.begin() || end == field.end()) return std::nullopt;
  return std::string(field.begin(), end);
}

std::optional<std::string> LoadName(const RawName& field) {
  auto name = Load(field);
  if (!name || !IsName(*name)) return std::nullopt;
  return name;
}

std::optional<model::ForeignAnswer> LoadAnswer(uint32_t raw) {
  if (raw > 1) return std::nullopt;
  return static_cast<model::ForeignAnswer>(raw);
}

std::optional<model::StartRule> LoadRule(const RawRule& raw) {
  const auto level = LoadName(raw.level);
  if (!level || raw.count > model::kMaxStartGroups) return std::nullopt;
  model::StartRule rule{*level, {}};
  for (uint32_t i = 0; i < raw.count; ++i) {
    rule.groups.emplace_back(raw.groups[i]);
  }
  return rule;
}

}  // namespace

std::optional<model::HostPolicy> DecodePolicy(
    std::span<const std::byte> bytes) {
  RawPolicy raw;
  if (bytes.size() != sizeof raw) return std::nullopt;
  std::memcpy(&raw, bytes.data(), sizeof raw);
  const auto containers = LoadAnswer(raw.containers);
  const auto services = LoadAnswer(raw.services);
  if (raw.magic != kPolicyMagic || raw.format != kPolicyFormat ||
      raw.draining > 1 || !containers || !services ||
      raw.accepted_count > model::kMaxAccepted ||
      raw.rule_count > model::kMaxStartRules ||
      raw.known_count > model::kMaxKnown) {
    return std::nullopt;
  }
  model::HostPolicy policy{.accepts = {},
                           .draining = raw.draining == 1,
                           .may_start = {},
                           .containers = *containers,
                           .services = *services,
                           .known = {}};
  for (uint32_t i = 0; i < raw.accepted_count; ++i) {
    auto level = LoadName(raw.accepted[i]);
    if (!level) return std::nullopt;
    policy.accepts.push_back(*std::move(level));
  }
  for (uint32_t i = 0; i < raw.rule_count; ++i) {
    auto rule = LoadRule(raw.rules[i]);
    if (!rule) return std::nullopt;
    policy.may_start.push_back(*std::move(rule));
  }
  for (uint32_t i = 0; i < raw.known_count; ++i) {
    auto name = Load(raw.known[i]);
    if (!name) return std::nullopt;
    policy.known.push_back(*std::move(name));
  }
  return policy;
}

std::expected<model::HostPolicy, Unusable> ReadPolicy(const Place& place) {
  if (place.scope == Scope::kUser) return model::HostPolicy{};
  const auto file =
      sys::OpenAt2(place.directory.get(), kPolicyFile,
                   {.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
                    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS});
  if (!file) return No(place, "cannot be opened", file.error().err);
  const auto status = sys::Fstat(file->get());
  if (!status) return No(place, "cannot be read", status.error().err);
  if (!S_ISREG(status->st_mode)) return No(place, "is not a regular file");
  if (status->st_uid != place.owner.value ||
      (status->st_mode & 07777) != kPolicyMode) {
    return No(place, "is not root's alone to write");
  }
  std::vector<std::byte> bytes(sizeof(RawPolicy) + 1);
  const auto size = sys::Pread(file->get(), bytes, 0);
  if (!size) return No(place, "cannot be read", size.error().err);
  bytes.resize(*size);
  auto policy = DecodePolicy(bytes);
  if (!policy) return No(place, "is not a host policy of this version");
  return *std::move(policy);
}

}  // namespace ringfence::admit
