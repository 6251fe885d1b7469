#include "audit/line.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <concepts>

#include "base/check.h"
#include "base/hex.h"

namespace ringfence::audit {
namespace {

constexpr size_t kBytes = 32;
constexpr size_t kDigits = 2 * kBytes;
constexpr std::string_view kPrev = ",\"prev\":\"";
constexpr std::string_view kDigest = "\",\"digest\":\"";
constexpr std::string_view kEnd = "\"}";

Digest DigestOf(std::string_view text) {
  unsigned char bytes[kBytes];
  crypto_generichash(bytes, sizeof bytes,
                     reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return Hex(bytes);
}

// Takes what it reads off `text`.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool Word(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  // As MakeLine writes it: no sign but a minus, no zero in front.
  template <std::integral T>
  bool Number(T& number) {
    const auto [end, error] =
        std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc()) return false;
    const std::string_view taken(text_.data(), end);
    text_.remove_prefix(taken.size());
    return taken == std::to_string(number);
  }
  bool Kind(std::string_view& kind) {
    kind = text_.substr(0, text_.find('"'));
    text_.remove_prefix(kind.size());
    return !kind.empty();
  }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

// Takes `digest` and what stands in front of it off the end of `text`.
bool TakeDigest(std::string_view& text, std::string_view before,
                std::string_view& digest) {
  if (text.size() < before.size() + kDigits) return false;
  digest = text.substr(text.size() - kDigits);
  text.remove_suffix(kDigits);
  if (!IsDigest(digest) || !text.ends_with(before)) return false;
  text.remove_suffix(before.size());
  return true;
}

}  // namespace

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kSegment:
      return "segment";
    case Kind::kRecovered:
      return "recovered";
    case Kind::kLaunch:
      return "launch";
    case Kind::kStarted:
      return "started";
    case Kind::kRefusal:
      return "refusal";
    case Kind::kDenial:
      return "denial";
    case Kind::kEnd:
      return "end";
    case Kind::kHost:
      return "host";
  }
  CheckFailed("audit: unknown kind");
}

Digest NoDigest() { return Digest(kDigits, '0'); }

bool IsDigest(std::string_view text) {
  return text.size() == kDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string MakeLine(const Entry& entry, const Writer& writer, Link& last) {
  ++last.seq;
  std::string line = "{\"seq\":" + std::to_string(last.seq) +
                     ",\"at_ms\":" + std::to_string(writer.at_ms) +
                     ",\"uid\":" + std::to_string(writer.uid) +
                     ",\"pid\":" + std::to_string(writer.pid) + ",\"kind\":\"";
  line += NameOf(entry.kind);
  line += '"';
  if (!entry.members.empty()) line += "," + entry.members;
  line += kPrev;
  line += last.digest;
  last.digest = DigestOf(line + "\"");
  line += kDigest;
  line += last.digest;
  line += kEnd;
  line += '\n';
  return line;
}

std::optional<Parsed> ParseLine(std::string_view line) {
  Parsed parsed;
  std::string_view front = line;
  if (!front.ends_with(kEnd)) return std::nullopt;
  front.remove_suffix(kEnd.size());
  if (!TakeDigest(front, kDigest, parsed.digest)) return std::nullopt;
  parsed.holds = DigestOf(line.substr(0, front.size() + 1)) == parsed.digest;
  if (!TakeDigest(front, kPrev, parsed.prev)) return std::nullopt;
  Reader reader(front);
  if (!reader.Word("{\"seq\":") || !reader.Number(parsed.seq) ||
      !reader.Word(",\"at_ms\":") || !reader.Number(parsed.writer.at_ms) ||
      !reader.Word(",\"uid\":") || !reader.Number(parsed.writer.uid) ||
      !reader.Word(",\"pid\":") || !reader.Number(parsed.writer.pid) ||
      !reader.Word(",\"kind\":\"") || !reader.Kind(parsed.kind) ||
      !reader.Word("\"")) {
    return std::nullopt;
  }
  parsed.members = reader.rest();
  if (!parsed.members.empty()) parsed.members.remove_prefix(1);
  return parsed;
}

size_t Follow(std::string_view text, Link& last) {
  size_t taken = 0;
  for (;;) {
    const size_t end = text.find('\n', taken);
    if (end == std::string_view::npos) return taken;
    const auto line = ParseLine(text.substr(taken, end - taken));
    if (!line || !line->holds || line->prev != last.digest ||
        line->seq != last.seq + 1) {
      return taken;
    }
    last = {line->seq, Digest(line->digest)};
    taken = end + 1;
  }
}

bool Continues(std::string_view text, uint64_t segment, const Link& last) {
  Link first = last;
  text = text.substr(0, text.find('\n') + 1);
  if (text.empty() || Follow(text, first) != text.size()) return false;
  text.remove_suffix(1);
  const auto line = ParseLine(text);
  return line->kind == NameOf(Kind::kSegment) &&
         line->members == SegmentEntry(segment).members;
}

Entry SegmentEntry(uint64_t segment) {
  return {Kind::kSegment, "\"segment\":" + std::to_string(segment)};
}

}  // namespace ringfence::audit
