#include "verdicts/verdict_table.h"

#include <gtest/gtest.h>
#include <linux/audit.h>

#include <fstream>

#include "resolve/call.h"
#include "resolve/constants.h"

namespace ringfence {
namespace {

std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields;
  size_t at = 0;
  while (at < line.size()) {
    const size_t end = std::min(line.find('\t', at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = line.find_first_not_of('\t', end);
  }
  return fields;
}

// False if there is no such architecture.
bool ReadCall(VerdictRow& row) {
  const bool aarch64 = row.arch == "aarch64";
  const bool known = aarch64 || row.arch == "x86_64" || row.arch == "x32" ||
                     row.arch == "i386";
  if (!known) return false;
  row.policy_arch = aarch64 ? model::kArchAarch64 : model::kArchX86_64;
  const auto call = resolve::ParseCall(row.text, row.policy_arch);
  if (!call) return false;
  row.call = *call;
  if (row.arch == "x32") row.call.number |= model::kX32Bit;
  if (row.arch == "i386") row.call.arch = AUDIT_ARCH_I386;
  return true;
}

bool ReadExpected(VerdictRow& row, const std::string& text) {
  if (text == "allow") {
    row.expected = model::Action::kAllow;
  } else if (text == "kill") {
    row.expected = model::Action::kKill;
  } else if (const auto error = resolve::FindErrno(text)) {
    row.expected = model::Action::kQuiet;
    row.error = *error;
  } else {
    return false;
  }
  return true;
}

void LoadFile(const std::string& path, std::vector<VerdictRow>& rows) {
  std::ifstream stream(path);
  ASSERT_TRUE(stream.is_open()) << path;
  std::string line;
  for (size_t number = 1; std::getline(stream, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> fields = Fields(line);
    ASSERT_EQ(fields.size(), 5u) << path << ":" << number;
    VerdictRow row;
    row.file = path;
    row.line = number;
    row.arch = fields[0];
    row.text = fields[1];
    row.live = fields[3] == "try";
    row.why = fields[4];
    ASSERT_TRUE(row.live || fields[3] == "skip") << path << ":" << number;
    ASSERT_TRUE(ReadCall(row)) << path << ":" << number << ": " << row.text;
    ASSERT_TRUE(ReadExpected(row, fields[2])) << path << ":" << number;
    rows.push_back(std::move(row));
  }
}

}  // namespace

std::vector<VerdictRow> LoadVerdictFile(const std::string& path) {
  std::vector<VerdictRow> rows;
  LoadFile(path, rows);
  return rows;
}

std::vector<VerdictRow> LoadVerdicts(const std::string& folder,
                                     std::string_view level) {
  std::vector<VerdictRow> rows;
  LoadFile(folder + "/every-level.tsv", rows);
  LoadFile(folder + "/" + std::string(level) + ".tsv", rows);
  return rows;
}

bool IsExpected(const VerdictRow& row, const model::Answer& answer) {
  if (answer.action == model::Action::kExplain ||
      answer.action == model::Action::kQuiet) {
    return row.expected == model::Action::kQuiet && row.error == answer.error;
  }
  return row.expected == answer.action;
}

}  // namespace ringfence
