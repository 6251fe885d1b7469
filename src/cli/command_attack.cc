#include "cli/command_attack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "cli/attack_target.h"
#include "cli/build.h"
#include "cli/child.h"
#include "cli/complain.h"
#include "cli/install.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

// The descriptor that is left open for technique `inherited-descriptor`.
constexpr int kLeaked = 40;
constexpr int kFailed = 125;

struct AttackOptions {
  std::string subject;  // a level, its file, or a workload's
  std::string profiles;
  std::string format = "text";
};

// What became of one technique.
struct Attempt {
  std::string surface;
  std::string name;
  bool through = false;
  std::string answer;
  std::string layer;
};

enum class Verdict {
  kStopped,  // and outside it got through, or was answered differently
  kThrough,
  kNotShown,  // stopped, but outside just the same: it needs more rights there
};

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kStopped:
      return "stopped";
    case Verdict::kThrough:
      return "THROUGH";
    case Verdict::kNotShown:
      return "not shown";
  }
  return "";
}

Verdict Judge(const Attempt& inside, const Attempt& outside) {
  if (inside.through) return Verdict::kThrough;
  return outside.through || outside.answer != inside.answer
             ? Verdict::kStopped
             : Verdict::kNotShown;
}

std::vector<Attempt> Parse(const std::string& output) {
  std::vector<Attempt> attempts;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    Attempt attempt;
    std::string result;
    std::getline(fields, attempt.surface, '\t');
    std::getline(fields, attempt.name, '\t');
    std::getline(fields, result, '\t');
    std::getline(fields, attempt.answer, '\t');
    std::getline(fields, attempt.layer, '\t');
    attempt.through = result == "through";
    attempts.push_back(attempt);
  }
  return attempts;
}

class Report {
 public:
  void Add(const Attempt& inside, const Attempt& outside) {
    const Verdict verdict = Judge(inside, outside);
    ++counts_[static_cast<size_t>(verdict)];
    rows_.push_back({inside, outside, verdict});
  }

  void PrintText(const std::string& subject) const {
    std::string surface;
    for (const Row& row : rows_) {
      if (row.inside.surface != surface) {
        surface = row.inside.surface;
        fmt::print("{}\n", surface);
      }
      fmt::print("  {:<32} {:<9} {:<12} outside: {:<14} {}\n", row.inside.name,
                 NameOf(row.verdict), row.inside.answer, row.outside.answer,
                 row.inside.layer);
    }
    fmt::print("{}: {} techniques: {} stopped, {} through", subject,
               rows_.size(), Count(Verdict::kStopped),
               Count(Verdict::kThrough));
    if (const size_t rest = Count(Verdict::kNotShown); rest != 0) {
      fmt::print(
          "; {} are stopped here and outside alike, for want of rights that "
          "you have not",
          rest);
    }
    fmt::print("\n");
  }

  void PrintJson(const std::string& subject) const {
    using nlohmann::ordered_json;
    ordered_json techniques = ordered_json::array();
    for (const Row& row : rows_) {
      techniques.push_back({{"surface", row.inside.surface},
                            {"name", row.inside.name},
                            {"verdict", NameOf(row.verdict)},
                            {"inside", row.inside.answer},
                            {"outside", row.outside.answer},
                            {"layer", row.inside.layer}});
    }
    fmt::print("{}\n", ordered_json{{"subject", subject},
                                    {"stopped", Count(Verdict::kStopped)},
                                    {"through", Count(Verdict::kThrough)},
                                    {"not_shown", Count(Verdict::kNotShown)},
                                    {"techniques", techniques}}
                           .dump(2));
  }

  [[nodiscard]] size_t Count(Verdict verdict) const {
    return counts_[static_cast<size_t>(verdict)];
  }

 private:
  struct Row {
    Attempt inside;
    Attempt outside;
    Verdict verdict;
  };
  std::vector<Row> rows_;
  std::array<size_t, 3> counts_{};
};

int Fail(int code, const std::string& why) {
  fmt::print(stderr, "error: {}\n", why);
  return code;
}

// A workload of that level, with nothing but what every workload has.
std::string BareWorkload(const std::string& level) {
  return "kind: Workload\nname: attack\ntrust: " + level +
         "\ncommand: [/usr/bin/true]\n";
}

class Attack {
 public:
  explicit Attack(const AttackOptions& options)
      : options_(options), build_(ProfileFolders(options.profiles)) {}

