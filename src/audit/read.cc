#include "audit/read.h"

#include <fcntl.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "audit/lock.h"
#include "audit/log.h"
#include "sys/file.h"

namespace ringfence::audit {
namespace {

// More is none of Ringfence's logs.
constexpr size_t kMaxFile = 64u << 20;

std::string Number(uint64_t number) { return std::to_string(number); }

std::string Span(uint64_t from, uint64_t to) {
  return from == to ? "event " + Number(from) + " is"
                    : "events " + Number(from) + " to " + Number(to) + " are";
}

// "": the file is not there.
std::expected<std::string, Problem> TextOf(const Place& place,
                                           const std::string& name) {
  const auto file = OpenFile(place, name, false);
  if (!file) {
    if (file.error().err == ENOENT) return "";
    return std::unexpected(file.error());
  }
  auto text = sys::ReadAll(file->get(), kMaxFile);
  if (text) return *std::move(text);
  return std::unexpected(
      Problem{place.path + "/" + name, "cannot be read", "", text.error().err});
}

// Waits for writers; a log without a head has none.
std::expected<UniqueFd, Problem> LockToRead(const Place& place) {
  auto head = LockHead(place, sys::LockKind::kRead, kPatienceMs);
  if (!head && head.error().err == ENOENT) return UniqueFd();
  return head;
}

class Walk {
 public:
  Walk(const Contents& contents, const std::function<void(const Event&)>& each)
      : contents_(contents), each_(each) {}

  Verdict Run() && {
    const auto head = DecodeHead(contents_.head);
    if (!head || (contents_.head.empty() && !IsEmpty())) {
      Find(kHead, 0,
           contents_.head.empty()
               ? "is empty or missing: where the log ended is not known"
               : "is no head: where the log ended is not known");
      // What can be read is read all the same.
      for (uint64_t i = 0; i < kFiles; ++i) Read(FirstSegment() + i, false);
      return std::move(verdict_);
    }
    head_ = *head;
    for (uint64_t i = head->first; i <= head->segment; ++i) {
      Read(i, i == head->segment);
    }
    for (uint64_t i = head->segment + 1; IsContinuedBy(i); ++i) Read(i, true);
    CheckEnd();
    return std::move(verdict_);
  }

 private:
  [[nodiscard]] const Segment& At(uint64_t segment) const {
    return contents_.files[segment % kFiles];
  }
  [[nodiscard]] bool IsEmpty() const {
    for (const Segment& file : contents_.files) {
      if (!file.text.empty()) return false;
    }
    return true;
  }
  // Without a head: the file whose first event is the oldest.
  [[nodiscard]] uint64_t FirstSegment() const {
    uint64_t oldest = ~uint64_t{0};
    uint64_t first = 0;
    for (uint64_t i = 0; i < kFiles; ++i) {
      const std::string& text = contents_.files[i].text;
      const auto line =
          ParseLine(std::string_view(text).substr(0, text.find('\n')));
      if (line && line->seq < oldest) {
        oldest = line->seq;
        first = i;
      }
    }
    return first;
  }
  [[nodiscard]] bool IsContinuedBy(uint64_t segment) const {
    return verdict_.unfinished == 0 &&
           Continues(At(segment).text, segment, verdict_.last);
  }

  void Find(std::string_view file, uint64_t line, std::string what) {
    if (verdict_.findings.size() == kMaxFindings) {
      verdict_.more_findings = true;
      return;
    }
    verdict_.findings.push_back({std::string(file), line, std::move(what)});
  }

  // `last`: nothing has to come behind it. Where there is no head, the number
  // of the segment is not known, and that of the file is taken.
  void Read(uint64_t segment, bool last) {
    const auto& [file, text] = At(segment);
    const std::string_view all = text;
    uint64_t number = 0;
    size_t at = 0;
    while (at < all.size()) {
      ++number;
      const size_t end = all.find('\n', at);
      if (end == std::string_view::npos) {
        Unfinished(segment, number, at, last);
        break;
      }
      Line(file, number, all.substr(at, end - at));
      at = end + 1;
      if (number == 1 && head_) CheckFirst(segment);
      if (head_ && verdict_.events != 0 &&
          verdict_.last.seq == head_->last.seq) {
        CheckHead(segment, number, at);
      }
    }
    if (number == 0 && head_ && head_->last.seq != 0) {
      Find(file, 0,
           "is empty or missing, and should hold segment " + Number(segment) +
               " of the log");
    }
    if (last) end_ = {segment, number};
  }

