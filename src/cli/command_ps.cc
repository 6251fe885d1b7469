#include "cli/command_ps.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "admit/ledger.h"
#include "host/foreign.h"
#include "launch/refusal.h"
#include "sys/user.h"

namespace ringfence::cli {
namespace {

using Row = std::array<std::string, 8>;

const char* Text(admit::State state) {
  switch (state) {
    case admit::State::kRunning:
      return "running";
    case admit::State::kDying:
      return "dying";
  }
  return "";
}

const char* Text(model::Colocate colocate) {
  switch (colocate) {
    case model::Colocate::kSameLevel:
      return "same-level";
    case model::Colocate::kSameTenant:
      return "same-tenant";
    case model::Colocate::kAlone:
      return "alone";
  }
  return "";
}

const char* Text(admit::Scope scope) {
  switch (scope) {
    case admit::Scope::kHost:
      return "host";
    case admit::Scope::kUser:
      return "user";
  }
  return "";
}

// "64 processes, 1024 files"
std::string Text(const admit::EnforcedLimits& limits) {
  std::string text;
  const auto add = [&](uint64_t number, const char* what) {
    if (number == 0) return;
    text += (text.empty() ? "" : ", ") + std::to_string(number) + " " + what;
  };
  add(limits.processes, "processes");
  add(limits.open_files, "files");
  add(limits.memory >> 20, "MiB");
  add(limits.cpu, "thousandths of a core");
  add(limits.time_ms / 1000, "s");
  return text.empty() ? "-" : text;
}

const char* Text(host::CgroupName::Kind kind) {
  switch (kind) {
    case host::CgroupName::Kind::kContainer:
      return "container";
    case host::CgroupName::Kind::kService:
      return "service";
  }
  return "";
}

void PrintForeign(const host::ForeignView& view) {
  if (!view.found.empty()) {
    std::puts("not started by Ringfence, of unknown trust:");
  }
  for (const host::Foreign& foreign : view.found) {
    std::printf("  %s\n", host::Describe(foreign).c_str());
  }
  for (const std::string& limit : view.limits) {
    std::printf("not everything is seen: %s\n", limit.c_str());
  }
}

void PrintTable(const admit::Ledger& ledger,
                const std::vector<admit::Entry>& entries,
                const std::vector<sys::NamedId>& users) {
  std::vector<Row> rows{
      {"NAME", "LEVEL", "TENANT", "USER", "PID", "STATE", "UPTIME", "LIMITS"}};
  for (const admit::Entry& entry : entries) {
    const admit::Record& record = entry.record;
    rows.push_back({record.name, record.level.name,
                    record.level.tenant.empty() ? "-" : record.level.tenant,
                    sys::NameOf(users, record.uid.value),
                    std::to_string(record.supervisor.pid), Text(entry.state),
                    admit::DescribeAge(admit::AgeMs(record)),
                    Text(record.limits)});
  }
  std::array<size_t, 8> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] + 2 - row[i].size(), ' ');
    }
    std::puts(line.c_str());
  }
  if (ledger.scope() == admit::Scope::kHost) {
    std::puts("host scope: the workloads of all users");
  } else {
    std::printf("user scope: only the workloads of %s are known here\n",
                sys::NameOf(users, ::geteuid()).c_str());
  }
}

void PrintJson(const admit::Ledger& ledger,
               const std::vector<admit::Entry>& entries,
               const host::ForeignView& view,
               const std::vector<sys::NamedId>& users) {
  nlohmann::ordered_json workloads = nlohmann::ordered_json::array();
  for (const admit::Entry& entry : entries) {
    const admit::Record& record = entry.record;
    workloads.push_back({{"name", record.name},
                         {"level", record.level.name},
                         {"tenant", record.level.tenant},
                         {"colocate", Text(record.level.colocate)},
                         {"uid", record.uid.value},
                         {"user", sys::NameOf(users, record.uid.value)},
                         {"state", Text(entry.state)},
                         {"supervisor_pid", record.supervisor.pid},
                         {"init_pid", record.init.pid},
                         {"since_unix_ms", record.since_ms},
                         {"age_ms", admit::AgeMs(record)},
                         {"limits",
                          {{"processes", record.limits.processes},
                           {"open_files", record.limits.open_files},
                           {"memory_bytes", record.limits.memory},
                           {"cpu_thousandths", record.limits.cpu},
                           {"time_ms", record.limits.time_ms}}}});
  }
  nlohmann::ordered_json foreign = nlohmann::ordered_json::array();
  for (const host::Foreign& found : view.found) {
    foreign.push_back({{"name", found.name},
                       {"kind", Text(found.kind)},
                       {"pid", found.pid},
                       {"uid", found.uid}});
  }
  const nlohmann::ordered_json all{{"scope", Text(ledger.scope())},
                                   {"ledger", ledger.path()},
                                   {"workloads", workloads},
                                   {"foreign", foreign},
                                   {"not_seen", view.limits}};
  std::puts(all.dump(2).c_str());
}

}  // namespace

int RunPs(int argc, char** argv) {
  std::string format = "text";
  CLI::App app("List the workloads that run here", "ringfence ps");
  app.add_option("--format", format, "How to print them")
      ->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::fprintf(stderr, "ringfence: %s\n", error.what());
    return static_cast<int>(launch::ExitCode::kInput);
  }
  const auto ledger = admit::Ledger::Open(model::HostUid(::geteuid()));
  if (!ledger) {
    std::fprintf(stderr, "ringfence: %s\n",
                 admit::Describe(ledger.error()).c_str());
    return static_cast<int>(launch::ExitCode::kColocation);
  }
  const auto entries = ledger->Running();
  if (!entries) {
    std::fprintf(stderr, "ringfence: %s\n",
                 admit::Describe(entries.error()).c_str());
    return static_cast<int>(launch::ExitCode::kColocation);
  }
  const auto users = sys::ReadUsers().value_or(std::vector<sys::NamedId>());
  const host::ForeignView foreign = host::FindForeign({}, *entries);
  if (format == "json") {
    PrintJson(*ledger, *entries, foreign, users);
  } else {
    PrintTable(*ledger, *entries, users);
    PrintForeign(foreign);
  }
  return 0;
}

}  // namespace ringfence::cli
