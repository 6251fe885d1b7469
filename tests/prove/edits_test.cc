// 200 edits that loosen a shipped profile are all found by diff, and 200 that
// change nothing but its looks are all passed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>

#include "cli/changes.h"
#include "cli/load.h"
#include "prove/shipped.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

class Edits : public testing::Test {
 protected:
  Edits() {
    std::string name = (fs::temp_directory_path() / "edits-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    fs::copy(SourceDirectory() + "/profiles", folder_,
             fs::copy_options::recursive);
  }
  ~Edits() override { fs::remove_all(folder_); }

  static std::string Shipped(const std::string& level) {
    return ReadText(SourceDirectory() + "/profiles/" + level + ".yaml");
  }

  // What diff says of the shipped level and `text` in its place.
  Changes Diff(const std::string& level, const std::string& text) {
    return Diff(level, Shipped(level), text);
  }
  // Of two texts in its place.
  Changes Diff(const std::string& level, const std::string& old_text,
               const std::string& text) {
    const fs::path edited = folder_ / (level + ".yaml");
    const auto load = [&](const std::string& as) {
      std::ofstream(edited, std::ios::trunc) << as;
      auto loaded = Load(PlaceOf(edited), "");
      EXPECT_TRUE(loaded.has_value()) << loaded.error().text << as;
      return loaded;
    };
    const auto before = load(old_text);
    const auto after = load(text);
    std::ofstream(edited, std::ios::trunc) << Shipped(level);
    if (!before || !after) return {};
    auto changes = FindChanges(*before, *after);
    EXPECT_TRUE(changes.has_value());
    return changes ? *std::move(changes) : Changes{};
  }

  size_t Below(size_t bound) { return engine_() % bound; }

  // The n-th match of `pattern`, by chance, with `by` ($& and groups) in its
  // place; nothing: it does not occur.
  std::optional<std::string> Exchange(const std::string& text,
                                      const std::string& pattern,
                                      const std::string& by) {
    const std::regex regex(pattern, std::regex::multiline);
    std::vector<std::smatch> found(
        std::sregex_iterator(text.begin(), text.end(), regex),
        std::sregex_iterator());
    if (found.empty()) return std::nullopt;
    const std::smatch& match = found[Below(found.size())];
    return std::string(text.cbegin(), match[0].first) + match.format(by) +
           std::string(match[0].second, text.cend());
  }

  std::mt19937_64 engine_{20265};
  fs::path folder_;
};

struct Edit {
  const char* level;  // empty: any
  const char* pattern;
  std::vector<std::string> by;
};

// In a child level a rule is ANDed with its parent's, so only a root's rules
// can be widened by an edit of theirs alone.
const std::vector<Edit>& Loosening() {
  static const std::vector<Edit> kEdits = {
      {"", "^  processes: (\\d+)", {"  processes: 1$1", "  processes: 9$1"}},
      {"", "^  open_files: (\\d+)", {"  open_files: 1$1", "  open_files: 2$1"}},
      {"", "^  may_read: \\[", {"$&/mnt/a, ", "$&/mnt/b/c, ", "$&/media, "}},
      {"", "^  may_write: \\[", {"$&/mnt/a, ", "$&/usr/share, ", "$&/boot, "}},
      {"", "^  may_execute: \\[", {"$&/mnt/a, ", "$&/var/tmp, ", "$&/tmp, "}},
      {"", "^  memory: (\\d+)Gi", {"  memory: 1$1Gi", "  memory: 3$1Gi"}},
      {"", "^  cpu: (\\d+)$", {"  cpu: 1$1", "  cpu: 2$1"}},
      {"critical", "max: (\\d+)", {"max: 1$1", "max: 2$1"}},
      {"untrusted",
       "modes: \\[none\\]",
       {"modes: [none, listen]", "modes: [none, host]",
        "modes: [none, listen, host]"}},
      {"untrusted",
       "^    - \"@ipc\"$",
       {"$&\n    - \"@splice\"", "$&\n    - \"@aio\"",
        "$&\n    - \"@drop-privileges\"", "$&\n    - splice",
        "$&\n    - io_submit", "$&\n    - seccomp"}},
      {"untrusted", "deny: \\[mlock, ", {"deny: ["}},
      {"untrusted", ", mlockall", {""}},
      {"untrusted",
       ", (sched_setscheduler|sched_setattr|sched_setparam)",
       {""}},
      {"untrusted", ", ioprio_set\\]", {"]"}},
      {"public", "^  deny: \\[execveat\\]$", {"  deny: []"}},
      {"critical",
       "AF_INET6\\]",
       {"AF_INET6, AF_VSOCK]", "AF_INET6, AF_ALG]", "AF_INET6, AF_PACKET]",
        "AF_INET6, AF_CAN]", "AF_INET6, AF_BLUETOOTH]", "AF_INET6, 0x1f0]"}},
      {"critical",
       "protocol: NETLINK_ROUTE",
       {"protocol: {in: [NETLINK_ROUTE, NETLINK_AUDIT]}",
        "protocol: {in: [NETLINK_ROUTE, 21]}"}},
      {"critical",
       "(CLONE_NEWNS|CLONE_NEWPID|CLONE_NEWIPC|CLONE_NEWUTS|CLONE_NEWNET), ",
       {""}},
      {"critical", "(TIOCSTI|TIOCLINUX|TIOCCONS), ", {""}},
      {"critical",
       "in: \\[0, 0xffffffff\\]",
       {"in: [0, 0xffffffff, 0x40000]", "in: [0, 0xffffffff, 8]",
        "in: [0, 1, 0xffffffff]"}},
      {"critical",
       "^            - PR_GET_NAME$",
       {"$&\n            - PR_SET_MM", "$&\n            - PR_MCE_KILL",
        "$&\n            - PR_SET_TSC", "$&\n            - PR_SET_UNALIGN",
        "$&\n            - 0x7000"}},
  };
  return kEdits;
}

