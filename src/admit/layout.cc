#include "admit/layout.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/check.h"
#include "model/label.h"
#include "sys/file.h"

namespace ringfence::admit {
namespace {

void Store(std::span<char> field, std::string_view text) {
  Check(text.size() < field.size(), "ledger: a text too long for its field");
  std::ranges::fill(std::ranges::copy(text, field.begin()).out, field.end(),
                    '\0');
}

// nullopt: the field has no terminator, or something behind it.
std::optional<std::string_view> View(std::span<const char> field) {
  const auto end = std::ranges::find(field, '\0');
  if (end == field.end()) return std::nullopt;
  if (std::any_of(end, field.end(), [](char c) { return c != '\0'; })) {
    return std::nullopt;
  }
  return std::string_view(field.begin(), end);
}

std::optional<std::string> Load(std::span<const char> field) {
  const auto view = View(field);
  if (!view) return std::nullopt;
  return std::string(*view);
}

}  // namespace

bool IsName(std::string_view text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= 63 && is_lower(text.front()) &&
         std::ranges::all_of(text, [&](char c) {
           return is_lower(c) || (c >= '0' && c <= '9') || c == '-';
         });
}

uint64_t IndexEntry(std::string_view name, model::HostUid uid) {
  // FNV-1a, 64 bits.
  uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&](unsigned char byte) {
    hash = (hash ^ byte) * 0x100000001b3;
  };
  for (int shift = 0; shift < 32; shift += 8) {
    mix(static_cast<unsigned char>(uid.value >> shift));
  }
  for (const char c : name) mix(static_cast<unsigned char>(c));
  return hash == 0 ? 1 : hash;
}

uint32_t CategoryPair(uint64_t index_entry) {
  return static_cast<uint32_t>(index_entry % model::kCategoryPairs);
}

uint32_t CategoryPair(std::string_view name, model::HostUid uid) {
  return CategoryPair(IndexEntry(name, uid));
}

RawClass EncodeClass(const model::TrustLevel& level) {
  Check(IsName(level.name) && (level.tenant.empty() || IsName(level.tenant)),
        "ledger: a class with an invalid name");
  RawClass raw;
  raw.colocate = static_cast<uint32_t>(level.colocate);
  Store(raw.level, level.name);
  if (level.colocate != model::Colocate::kSameLevel) {
    Store(raw.tenant, level.tenant);
  }
  return raw;
}

std::optional<model::TrustLevel> DecodeClass(const RawClass& raw) {
  if (raw == RawClass{}) return model::TrustLevel{};
  auto level = Load(raw.level);
  auto tenant = Load(raw.tenant);
  if (!level || !tenant || !IsName(*level) ||
      (!tenant->empty() && !IsName(*tenant)) ||
      raw.colocate > static_cast<uint32_t>(model::Colocate::kAlone)) {
    return std::nullopt;
  }
  return model::TrustLevel{
      .name = *std::move(level),
      .tenant = *std::move(tenant),
      .colocate = static_cast<model::Colocate>(raw.colocate)};
}

RawRecord Encode(const Record& record) {
  Check(IsName(record.name) &&
            (record.level.tenant.empty() || IsName(record.level.tenant)),
        "ledger: a record with an invalid name");
  RawRecord raw;
  raw.uid = record.uid.value;
  raw.supervisor_pid = record.supervisor.pid;
  raw.supervisor_start = record.supervisor.start_time;
  raw.since_ms = record.since_ms;
  raw.since_boot_ms = record.since_boot_ms;
  raw.init = {.pid = record.init.pid, .start = record.init.start_time};
  raw.limits = record.limits;
  Store(raw.name, record.name);
  Store(raw.tenant, record.level.tenant);
  return raw;
}

bool MakesSense(const RawRecord& raw) {
  const auto name = View(raw.name);
  const auto tenant = View(raw.tenant);
  return name && tenant && IsName(*name) &&
         (tenant->empty() || IsName(*tenant)) && raw.supervisor_pid > 0 &&
         raw.init.pid >= 0;
}

std::optional<Record> Decode(const RawRecord& raw,
                             const model::TrustLevel& of) {
  if (!MakesSense(raw) || of.name.empty()) return std::nullopt;
  std::string tenant = *Load(raw.tenant);
  if (of.colocate != model::Colocate::kSameLevel && tenant != of.tenant) {
    return std::nullopt;
  }
  return Record{.name = *Load(raw.name),
                .level = {.name = of.name,
                          .tenant = std::move(tenant),
                          .colocate = of.colocate},
                .uid = model::HostUid(raw.uid),
                .supervisor = {raw.supervisor_pid, raw.supervisor_start},
                .init = {raw.init.pid, raw.init.start},
                .since_ms = raw.since_ms,
                .since_boot_ms = raw.since_boot_ms,
                .limits = raw.limits};
}

Result<void> WriteIndex(int ledger, uint32_t slot, uint64_t entry) {
  return sys::PwriteAll(ledger, std::as_bytes(std::span(&entry, 1)),
                        IndexAt(slot));
}

}  // namespace ringfence::admit
