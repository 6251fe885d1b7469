#include <fmt/format.h>

#include <map>
#include <vector>

#include "cli/check_output.h"
#include "report/markup.h"

namespace ringfence::cli {
namespace {

// XML 1.0 text and attribute values. Control characters, which XML cannot
// hold at all, are written out.
std::string Xml(std::string_view text) {
  return report::Markup(syntax::Escape(text));
}

struct Case {
  std::string rule;
  std::string name;  // the level or workload
  std::vector<const check::Finding*> findings;
};

// Files and, in each, the rules, in the order in which they were tried.
struct Suite {
  std::string file;
  std::vector<Case> cases;

  Case& Find(const std::string& rule, const std::string& name) {
    for (Case& one : cases) {
      if (one.rule == rule) return one;
    }
    return cases.emplace_back(Case{rule, name, {}});
  }
  [[nodiscard]] size_t Count(bool waived) const {
    size_t count = 0;
    for (const Case& one : cases) {
      if (!one.findings.empty() && IsWaived(one) == waived) ++count;
    }
    return count;
  }
  // Every finding of it is waived, or is only a warning.
  static bool IsWaived(const Case& one) {
    for (const check::Finding* finding : one.findings) {
      if (!finding->waived && finding->severity == check::Severity::kError) {
        return false;
      }
    }
    return true;
  }
};

std::vector<Suite> SuitesOf(const CheckOutput& output) {
  std::vector<Suite> suites;
  std::map<std::string, size_t> known;
  const auto suite = [&](const std::string& file) -> Suite& {
    const auto [at, fresh] = known.emplace(file, suites.size());
    if (fresh) suites.push_back({file, {}});
    return suites[at->second];
  };
  for (const check::Tried& tried : output.report.tried) {
    suite(tried.subject).Find(tried.rule, tried.name);
  }
  for (const check::Finding& finding : output.report.findings) {
    suite(finding.subject)
        .Find(finding.rule, finding.name)
        .findings.push_back(&finding);
  }
  return suites;
}

std::string CaseText(const Suite& suite, const Case& one) {
  // Jenkins' schema knows no `file` and no `line`: the text says both.
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                 Xml(RelativePath(suite.file)), Xml(one.rule));
  if (one.findings.empty()) return text + "/>\n";
  text += ">\n";
  std::string lines;
  for (const check::Finding* finding : one.findings) {
    lines += fmt::format("{}:{}: {}\n", RelativePath(finding->at.file),
                         finding->at.line, OneLine(*finding));
  }
  const check::Finding& first = *one.findings.front();
  if (Suite::IsWaived(one)) {
    const std::string why =
        first.waived ? WaivedText(first) : "warning: " + OneLine(first);
    text += fmt::format("      <skipped>{}</skipped>\n", Xml(why));
  } else {
    text += fmt::format("      <failure message=\"{}\" type=\"{}\">",
                        Xml(OneLine(first)), syntax::Id(first.code));
    for (size_t at = 0; at < lines.size();) {
      const size_t end = lines.find('\n', at);
      text += Xml(lines.substr(at, end - at)) + "\n";
      at = end + 1;
    }
    text += "</failure>\n";
  }
  return text + "    </testcase>\n";
}

}  // namespace

std::string CheckJunit(const CheckOutput& output) {
  const std::vector<Suite> suites = SuitesOf(output);
  size_t tests = 0;
  size_t failures = 0;
  std::string body;
  for (const Suite& suite : suites) {
    const size_t failed = suite.Count(false);
    tests += suite.cases.size();
    failures += failed;
    body += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
        "skipped=\"{}\">\n",
        Xml(RelativePath(suite.file)), suite.cases.size(), failed,
        suite.Count(true));
    for (const Case& one : suite.cases) body += CaseText(suite, one);
    body += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"ringfence check\" tests=\"{}\" failures=\"{}\">\n{}"
      "</testsuites>\n",
      tests, failures, body);
}

}  // namespace ringfence::cli