  int Run() {
    attacker_ = FindProgram("ringfence-attacker");
    launcher_ = FindProgram("ringfence-launch");
    relay_ = FindProgram("ringfence-relay");
    if (attacker_.empty() || launcher_.empty() || relay_.empty()) {
      return Fail(kFailed, "a part of Ringfence is not installed");
    }
    const auto bundle = Bundle();
    if (!bundle) return Complain(build_);
    if (!Leak()) return Fail(kFailed, std::strerror(errno));
    const auto target = AttackTarget::Start(attacker_);
    if (!target) return Fail(kFailed, target.error());
    fmt::print(stderr, "trying every technique outside, then in a sandbox\n");
    std::vector<std::string> outside = {attacker_};
    outside.insert(outside.end(), target->facts().begin(),
                   target->facts().end());
    const auto control = RunChild(outside, "");
    if (!control) return Fail(kFailed, control.error());
    const UniqueFd memory(::memfd_create("bundle", 0));
    if (!memory ||
        !sys::WriteAll(memory.get(), std::as_bytes(std::span(*bundle))) ||
        ::lseek(memory.get(), 0, SEEK_SET) < 0) {
      return Fail(kFailed, "a bundle cannot be kept in memory");
    }
    std::vector<std::string> inside = {
        launcher_, "--bundle", std::to_string(memory.get()),
        "--base",  base_,      "--relay",
        relay_,    "--"};
    inside.insert(inside.end(), target->facts().begin(), target->facts().end());
    const auto done = RunChild(inside, "");
    if (!done) return Fail(kFailed, done.error());
    if (done->exit_code != 0) {
      fmt::print(stderr, "{}", done->errors);
      return done->exit_code;
    }
    return Compare(Parse(done->output), Parse(control->output));
  }

 private:
  std::optional<std::vector<uint8_t>> Bundle() {
    auto document = Document();
    if (!document) return std::nullopt;
    build_.RunInstead(attacker_);
    auto compiled = build_.Workload(*document);
    if (!compiled) return std::nullopt;
    return std::move(compiled->bundle);
  }

  // The workload that is asked for: its file, or one of the level.
  std::optional<syntax::Document> Document() {
    namespace fs = std::filesystem;
    std::error_code error;
    if (!fs::exists(options_.subject, error)) {
      return build_.ParseText(BareWorkload(options_.subject), "<command line>");
    }
    const fs::path file = fs::canonical(options_.subject, error);
    base_ = file.parent_path();
    auto document = build_.ParseFile(options_.subject);
    if (!document ||
        !std::holds_alternative<syntax::TrustLevel>(document->content)) {
      return document;
    }
    build_.LookFirstIn(Place{.revision = "", .path = base_});
    return build_.ParseText(BareWorkload(file.stem()), "<command line>");
  }

  // What a careless caller leaves open; it must not be seen inside.
  static bool Leak() {
    const UniqueFd root(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return root && ::dup2(root.get(), kLeaked) == kLeaked;
  }

  int Compare(const std::vector<Attempt>& inside,
              const std::vector<Attempt>& outside) {
    std::map<std::string, Attempt> controls;
    for (const Attempt& attempt : outside) controls[attempt.name] = attempt;
    Report report;
    for (const Attempt& attempt : inside) {
      const auto control = controls.find(attempt.name);
      if (control == controls.end()) {
        return Fail(kFailed, attempt.name + " was not tried outside");
      }
      report.Add(attempt, control->second);
    }
    if (inside.size() != controls.size() || inside.empty()) {
      return Fail(kFailed, "not every technique was tried in the sandbox");
    }
    if (options_.format == "json") {
      report.PrintJson(options_.subject);
    } else {
      report.PrintText(options_.subject);
    }
    return report.Count(Verdict::kThrough) == 0 ? 0 : 1;
  }

  const AttackOptions& options_;
  Build build_;
  std::string attacker_;
  std::string launcher_;
  std::string relay_;
  std::string base_ = "/";
};

}  // namespace

int RunAttack(int argc, char** argv) {
  AttackOptions options;
  CLI::App app("Try every known way out of a sandbox of your own profile",
               "ringfence attack");
  app.add_option("subject", options.subject,
                 "A trust level, its file, or a workload file")
      ->required()
      ->type_name("LEVEL|PROFILE.yaml|WORKLOAD.yaml");
  app.add_option("--profiles", options.profiles,
                 "Look profiles up in this folder only")
      ->type_name("DIR");
  app.add_option("--format", options.format, "How to print it")
      ->check(CLI::IsMember({"text", "json"}));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return Fail(kBadUsage, std::string(error.what()) + "; see --help");
  }
  // What is tried outside is tried with the caller's rights.
  if (::geteuid() == 0) {
    return Fail(kBadUsage, "root may not attack: run it as an ordinary user");
  }
  return Attack(options).Run();
}

}  // namespace ringfence::cli
