#include "admit/layout.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/check.h"
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

RawRecord Encode(const Record& record, int32_t class_index) {
  Check(IsName(record.name) && IsName(record.level.name) &&
            (record.level.tenant.empty() || IsName(record.level.tenant)),
        "ledger: a record with an invalid name");
  RawRecord raw;
  raw.colocate = static_cast<uint32_t>(record.level.colocate);
  raw.uid = record.uid.value;
  raw.supervisor_pid = record.supervisor.pid;
  raw.supervisor_start = record.supervisor.start_time;
  raw.since_ms = record.since_ms;
  raw.since_boot_ms = record.since_boot_ms;
  raw.init = {.pid = record.init.pid, .start = record.init.start_time};
  raw.class_index = class_index;
  raw.limits = record.limits;
  Store(raw.name, record.name);
  Store(raw.level, record.level.name);
  Store(raw.tenant, record.level.tenant);
  return raw;
}

bool MakesSense(const RawRecord& raw) {
  const auto name = View(raw.name);
  const auto level = View(raw.level);
  const auto tenant = View(raw.tenant);
  return name && level && tenant && IsName(*name) && IsName(*level) &&
         (tenant->empty() || IsName(*tenant)) &&
         raw.colocate <= static_cast<uint32_t>(model::Colocate::kAlone) &&
         raw.supervisor_pid > 0 && raw.init.pid >= 0 &&
         raw.class_index >= kNoClass &&
         raw.class_index < static_cast<int32_t>(kClasses);
}

std::optional<Record> Decode(const RawRecord& raw) {
  if (!MakesSense(raw)) return std::nullopt;
  return Record{
      .name = *Load(raw.name),
      .level = {.name = *Load(raw.level),
                .tenant = *Load(raw.tenant),
                .colocate = static_cast<model::Colocate>(raw.colocate)},
      .uid = model::HostUid(raw.uid),
      .supervisor = {raw.supervisor_pid, raw.supervisor_start},
      .init = {raw.init.pid, raw.init.start},
      .since_ms = raw.since_ms,
      .since_boot_ms = raw.since_boot_ms,
      .limits = raw.limits};
}

RawClass EncodeClass(std::string_view key) {
  RawClass raw;
  Store(raw.key, key);
  return raw;
}

std::optional<std::string> DecodeClass(const RawClass& raw) {
  return Load(raw.key);
}

Result<void> WriteUsed(int file, uint32_t slot, bool used) {
  const uint32_t raw = used ? 1 : 0;
  return sys::PwriteAll(file, std::as_bytes(std::span(&raw, 1)),
                        RecordAt(slot) + off_t{offsetof(RawRecord, used)});
}

}  // namespace ringfence::admit
