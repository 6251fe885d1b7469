#include "cli/command_inspect.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "admit/layout.h"
#include "admit/refusal.h"
#include "cli/history.h"
#include "launch/denial.h"
#include "launch/refusal.h"
#include "sys/clock.h"

namespace ringfence::cli {
namespace {

using launch::ExitCode;
using nlohmann::json;

int Fail(ExitCode code, const std::string& text) {
  std::fprintf(stderr, "ringfence: %s\n", text.c_str());
  return static_cast<int>(code);
}

void PrintDenied(const json& denied) {
  const int64_t total = NumberOf(denied, "total");
  std::printf("denied calls: %lld", static_cast<long long>(total));
  const char* separator = " (";
  const json calls = PartOf(denied, "calls");
  for (const auto& [name, count] : calls.items()) {
    std::printf(
        "%s%s %lld", separator, launch::Said(name).c_str(),
        static_cast<long long>(count.is_number() ? count.get<int64_t>() : 0));
    separator = ", ";
  }
  std::puts(calls.empty() ? "" : ")");
  for (const json& denial : PartOf(denied, "last")) {
    std::printf("  %s\n    %lld times, first %s, last %s\n",
                DescribeDenial(denial).c_str(),
                static_cast<long long>(NumberOf(denial, "count")),
                DescribeTime(NumberOf(denial, "first_ms")).c_str(),
                DescribeTime(NumberOf(denial, "last_ms")).c_str());
  }
}

void Print(const Remembered& remembered) {
  const json& account = remembered.account;
  const int64_t began = NumberOf(account, "began_ms");
  std::printf("%s: trust level %s", TextOf(account, "name").c_str(),
              TextOf(account, "level").c_str());
  if (const std::string tenant = TextOf(account, "tenant"); !tenant.empty()) {
    std::printf(", tenant %s", tenant.c_str());
  }
  std::printf(", %s scope\nprogram: %s\n", TextOf(account, "scope").c_str(),
              TextOf(account, "program").c_str());
  if (const std::string end = DescribeEnd(remembered); end.empty()) {
    const auto up =
        static_cast<uint64_t>(std::max<int64_t>(0, sys::RealtimeMs() - began));
    std::printf("runs since %s (%s), supervisor %lld, init %lld\n",
                DescribeTime(began).c_str(), admit::DescribeAge(up).c_str(),
                static_cast<long long>(NumberOf(account, "supervisor")),
                static_cast<long long>(NumberOf(account, "init")));
  } else {
    std::printf("began %s\nit %s\n", DescribeTime(began).c_str(), end.c_str());
  }
  if (const int64_t limit = NumberOf(account, "time_limit_ms"); limit != 0) {
    std::printf("time limit: %lld ms\n", static_cast<long long>(limit));
  }
  const json protections = PartOf(account, "protections");
  if (!protections.empty()) {
    std::puts("as read back before its first instruction:");
  }
  for (const json& protection : protections) {
    std::printf("  %s: %s: %s\n", TextOf(protection, "name").c_str(),
                TextOf(protection, "state").c_str(),
                TextOf(protection, "detail").c_str());
  }
  PrintDenied(PartOf(account, "denied"));
}

int Inspect(const std::string& name, const std::string& format) {
  const auto known = Recall(model::HostUid(::geteuid()), name);
  if (!known) {
    return Fail(ExitCode::kInternal, launch::Describe(known.error()));
  }
  if (known->empty()) {
    return Fail(ExitCode::kMissing,
                "nothing is known here of a workload `" + name +
                    "` of yours\n  help: `ringfence ps` lists what runs");
  }
  // The last one that ended is of interest where none runs.
  const bool any_runs = known->front().running;
  json all = json::array();
  for (const Remembered& remembered : *known) {
    if (any_runs && !remembered.running) continue;
    if (format == "json") {
      all.push_back(remembered.account);
      all.back()["running"] = remembered.running;
    } else {
      Print(remembered);
    }
  }
  if (format == "json") std::puts(all.dump(2).c_str());
  return 0;
}

}  // namespace

int RunInspect(int argc, char** argv) {
  std::string name;
  std::string format = "text";
  CLI::App app(
      "Say everything about one workload of yours: what confines it, and the "
      "calls it was denied.\n"
      "Exit code 0: it is known; 123: it is not.",
      "ringfence inspect");
  app.add_option("name", name, "The workload's name")
      ->type_name("NAME")
      ->required();
  app.add_option("--format", format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return Fail(ExitCode::kInput, error.what());
  }
  if (!admit::IsName(name)) {
    return Fail(ExitCode::kInput,
                admit::Describe(admit::Refusal(admit::InvalidName{name}),
                                admit::Request{}));
  }
  return Inspect(name, format);
}

}  // namespace ringfence::cli
