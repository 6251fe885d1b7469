// Whatever is done to a log is found, at its place.
#include <gmock/gmock.h>

#include <array>
#include <random>
#include <set>
#include <utility>

#include "log_fixture.h"

namespace ringfence::audit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A log of `events` events in memory, as Load gives it.
struct Made {
  Contents contents;
  std::vector<size_t> starts;  // of the lines of events-0.jsonl; and its end
};

Made Make(uint64_t events) {
  Made made;
  Head head;
  std::string text;
  const Writer writer{1764343000000, 1000, 4711};
  made.starts.push_back(0);
  for (uint64_t i = 0; i < events; ++i) {
    const Entry entry = i == 0 ? SegmentEntry(0)
                               : Entry{i % 3 == 0 ? Kind::kEnd : Kind::kLaunch,
                                       "\"name\":\"web-" + std::to_string(i) +
                                           "\",\"level\":\"public\""};
    text += MakeLine(entry, writer, head.last);
    made.starts.push_back(text.size());
  }
  head.bytes = text.size();
  made.contents.path = "/log";
  made.contents.head = Encode(head);
  for (uint64_t i = 0; i < kFiles; ++i) {
    made.contents.files.push_back({FileOf(i), i == 0 ? text : ""});
  }
  return made;
}

std::string Whole(const Made& made, size_t line) {
  return made.contents.files[0].text.substr(
      made.starts[line], made.starts[line + 1] - made.starts[line]);
}

// The lines that are found fault with.
std::set<uint64_t> Lines(const Verdict& verdict) {
  std::set<uint64_t> lines;
  for (const Finding& finding : verdict.findings) lines.insert(finding.line);
  return lines;
}

TEST(Tampering, NothingIsFoundInWhatWasWritten) {
  const Verdict verdict = Read(Make(1000).contents);
  EXPECT_EQ(Tell(verdict), "");
  EXPECT_EQ(verdict.events, 1000u);
  EXPECT_EQ(verdict.unfinished, 0u);
}

// Every byte of 1,000 events, each by several others: one bit, the case, a
// digit, a line break. What stands in front of the line and behind the
// next one is the same whatever is done to this one, so it is enough to look at
// the three; that it is, is shown on the whole log for every 997th edit.
TEST(Tampering, EverySingleByteEditIsFound) {
  Made made = Make(1000);
  std::string& text = made.contents.files[0].text;
  size_t line = 0;
  size_t tried = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    while (made.starts[line + 1] <= at) ++line;
    const char was = text[at];
    for (const char now : {static_cast<char>(was ^ 1),
                           static_cast<char>(was ^ 0x20), '0', '\n'}) {
      if (now == was) continue;
      ++tried;
      text[at] = now;
      const std::string_view rest(text);
      const std::string_view edited = rest.substr(
          made.starts[line], made.starts[line + 1] - made.starts[line]);
      Link last;
      if (line > 0) {
        const std::string before = Whole(made, line - 1);
        const auto parsed =
            ParseLine(std::string_view(before).substr(0, before.size() - 1));
        last = {parsed->seq, Digest(parsed->digest)};
      }
      // Follow is what both the reader and the writer go by.
      ASSERT_NE(Follow(edited, last), edited.size())
          << "byte " << at << " became " << int{now};
      if (tried % 997 == 0) {
        const Verdict verdict = Read(made.contents);
        ASSERT_FALSE(verdict.findings.empty()) << at;
        const std::set<uint64_t> lines = Lines(verdict);
        EXPECT_TRUE(lines.contains(line + 1) || lines.contains(line + 2))
            << Tell(verdict);
      }
      text[at] = was;
    }
  }
  EXPECT_GT(tried, 800'000u);
  EXPECT_EQ(Tell(Read(made.contents)), "");
}

TEST(Tampering, EverySingleByteEditOfTheHeadIsFound) {
  Made made = Make(20);
  std::string& head = made.contents.head;
  for (size_t at = 0; at < head.size(); ++at) {
    const char was = head[at];
    for (const char now : {'0', '1', '9', 'a', '\n', ' '}) {
      if (now == was) continue;
      head[at] = now;
      EXPECT_FALSE(Read(made.contents).findings.empty())
          << "byte " << at << " became " << int{now};
      head[at] = was;
    }
  }
  EXPECT_EQ(Tell(Read(made.contents)), "");
}

