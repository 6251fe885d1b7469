#include "cli/command_doctor.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "cli/complain.h"
#include "cli/exit_code.h"
#include "cli/host_levels.h"
#include "host/facts.h"
#include "host/judge.h"
#include "launch/apparmor.h"
#include "launch/selinux.h"

namespace ringfence::cli {
namespace {

using host::Finding;
using State = Finding::State;

struct Words {
  const char* text;
  const char* colour;
};

Words WordsFor(State state) {
  switch (state) {
    case State::kOk:
      return {"ok", "\x1b[32m"};
    case State::kDegraded:
      return {"degraded", "\x1b[33m"};
    case State::kMissing:
      return {"missing", "\x1b[1;31m"};
  }
  return {"", ""};
}

void PrintText(const std::vector<Finding>& findings) {
  const bool colour =
      ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  size_t width = 0;
  for (const Finding& finding : findings) {
    width = std::max(width, finding.protection.size());
  }
  for (const Finding& finding : findings) {
    const Words words = WordsFor(finding.state);
    std::printf("%s%-8s%s  %-*s  %s\n", colour ? words.colour : "", words.text,
                colour ? "\x1b[0m" : "", static_cast<int>(width),
                finding.protection.c_str(), finding.detail.c_str());
    if (!finding.remedy.empty()) {
      std::printf("%*s  help: %s\n", static_cast<int>(width) + 10, "",
                  finding.remedy.c_str());
    }
  }
}

void PrintJson(const std::vector<Finding>& findings) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"protection", finding.protection},
                    {"state", WordsFor(finding.state).text},
                    {"detail", finding.detail},
                    {"remedy", finding.remedy}});
  }
  std::puts(list.dump(2).c_str());
}

// Why the first level that has no label has none.
void FindLabelGaps(host::Facts& facts) {
  bundle::Bundle bundle{.name = "doctor"};
  for (const std::string& level : HostLevels()) {
    bundle.level.name = level;
    const launch::AppArmor apparmor = launch::FindAppArmor(bundle);
    if (facts.apparmor_gap.why.empty()) {
      facts.apparmor_gap = {apparmor.why, apparmor.remedy};
    }
    const launch::Selinux selinux =
        launch::FindSelinux(bundle, model::HostUid{facts.uid});
    if (facts.selinux_gap.why.empty()) {
      facts.selinux_gap = {selinux.why, selinux.remedy};
    }
  }
}

}  // namespace

int RunDoctor(int argc, char** argv) {
  std::string format = "text";
  CLI::App app(
      "Say what this host can enforce, what is missing, and the remedy.\n"
      "Exit code 0: workloads can run; 6: something required is missing.",
      "ringfence doctor");
  app.add_option("--format", format, "How to print it")
      ->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "ringfence: %s\n", error.what());
    return kBadUsage;
  }
  host::Facts facts = host::Gather();
  FindLabelGaps(facts);
  const std::vector<Finding> findings = host::Judge(facts);
  if (format == "json") {
    PrintJson(findings);
  } else {
    PrintText(findings);
  }
  const bool missing = std::ranges::any_of(
      findings,
      [](const Finding& finding) { return finding.state == State::kMissing; });
  return missing ? kHostCannotEnforce : 0;
}

}  // namespace ringfence::cli
