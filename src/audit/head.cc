#include "audit/head.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "audit/place.h"

namespace ringfence::audit {
namespace {

constexpr std::string_view kTitle = "ringfence-log 1";
constexpr size_t kDigits = std::numeric_limits<uint64_t>::digits10 + 1;

std::string Fixed(uint64_t number) {
  const std::string digits = std::to_string(number);
  return " " + std::string(kDigits - digits.size(), '0') + digits;
}

bool TakeFixed(std::string_view& text, uint64_t& number) {
  const std::string_view taken = text.substr(0, kDigits + 1);
  if (taken.size() != kDigits + 1 || taken.front() != ' ') return false;
  const char* const end = taken.data() + taken.size();
  const auto read = std::from_chars(taken.data() + 1, end, number);
  text.remove_prefix(taken.size());
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace

std::string Encode(const Head& head) {
  return std::string(kTitle) + Fixed(head.first) + Fixed(head.segment) +
         Fixed(head.bytes) + Fixed(head.last.seq) + " " + head.last.digest +
         "\n";
}

std::optional<Head> DecodeHead(std::string_view text) {
  Head head;
  if (text.empty()) return head;
  if (text.size() != kHeadSize || !text.starts_with(kTitle)) {
    return std::nullopt;
  }
  text.remove_prefix(kTitle.size());
  if (!TakeFixed(text, head.first) || !TakeFixed(text, head.segment) ||
      !TakeFixed(text, head.bytes) || !TakeFixed(text, head.last.seq)) {
    return std::nullopt;
  }
  if (text.front() != ' ' || text.back() != '\n') return std::nullopt;
  head.last.digest = text.substr(1, text.size() - 2);
  // One file more is missing only while a new segment takes its place.
  const uint64_t oldest = head.segment - std::min(head.segment, kFiles - 1);
  const bool kept = head.first == oldest ||
                    (head.segment >= kFiles - 1 && head.first == oldest + 1);
  if (!kept || !IsDigest(head.last.digest)) return std::nullopt;
  if (head.last.seq == 0 && head != Head{}) return std::nullopt;
  return head;
}

}  // namespace ringfence::audit
