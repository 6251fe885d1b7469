#include "audit/log.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "audit/head.h"
#include "audit/lock.h"
#include "sys/clock.h"
#include "sys/datagram.h"
#include "sys/file.h"

namespace ringfence::audit {
namespace {

std::string Bytes(uint64_t count) { return std::to_string(count) + " bytes"; }

class Appender {
 public:
  explicit Appender(const Place& place) : place_(place) {}

  std::expected<void, Problem> Append(std::span<const Entry> entries,
                                      uint32_t patience_ms) {
    RF_ASSIGN(head_file_, LockHead(place_, sys::LockKind::kWrite, patience_ms));
    RF_TRY(ReadHead());
    RF_TRY(CatchUp());
    std::vector<Entry> all;
    if (head_.last.seq == 0) all.push_back(SegmentEntry(head_.segment));
    if (torn_ != 0) {
      all.push_back({Kind::kRecovered, "\"bytes\":" + std::to_string(torn_)});
    }
    all.insert(all.end(), entries.begin(), entries.end());
    RF_TRY(Compose(all));
    bool rotated = false;
    if (head_.bytes != 0 && head_.bytes + text_.size() > place_.segment_bytes) {
      RF_TRY(Rotate());
      all.insert(all.begin(), SegmentEntry(head_.segment));
      RF_TRY(Compose(all));
      rotated = true;
    }
    RF_TRY(Write());
    return WriteHead(rotated);
  }

  // The lines that were written.
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  [[nodiscard]] std::string Path(const std::string& name) const {
    return place_.path + "/" + name;
  }
  [[nodiscard]] std::unexpected<Problem> Damaged(const std::string& name,
                                                 std::string what) const {
    return std::unexpected(
        Problem{Path(name), std::move(what),
                "`ringfence log verify` says more; keep it as evidence: mv " +
                    place_.path + " " + place_.path + ".kept" +
                    (place_.scope == admit::Scope::kHost
                         ? ", then ringfence host init, as root"
                         : "")});
  }
  [[nodiscard]] std::unexpected<Problem> Failed(const std::string& name,
                                                const SysError& error) const {
    return std::unexpected(Problem{
        Path(name), std::string("cannot be written (") + error.call + ")",
        error.err == ENOSPC || error.err == EDQUOT
            ? "make room on the file system of " + place_.path
            : "",
        error.err});
  }

  std::expected<void, Problem> ReadHead() {
    const auto text = sys::ReadAll(head_file_.get(), kHeadSize);
    if (!text) return Damaged(kHead, "makes no sense");
    const auto head = DecodeHead(*text);
    if (!head) return Damaged(kHead, "makes no sense");
    head_ = *head;
    if (!text->empty()) return {};
    // A new log; or an old one, whose head somebody has emptied.
    for (uint64_t i = 0; i < kFiles; ++i) {
      const auto file = sys::Lstatat(place_.directory.get(), FileOf(i).c_str());
      if (file && file->st_size != 0) {
        return Damaged(kHead, "is empty, but " + FileOf(i) + " is not");
      }
    }
    return WriteHead(true);
  }

  // From where the head says that the log ends to where it ends. What a writer
  // had written when it was killed counts; half a line does not.
  std::expected<void, Problem> CatchUp() {
    for (;;) {
      const std::string name = FileOf(head_.segment);
      RF_ASSIGN(file_, OpenFile(place_, name, true));
      RF_ASSIGN(const std::string behind, ReadFrom(name, head_.bytes));
      const size_t taken = Follow(behind, head_.last);
      torn_ = behind.size() - taken;
      if (behind.find('\n', taken) != std::string::npos) {
        return Damaged(name,
                       "holds something behind its last event that "
                       "Ringfence has not written");
      }
      head_.bytes += taken;
      RF_ASSIGN(const bool continued, IsContinued());
      if (!continued) break;
      if (torn_ != 0) return Damaged(name, "ends within a line");
      head_.segment += 1;
      head_.bytes = 0;
      head_.first = std::max(head_.first, Oldest());
    }
    if (torn_ == 0) return {};
    const auto cut =
        sys::Ftruncate(file_.get(), static_cast<off_t>(head_.bytes));
    if (!cut) return Failed(FileOf(head_.segment), cut.error());
    return {};
  }

  std::expected<std::string, Problem> ReadFrom(const std::string& name,
                                               uint64_t from) {
    const auto status = sys::Fstat(file_.get());
    if (!status) return Failed(name, status.error());
    const auto size = static_cast<uint64_t>(status->st_size);
    if (size < from) {
      return Damaged(name, "ends after " + Bytes(size) +
                               ", where the head says " + Bytes(from) +
                               ": its end was cut off");
    }
    if (size - from > place_.segment_bytes + kMaxLine) {
      return Damaged(name, "is longer than Ringfence makes it");
    }
    std::string text(size - from, '\0');
    size_t got = 0;
    while (got < text.size()) {
      const auto count = sys::Pread(
          file_.get(), std::as_writable_bytes(std::span(text).subspan(got)),
          static_cast<off_t>(from + got));
      if (!count) return Failed(name, count.error());
      if (*count == 0) return Damaged(name, "shrinks while it is read");
      got += *count;
    }
    return text;
  }