TEST(Tampering, EveryDeletionIsFoundWhereItWas) {
  const Made made = Make(200);
  for (size_t line = 0; line < 200; ++line) {
    Made cut = made;
    cut.contents.files[0].text.erase(made.starts[line],
                                     made.starts[line + 1] - made.starts[line]);
    const Verdict verdict = Read(cut.contents);
    ASSERT_FALSE(verdict.findings.empty()) << line;
    const uint64_t place = line == 199 ? 199 : line + 1;
    EXPECT_THAT(Lines(verdict), testing::Contains(place)) << Tell(verdict);
    if (line > 0) {
      EXPECT_THAT(Tell(verdict), HasSubstr("event " + std::to_string(line + 1) +
                                           " is missing"));
    }
  }
}

TEST(Tampering, EverySwapOfNeighboursAndEveryCopyIsFound) {
  const Made made = Make(200);
  for (size_t line = 0; line + 1 < 200; ++line) {
    const std::string first = Whole(made, line);
    const std::string second = Whole(made, line + 1);
    Made swapped = made;
    swapped.contents.files[0].text.replace(
        made.starts[line], first.size() + second.size(), second + first);
    EXPECT_FALSE(Read(swapped.contents).findings.empty()) << line;
    Made copied = made;
    copied.contents.files[0].text.insert(made.starts[line + 1], first);
    EXPECT_THAT(Lines(Read(copied.contents)), testing::Contains(line + 2));
    Made replaced = made;
    replaced.contents.files[0].text.replace(made.starts[line + 1],
                                            second.size(), first);
    EXPECT_THAT(Lines(Read(replaced.contents)), testing::Contains(line + 2));
  }
}

TEST(Tampering, EveryTruncationIsFound) {
  const Made made = Make(60);
  for (size_t size = 0; size < made.contents.files[0].text.size(); ++size) {
    Made cut = made;
    cut.contents.files[0].text.resize(size);
    ASSERT_FALSE(Read(cut.contents).findings.empty()) << size;
  }
  Made cut = made;
  cut.contents.files[0].text.resize(made.starts[50]);
  EXPECT_EQ(Tell(Read(cut.contents)),
            "events-0.jsonl:50: is where the log ends, and events 51 to 60 are "
            "missing: the end was cut off\n");
}

// An event that nobody has written, with a digest that is right.
TEST(Tampering, ALineThatIsMadeUpIsFound) {
  const Made made = Make(50);
  for (size_t line = 1; line < 49; ++line) {
    Link last;
    const std::string before = Whole(made, line - 1);
    (void)Follow(before, last);
    const auto parsed =
        ParseLine(std::string_view(before).substr(0, before.size() - 1));
    last = {parsed->seq, Digest(parsed->digest)};
    const std::string forged =
        MakeLine({Kind::kLaunch, "\"name\":\"forged\""}, {1, 2, 3}, last);
    Made inserted = made;
    inserted.contents.files[0].text.insert(made.starts[line], forged);
    EXPECT_THAT(Lines(Read(inserted.contents)), testing::Contains(line + 2));
    Made replaced = made;
    replaced.contents.files[0].text.replace(made.starts[line],
                                            Whole(made, line).size(), forged);
    EXPECT_THAT(Lines(Read(replaced.contents)), testing::Contains(line + 2));
  }
}

TEST(Tampering, AHeadThatIsEmptiedOrGoneIsFound) {
  Made made = Make(10);
  made.contents.head = "";
  const Verdict verdict = Read(made.contents);
  ASSERT_EQ(verdict.findings.size(), 1u) << Tell(verdict);
  EXPECT_EQ(verdict.findings[0].file, "head");
  EXPECT_EQ(verdict.events, 10u);
}

// Whoever writes both is not found out by the log alone, but by a digest that
// was kept elsewhere: the one promise that is not made (SECURITY.md).
TEST(Tampering, WhoWritesTheHeadTooIsNotFound) {
  const Made made = Make(10);
  EXPECT_EQ(Tell(Read(Make(5).contents)), "");
  EXPECT_NE(Read(Make(5).contents).last, Read(made.contents).last);
}

TEST(Tampering, EventsBehindTheHeadAreThoseOfAWriterThatWasKilled) {
  Made made = Make(10);
  const std::string later = made.contents.head;
  made.contents.head = Make(7).contents.head;
  EXPECT_EQ(Tell(Read(made.contents)), "");
  made.contents.files[0].text += "{\"seq\":11,\"at_ms\":17";
  const Verdict verdict = Read(made.contents);
  EXPECT_EQ(Tell(verdict), "");
  EXPECT_EQ(verdict.unfinished, 20u);
  EXPECT_EQ(verdict.last.seq, 10u);
  // The twin: what stands there is not half of a line.
  made.contents.files[0].text += "\n";
  EXPECT_EQ(Lines(Read(made.contents)), std::set<uint64_t>{11});
}

}  // namespace
}  // namespace ringfence::audit
