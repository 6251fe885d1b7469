// The corpus of denied things (denials.tsv): each is tried in a sandbox, the
// message about it is compared word by word, its remedy is applied to a copy of
// the profiles, and then the call has to pass.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "live/sandbox.h"
#include "paths/paths.h"
#include "resolve/call.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Row {
  std::string level;
  std::string call;
  std::string shown;
  std::string file;
  std::string line;
  std::string remedy;
  std::string after;
  std::string operation;  // of the probe
  [[nodiscard]] std::string Told() const {
    return call.substr(0, call.find('(')) + "(" + shown + ")";
  }
};

std::vector<Row> Rows() {
  std::vector<Row> rows;
  std::ifstream file(SourceDirectory() + "/tests/live/denials.tsv");
  for (std::string text; std::getline(file, text);) {
    if (text.empty() || text.front() == '#') continue;
    std::vector<std::string> cells;
    std::istringstream line(text);
    for (std::string cell; std::getline(line, cell, '\t');) {
      cells.push_back(cell);
    }
    cells.resize(6);
    Row row{cells[0], cells[1], cells[2], "", "", cells[4], cells[5], ""};
    const size_t colon = cells[3].find(": ");
    row.file = cells[3].substr(0, colon);
    row.line = cells[3].substr(colon + 2);
    const auto call = resolve::ParseCall(row.call, model::kArchX86_64);
    EXPECT_TRUE(call) << row.call;
    if (!call) continue;
    row.operation = "syscall:" + std::to_string(call->number);
    for (const uint64_t value : call->args) {
      row.operation += "," + std::to_string(static_cast<int64_t>(value));
    }
    rows.push_back(row);
  }
  return rows;
}

// A profile as lines; number 1 is the first.
class Profile {
 public:
  explicit Profile(fs::path path) : path_(std::move(path)) {
    std::ifstream file(path_);
    for (std::string line; std::getline(file, line);) lines_.push_back(line);
  }
  void Save() const {
    std::ofstream file(path_);
    for (const std::string& line : lines_) file << line << "\n";
  }
  [[nodiscard]] const std::string& At(size_t number) const {
    return lines_.at(number - 1);
  }
  std::string& At(size_t number) { return lines_.at(number - 1); }
  [[nodiscard]] size_t size() const { return lines_.size(); }
  void Insert(size_t before, const std::string& line) {
    lines_.insert(lines_.begin() + static_cast<ptrdiff_t>(before - 1), line);
  }
  void Erase(size_t number) {
    lines_.erase(lines_.begin() + static_cast<ptrdiff_t>(number - 1));
  }

 private:
  fs::path path_;
  std::vector<std::string> lines_;
};

struct Edit {
  std::string verb;  // add, remove, justify
  std::string what;
  std::string key;
  bool operator<(const Edit& other) const {
    return std::tie(verb, what, key) <
           std::tie(other.verb, other.what, other.key);
  }
};
// What the remedies ask for, by file and line.
using Edits = std::map<std::string, std::map<size_t, std::set<Edit>>>;

// The sentence after "to allow it: ".
void ReadRemedy(const std::string& remedy, Edits& edits) {
  static const std::regex kStep(
      "(add|remove) `([^`]+)`( with reason, owner and review_by)? (?:to|from) "
      "`([^`]+)` at ([^,]+)");
  static const std::regex kPlace("(\\S+):(\\d+)");
  const std::string text = remedy.substr(remedy.find("to allow it: "));
  for (std::sregex_iterator step(text.begin(), text.end(), kStep), end;
       step != end; ++step) {
    const Edit edit{(*step)[3].matched ? "justify" : (*step)[1].str(),
                    (*step)[2], (*step)[4]};
    const std::string places = (*step)[5];
    for (std::sregex_iterator place(places.begin(), places.end(), kPlace);
         place != end; ++place) {
      edits[(*place)[1]][std::stoul((*place)[2])].insert(edit);
    }
  }
}

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

// The list behind `key:`, which begins in line `from` or below.
void ChangeList(Profile& profile, size_t from, const Edit& edit) {
  for (size_t number = from; number <= profile.size(); ++number) {
    std::string& line = profile.At(number);
    const size_t key = line.find(edit.key + ":");
    if (key == std::string::npos) continue;
    const size_t open = line.find('[', key);
    const size_t close = line.find(']', key);
    ASSERT_NE(close, std::string::npos) << line;
    std::set<std::string> left;
    for (std::string item :
         Split(line.substr(open + 1, close - open - 1), ',')) {
      item.erase(0, item.find_first_not_of(' '));
      left.insert(item);
    }
    for (const std::string& item : Split(edit.what, '|')) {
      if (edit.verb == "add") {
        left.insert(item);
      } else {
        EXPECT_EQ(left.erase(item), 1u) << item << " in " << line;
      }
    }
    // A rule that excludes nothing is no rule.
    if (left.empty()) {
      profile.Erase(from);
      return;
    }
    std::string list;
    for (const std::string& item : left) {
      list += (list.empty() ? "" : ", ") + item;
    }
    line.replace(open + 1, close - open - 1, list);
    return;
  }
  ADD_FAILURE() << "no list `" << edit.key << "` from line " << from;
}