  // Whether the next segment was begun by a writer that had no time to say so
  // in the head.
  std::expected<bool, Problem> IsContinued() {
    const std::string name = FileOf(head_.segment + 1);
    const auto there = sys::Lstatat(place_.directory.get(), name.c_str());
    if (!there || there->st_size == 0) return false;
    RF_ASSIGN(const UniqueFd next, OpenFile(place_, name, true));
    std::string start(4096, '\0');
    const auto got =
        sys::Pread(next.get(), std::as_writable_bytes(std::span(start)), 0);
    if (!got) return Failed(name, got.error());
    start.resize(*got);
    return Continues(start, head_.segment + 1, head_.last);
  }

  [[nodiscard]] uint64_t Oldest() const {
    return head_.segment - std::min(head_.segment, kFiles - 1);
  }

  // First the head stops to name the oldest segment, then that goes: whoever
  // is killed in between leaves a log that holds.
  std::expected<void, Problem> Rotate() {
    if (head_.segment + 1 >= kFiles) {
      head_.first = Oldest() + 1;
      RF_TRY(WriteHead(true));
    }
    head_.segment += 1;
    head_.bytes = 0;
    const std::string name = FileOf(head_.segment);
    RF_ASSIGN(file_, OpenFile(place_, name, true));
    const auto emptied = sys::Ftruncate(file_.get(), 0);
    if (!emptied) return Failed(name, emptied.error());
    return {};
  }

  std::expected<void, Problem> Compose(std::span<const Entry> entries) {
    const Writer writer{sys::RealtimeMs(), ::geteuid(), ::getpid()};
    next_ = head_.last;
    text_.clear();
    for (const Entry& entry : entries) {
      const std::string line = MakeLine(entry, writer, next_);
      if (line.size() > kMaxLine) {
        return std::unexpected(Problem{place_.path,
                                       "takes no event of " +
                                           Bytes(line.size()) + ", more than " +
                                           Bytes(kMaxLine),
                                       "", EMSGSIZE});
      }
      text_ += line;
    }
    return {};
  }

  std::expected<void, Problem> Write() {
    const auto at = static_cast<off_t>(head_.bytes);
    auto written = sys::PwriteAll(
        file_.get(), std::as_bytes(std::span(std::as_const(text_))), at);
    if (written) written = sys::Fdatasync(file_.get());
    if (written) written = CheckSize(head_.bytes + text_.size());
    if (!written) {
      // What cannot be taken back is an unfinished line for the next writer.
      (void)sys::Ftruncate(file_.get(), at);
      return Failed(FileOf(head_.segment), written.error());
    }
    head_.bytes += text_.size();
    head_.last = next_;
    return {};
  }

  // A write without effect must not be named by the head.
  Result<void> CheckSize(uint64_t bytes) {
    RF_ASSIGN(const struct stat status, sys::Fstat(file_.get()));
    if (static_cast<uint64_t>(status.st_size) == bytes) return {};
    return std::unexpected(SysError{"pwrite64", EIO});
  }

  // `sync`: what comes next relies on it. Else a power loss may leave an older
  // head, which is behind the log and no more.
  std::expected<void, Problem> WriteHead(bool sync) {
    const std::string text = Encode(head_);
    auto written =
        sys::PwriteAll(head_file_.get(), std::as_bytes(std::span(text)), 0);
    if (written && sync) written = sys::Fdatasync(head_file_.get());
    if (!written) return Failed(kHead, written.error());
    return {};
  }

  const Place& place_;
  UniqueFd head_file_;  // holds the lock
  UniqueFd file_;       // of head_.segment
  Head head_;
  uint64_t torn_ = 0;
  std::string text_;  // what is appended
  Link next_;         // and where that ends
};

// A copy that no member of the group can change (systemd's native protocol,
// one datagram an event: systemd.journal-fields(7)).
void TellJournal(std::string_view lines) {
  const auto journal =
      sys::ConnectedDatagramSocket("/run/systemd/journal/socket");
  while (journal && !lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + 1);
    (void)sys::SendDatagram(
        journal->get(), "PRIORITY=6\nSYSLOG_IDENTIFIER=ringfence\nMESSAGE=" +
                            std::string(line) + "\n");
  }
}

}  // namespace

std::expected<void, Problem> Append(model::HostUid uid,
                                    std::span<const Entry> entries) {
  RF_ASSIGN(const Place place, FindPlace(uid));
  return AppendTo(place, entries);
}

std::expected<void, Problem> AppendTo(const Place& place,
                                      std::span<const Entry> entries,
                                      uint32_t patience_ms) {
  Appender appender(place);
  RF_TRY(appender.Append(entries, patience_ms));
  if (place.scope == admit::Scope::kHost) TellJournal(appender.text());
  return {};
}

}  // namespace ringfence::audit