TEST_F(Edits, ThatLoosenAreAllFound) {
  size_t found = 0;
  size_t tried = 0;
  while (found < 200 && tried++ < 4000) {
    const Edit& edit = Loosening()[Below(Loosening().size())];
    const std::string level =
        *edit.level != '\0' ? edit.level : kShippedLevels[Below(4)];
    const std::string text = Shipped(level);
    const auto edited =
        Exchange(text, edit.pattern, edit.by[Below(edit.by.size())]);
    if (!edited) continue;  // this level has no such line
    ASSERT_NE(*edited, text);
    const Changes changes = Diff(level, *edited);
    ASSERT_TRUE(changes.Loosens()) << level << ": " << edit.pattern << "\n"
                                   << ChangesText(changes);
    ++found;
  }
  EXPECT_EQ(found, 200u);
}

// No shipped level has one.
TEST_F(Edits, OfLimitsOnDisksAreFound) {
  const std::string none = Shipped("untrusted");
  for (const char* key : {"disk_read", "disk_write"}) {
    const auto with = [&](const std::string& limit) {
      static const std::regex kCpu("  cpu: 1\n");
      return std::regex_replace(
          none, kCpu, "$&  " + std::string(key) + ": " + limit + "\n");
    };
    const std::string optional = "{max: 10Mi, if_available: true}";
    ASSERT_NE(with("10Mi"), none);
    const auto loosens = [&](const std::string& from, const std::string& to) {
      return Diff("untrusted", from, to).Loosens();
    };
    EXPECT_TRUE(loosens(with("10Mi"), with("20Mi"))) << key;
    EXPECT_TRUE(loosens(with("10Mi"), with(optional))) << key;
    EXPECT_TRUE(loosens(with("10Mi"), none)) << key;
    EXPECT_FALSE(loosens(with("20Mi"), with("10Mi"))) << key;
    EXPECT_FALSE(loosens(with(optional), with("10Mi"))) << key;
    EXPECT_FALSE(loosens(none, with("10Mi"))) << key;
  }
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  size_t start = 0;
  while (start < text.size()) {
    const size_t end = text.find('\n', start);
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::string Text(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_F(Edits, OfLooksAreAllPassed) {
  for (int edit = 0; edit < 200; ++edit) {
    const std::string level = kShippedLevels[Below(4)];
    const std::string text = Shipped(level);
    std::vector<std::string> lines = Lines(text);
    std::string edited = text;
    while (edited == text) {
      const size_t at = Below(lines.size());
      const auto here = lines.begin() + static_cast<ptrdiff_t>(at);
      switch (Below(5)) {
        case 0:
          lines.insert(here, "# A remark.");
          break;
        case 1:
          lines.insert(here, "");
          break;
        case 2:
          if (!here->empty()) *here += "  # so it is";
          break;
        case 3: {
          // Neighbours in a list of words, or two rules of one line.
          static const std::regex kItem(
              "^ +- (\"?@?[\\w-]+\"?|\\{syscall: .*\\}|\\{call: .*\\})$");
          if (at + 1 < lines.size() && std::regex_match(*here, kItem) &&
              std::regex_match(*(here + 1), kItem)) {
            std::swap(*here, *(here + 1));
          }
          break;
        }
        default: {
          // Two words of a list in brackets.
          static const std::regex kPair("\\[([\\w/-]+), ([\\w/-]+)([,\\]])");
          *here = std::regex_replace(*here, kPair, "[$2, $1$3",
                                     std::regex_constants::format_first_only);
        }
      }
      edited = Text(lines);
    }
    const Changes changes = Diff(level, edited);
    ASSERT_TRUE(changes.Empty()) << level << "\n"
                                 << ChangesText(changes) << edited;
  }
}

}  // namespace
}  // namespace ringfence::cli
