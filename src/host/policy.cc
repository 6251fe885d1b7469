#include "host/policy.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "admit/policy.h"
#include "admit/raw_policy.h"
#include "base/check.h"
#include "sys/file.h"

namespace ringfence::host {
namespace {

constexpr char kTemporaryFile[] = "policy.new";

template <size_t size>
void Store(std::array<char, size>& field, std::string_view text) {
  Check(text.size() < size, "policy: a text too long for its field");
  std::ranges::copy(text, field.begin());
}

}  // namespace

std::vector<std::byte> EncodePolicy(const model::HostPolicy& policy) {
  const auto fits = [](const model::StartRule& rule) {
    return rule.groups.size() <= model::kMaxStartGroups;
  };
  Check(policy.accepts.size() <= model::kMaxAccepted &&
            policy.may_start.size() <= model::kMaxStartRules &&
            std::ranges::all_of(policy.may_start, fits) &&
            policy.known.size() <= model::kMaxKnown,
        "policy: too much for its file");
  std::vector<std::byte> bytes(sizeof(admit::RawPolicy));
  admit::RawPolicy raw;
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

Result<void> WritePolicy(int directory, const model::HostPolicy& policy) {
  // What a killed predecessor left.
  (void)sys::Unlinkat(directory, kTemporaryFile, 0);
  RF_ASSIGN(const UniqueFd file,
            sys::OpenAt(directory, ".", O_TMPFILE | O_RDWR, 0600));
  RF_TRY(sys::PwriteAll(file.get(), EncodePolicy(policy), 0));
  RF_TRY(sys::Fchmod(file.get(), admit::kPolicyMode));
  RF_TRY(sys::LinkDescriptor(file.get(), directory, kTemporaryFile));
  return sys::Renameat(directory, kTemporaryFile, admit::kPolicyFile);
}

}  // namespace ringfence::host
