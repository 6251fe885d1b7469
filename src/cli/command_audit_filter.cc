#include "cli/command_audit_filter.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/complain.h"
#include "cli/findings.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/proving.h"
#include "host/trace.h"
#include "launch/refusal.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

using nlohmann::ordered_json;

// The filters that a process runs under.
std::expected<Loaded, LoadError> LoadProcess(int pid) {
  const auto fail = [&](const std::string& why) {
    return std::unexpected(LoadError{6, "error: the filters of process " +
                                            std::to_string(pid) + why + "\n"});
  };
  const auto filters = host::SeccompFilters(pid);
  if (!filters) {
    return fail(" cannot be read: " + launch::Describe(filters.error()) +
                "\n  help: it takes CAP_SYS_ADMIN outside any container, and "
                "a kernel with CONFIG_CHECKPOINT_RESTORE");
  }
  if (filters->empty()) return fail(": it has none");
  Loaded loaded{.name = "process " + std::to_string(pid),
                .kind = Loaded::Kind::kProgram};
  for (const auto& filter : *filters) {
    std::vector<bpf::Instruction> code;
    for (const sock_filter& in : filter) {
      code.push_back({in.code, in.jt, in.jf, in.k});
    }
    loaded.programs.push_back(std::move(code));
  }
  return loaded;
}

int Print(const Loaded& loaded, const std::vector<Finding>& findings,
          const std::string& format) {
  if (format == "json") {
    ordered_json all = ordered_json::array();
    for (const Finding& finding : findings) {
      all.push_back({{"id", finding.id},
                     {"weakens", finding.weakens},
                     {"what", finding.what}});
    }
    fmt::print(
        "{}\n",
        ordered_json{{"subject", loaded.name}, {"findings", all}}.dump(2));
  } else {
    for (const Finding& finding : findings) {
      fmt::print("{}: {}: {}\n", finding.weakens ? "hole" : "flaw", finding.id,
                 syntax::Escape(finding.what));
    }
    if (findings.empty()) fmt::print("nothing found\n");
  }
  return findings.empty() ? 0 : 1;
}

}  // namespace

int RunAuditFilter(int argc, char** argv) {
  std::string file;
  std::string format = "text";
  std::string profiles;
  int pid = 0;
  CLI::App app("Say what is wrong with a filter", "ringfence audit-filter");
  app.add_option("file", file,
                 "A BPF program, an OCI seccomp profile, a bundle, a profile "
                 "or a workload")
      ->type_name("FILE|REV:PATH");
  app.add_option("--pid", pid, "The filters of this running process instead")
      ->type_name("PID")
      ->check(CLI::PositiveNumber);
  AddFormatOption(app, format);
  AddProfilesOption(app, profiles);
  if (const auto ended = ParseOptions(app, argc, argv)) return *ended;
  if (file.empty() == (pid == 0)) {
    std::fputs("error: say either a file or --pid PID\n", stderr);
    return kBadUsage;
  }
  const auto loaded =
      pid != 0 ? LoadProcess(pid) : Load(PlaceOf(file), profiles);
  if (!loaded) {
    std::fputs(loaded.error().text.c_str(), stderr);
    return loaded.error().exit_code;
  }
  const auto findings = Audit(*loaded);
  if (!findings) {
    std::fprintf(stderr, "error: undecided: %s\n",
                 syntax::Escape(findings.error().why).c_str());
    return kUndecided;
  }
  return Print(*loaded, *findings, format);
}

}  // namespace ringfence::cli