void Apply(const Edits& all) {
  for (const auto& [path, lines] : all) {
    Profile profile(path);
    // From below, so that the numbers above stay what they were.
    for (auto at = lines.rbegin(); at != lines.rend(); ++at) {
      std::vector<std::string> justified;
      for (const Edit& edit : at->second) {
        if (edit.verb == "justify") {
          justified.push_back(edit.what);
        } else if (edit.key == "allow") {
          profile.Insert(at->first + 1, "    - " + edit.what);
        } else {
          ChangeList(profile, at->first, edit);
        }
      }
      if (justified.empty()) continue;
      // In front of `allow`.
      profile.Insert(at->first, "  dangerous:");
      for (const std::string& name : justified) {
        profile.Insert(at->first + 1, "    - {syscall: " + name +
                                          ", reason: a test, owner: tests, "
                                          "review_by: 2027-01-31}");
      }
    }
    profile.Save();
  }
}

std::string WithoutPlaces(std::string text) {
  text = text.substr(text.find("to allow it: ") + 13);
  text = std::regex_replace(text, std::regex("/\\S*/"), "");
  return std::regex_replace(text, std::regex("(\\.yaml):\\d+"), "$1");
}

class DenialCorpus : public SandboxTest {
 protected:
  // Runs every operation, with the profiles of that folder; the results, and
  // what `inspect` has to say.
  std::map<std::string, std::string> Try(const std::vector<Row>& rows,
                                         const std::string& name,
                                         const std::string& profiles,
                                         json& denied) const {
    std::vector<std::string> command = {"/opt/probe"};
    for (const Row& row : rows) command.push_back(row.operation);
    const std::string file = Write(name, rows.front().level, command);
    const Outcome outcome = Run({"--profiles", profiles, file});
    EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
    const Outcome inspected = Ringfence({"inspect", name, "--format", "json"});
    EXPECT_EQ(inspected.end, End(Exited{0})) << inspected;
    const json all = json::parse(inspected.out, nullptr, false);
    EXPECT_TRUE(all.is_array() && all.size() == 1) << inspected;
    if (all.is_array() && all.size() == 1) denied = all[0]["denied"];
    return ProbeResults(outcome.out);
  }

  void Check(const Row& row, const json& denied, Edits& edits) const {
    SCOPED_TRACE(row.level + ": " + row.call);
    for (const json& one : denied["last"]) {
      if (one["call"] != row.Told()) continue;
      EXPECT_EQ(one["program"], "probe");
      EXPECT_EQ(one["error"], "EPERM");
      const std::string by = one["by"];
      const std::regex place("(\\S*/" + row.file + "):(\\d+)");
      std::smatch found;
      ASSERT_TRUE(std::regex_search(by, found, place)) << by;
      EXPECT_THAT(Profile(found[1].str()).At(std::stoul(found[2])),
                  testing::HasSubstr(row.line));
      EXPECT_EQ(WithoutPlaces(one["remedy"]), row.remedy);
      ReadRemedy(one["remedy"], edits);
      return;
    }
    ADD_FAILURE() << "nothing was said of it; " << denied.dump(1);
  }
};

TEST_F(DenialCorpus, EveryDenialIsExplainedAndItsRemedyWorks) {
  const std::vector<Row> rows = Rows();
  EXPECT_GE(rows.size(), 40u);
  for (const char* level : {"critical", "internal", "public", "untrusted"}) {
    SCOPED_TRACE(level);
    std::vector<Row> own;
    for (const Row& row : rows) {
      if (row.level == level) own.push_back(row);
    }
    ASSERT_FALSE(own.empty());
    const std::string profiles = home_.path() + "/profiles-" + level;
    fs::copy(SourceDirectory() + "/profiles", profiles,
             fs::copy_options::recursive);
    json denied;
    const auto before = Try(own, "before", profiles, denied);
    Edits edits;
    for (const Row& row : own) {
      EXPECT_EQ(before.at(row.operation), "EPERM") << row.call;
      Check(row, denied, edits);
    }
    Apply(edits);
    denied.clear();
    const auto after = Try(own, "after", profiles, denied);
    EXPECT_EQ(denied.value("total", -1), 0) << denied.dump(1);
    std::vector<std::string> operations;
    for (const Row& row : own) operations.push_back(row.operation);
    const auto outside = Outside(operations);
    for (const Row& row : own) {
      if (row.after == "*") continue;
      EXPECT_EQ(after.at(row.operation),
                row.after.empty() ? outside.at(row.operation) : row.after)
          << row.level << ": " << row.call;
    }
  }
}

}  // namespace
}  // namespace ringfence::live