  void Unfinished(uint64_t segment, uint64_t number, size_t at, bool last) {
    const std::string& text = At(segment).text;
    const bool behind =
        head_ && (segment > head_->segment ||
                  (segment == head_->segment && at >= head_->bytes));
    if (last && behind) {
      verdict_.unfinished = text.size() - at;
      return;
    }
    Find(At(segment).file, number, "has no end: something was cut out");
  }

  void Line(const std::string& file, uint64_t number, std::string_view line) {
    parsed_ = ParseLine(line);
    if (!parsed_) {
      Find(file, number, "is not an event that Ringfence has written");
      sure_ = false;
      return;
    }
    if (!parsed_->holds) {
      Find(file, number,
           "was changed: event " + Number(parsed_->seq) +
               " does not have the digest that it names");
    } else {
      CheckLink(file, number);
    }
    sure_ = parsed_->holds;
    if (verdict_.first_seq == 0) verdict_.first_seq = parsed_->seq;
    verdict_.last = {parsed_->seq, Digest(parsed_->digest)};
    ++verdict_.events;
    if (!each_) return;
    each_({.seq = parsed_->seq,
           .at_ms = parsed_->writer.at_ms,
           .uid = parsed_->writer.uid,
           .pid = parsed_->writer.pid,
           .kind = parsed_->kind,
           .json = line,
           .digest = parsed_->digest,
           .file = file,
           .line = number});
  }

  void CheckLink(const std::string& file, uint64_t number) {
    // The first that is kept follows one that was rotated away.
    if (verdict_.events == 0) {
      if (sure_ && head_ && head_->first == 0 &&
          (parsed_->seq != 1 || parsed_->prev != NoDigest())) {
        Find(file, number,
             "is event " + Number(parsed_->seq) +
                 ", and the log begins with "
                 "event 1");
      }
      return;
    }
    const uint64_t due = verdict_.last.seq + 1;
    if (parsed_->seq > due) {
      Find(file, number,
           Span(due, parsed_->seq - 1) + " missing in front of it");
    } else if (parsed_->seq < due) {
      Find(file, number,
           "is out of order: event " + Number(parsed_->seq) + " behind event " +
               Number(verdict_.last.seq));
    } else if (sure_ && parsed_->prev != verdict_.last.digest) {
      Find(file, number,
           "does not follow the event in front of it: one of them was put "
           "there");
    }
  }

  void CheckFirst(uint64_t segment) {
    if (parsed_ && parsed_->kind == NameOf(Kind::kSegment) &&
        parsed_->members == SegmentEntry(segment).members) {
      return;
    }
    Find(At(segment).file, 1,
         "does not begin segment " + Number(segment) +
             " of the log: what did is missing");
  }

  void CheckHead(uint64_t segment, uint64_t number, size_t at) {
    if (std::exchange(met_head_, true)) return;
    if (verdict_.last == head_->last && segment == head_->segment &&
        at == head_->bytes) {
      return;
    }
    Find(At(segment).file, number,
         "is not the event " + Number(head_->last.seq) +
             " that the head names: one of them was changed");
  }

  void CheckEnd() {
    const uint64_t named = head_->last.seq;
    if (met_head_ || named == 0) return;
    const auto& [segment, line] = end_;
    const uint64_t had = verdict_.last.seq;
    Find(At(segment).file, line,
         had < named ? "is where the log ends, and " + Span(had + 1, named) +
                           " missing: the end was cut off"
                     : "comes without event " + Number(named) +
                           ", which the head names");
  }

  const Contents& contents_;
  const std::function<void(const Event&)>& each_;
  Verdict verdict_;
  std::optional<Head> head_;
  std::optional<Parsed> parsed_;  // the line at hand
  bool sure_ = true;              // the one before it holds
  bool met_head_ = false;
  std::pair<uint64_t, uint64_t> end_;  // segment and line
};

}  // namespace

std::expected<Contents, Problem> Load(const Place& place) {
  RF_ASSIGN(const UniqueFd lock, LockToRead(place));
  Contents contents{.path = place.path, .head = {}, .files = {}};
  RF_ASSIGN(contents.head, TextOf(place, kHead));
  for (uint64_t i = 0; i < kFiles; ++i) {
    RF_ASSIGN(std::string text, TextOf(place, FileOf(i)));
    contents.files.push_back({FileOf(i), std::move(text)});
  }
  return contents;
}

Verdict Read(const Contents& contents,
             const std::function<void(const Event&)>& each) {
  return Walk(contents, each).Run();
}

}  // namespace ringfence::audit
