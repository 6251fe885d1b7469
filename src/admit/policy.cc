#include "admit/policy.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "admit/layout.h"
#include "base/check.h"
#include "sys/file.h"

namespace ringfence::admit {
namespace {

constexpr char kTemporaryFile[] = "policy.new";
constexpr mode_t kMode = 0644;
constexpr std::array<char, 8> kPolicyMagic{'R', 'F', 'P', 'O',
                                           'L', 'I', 'C', 'Y'};
constexpr uint32_t kPolicyFormat = 1;

using model::kMaxAccepted;
using model::kMaxKnown;
using model::kMaxKnownLength;
using model::kMaxStartGroups;
using model::kMaxStartRules;

using RawName = std::array<char, 64>;

struct RawRule {
  RawName level{};
  uint32_t count = 0;
  std::array<uint32_t, kMaxStartGroups> groups{};
};

// No padding anywhere: every byte is written.
struct RawPolicy {
  std::array<char, 8> magic = kPolicyMagic;
  uint32_t format = kPolicyFormat;
  uint32_t draining = 0;
  uint32_t containers = 0;
  uint32_t services = 0;
  uint32_t accepted_count = 0;
  uint32_t rule_count = 0;
  uint32_t known_count = 0;
  uint32_t unused = 0;
  std::array<RawName, kMaxAccepted> accepted{};
  std::array<RawRule, kMaxStartRules> rules{};
  std::array<std::array<char, kMaxKnownLength + 1>, kMaxKnown> known{};
};
static_assert(sizeof(RawPolicy) == 40 + 64 * 64 + 64 * 128 + 128 * 128);

std::unexpected<Unusable> No(const Place& place, std::string reason,
                             int err = 0) {
  std::string path = place.path;
  path.replace(path.rfind('/') + 1, std::string::npos, kPolicyFile);
  if (err != 0) reason += std::string(": ") + std::strerror(err);
  return std::unexpected(Unusable{std::move(path), std::move(reason),
                                  "as root: ringfence host init", err});
}

template <size_t size>
void Store(std::array<char, size>& field, std::string_view text) {
  Check(text.size() < size, "policy: a text too long for its field");
  std::ranges::copy(text, field.begin());
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
  if (!level || raw.count > kMaxStartGroups) return std::nullopt;
  model::StartRule rule{*level, {}};
  for (uint32_t i = 0; i < raw.count; ++i) {
    rule.groups.emplace_back(raw.groups[i]);
  }
  return rule;
}

}  // namespace

std::vector<std::byte> EncodePolicy(const model::HostPolicy& policy) {
  const auto fits = [](const model::StartRule& rule) {
    return rule.groups.size() <= kMaxStartGroups;
  };
  Check(policy.accepts.size() <= kMaxAccepted &&
            policy.may_start.size() <= kMaxStartRules &&
            std::ranges::all_of(policy.may_start, fits) &&
            policy.known.size() <= kMaxKnown,
        "policy: too much for its file");
  std::vector<std::byte> bytes(sizeof(RawPolicy));
  RawPolicy raw;
  raw.draining = policy.draining ? 1 : 0;
  raw.containers = static_cast<uint32_t>(policy.containers);
  raw.services = static_cast<uint32_t>(policy.services);
  raw.accepted_count = static_cast<uint32_t>(policy.accepts.size());
  raw.rule_count = static_cast<uint32_t>(policy.may_start.size());
  raw.known_count = static_cast<uint32_t>(policy.known.size());
  for (size_t i = 0; i < policy.accepts.size(); ++i) {
    Store(raw.accepted[i], policy.accepts[i]);
  }
  for (size_t i = 0; i < policy.may_start.size(); ++i) {
    const model::StartRule& rule = policy.may_start[i];
    Store(raw.rules[i].level, rule.level);
    raw.rules[i].count = static_cast<uint32_t>(rule.groups.size());
    for (size_t k = 0; k < rule.groups.size(); ++k) {
      raw.rules[i].groups[k] = rule.groups[k].value;
    }
  }
  for (size_t i = 0; i < policy.known.size(); ++i) {
    Store(raw.known[i], policy.known[i]);
  }
  std::memcpy(bytes.data(), &raw, sizeof raw);
  return bytes;
}

std::optional<model::HostPolicy> DecodePolicy(
    std::span<const std::byte> bytes) {
  RawPolicy raw;
  if (bytes.size() != sizeof raw) return std::nullopt;
  std::memcpy(&raw, bytes.data(), sizeof raw);
  const auto containers = LoadAnswer(raw.containers);
  const auto services = LoadAnswer(raw.services);
  if (raw.magic != kPolicyMagic || raw.format != kPolicyFormat ||
      raw.draining > 1 || !containers || !services ||
      raw.accepted_count > kMaxAccepted || raw.rule_count > kMaxStartRules ||
      raw.known_count > kMaxKnown) {
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
      (status->st_mode & 07777) != kMode) {
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

Result<void> WritePolicy(int directory, const model::HostPolicy& policy) {
  // What a killed predecessor left.
  (void)sys::Unlinkat(directory, kTemporaryFile, 0);
  RF_ASSIGN(const UniqueFd file,
            sys::OpenAt(directory, ".", O_TMPFILE | O_RDWR, 0600));
  RF_TRY(sys::PwriteAll(file.get(), EncodePolicy(policy), 0));
  RF_TRY(sys::Fchmod(file.get(), kMode));
  RF_TRY(sys::LinkDescriptor(file.get(), directory, kTemporaryFile));
  return sys::Renameat(directory, kTemporaryFile, kPolicyFile);
}

}  // namespace ringfence::admit
