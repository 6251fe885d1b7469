#include "cli/command_prove.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "check/rules.h"
#include "cli/build.h"
#include "cli/call_text.h"
#include "cli/changes.h"
#include "cli/check_output.h"
#include "cli/complain.h"
#include "cli/exit_code.h"
#include "cli/install.h"
#include "cli/layers_of.h"
#include "cli/options.h"
#include "cli/policies.h"
#include "cli/proving.h"
#include "cli/subjects.h"
#include "compile/seccomp.h"
#include "prove/claims.h"
#include "prove/whole.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

using nlohmann::ordered_json;

struct ProveOptions {
  std::vector<std::string> files;
  std::string policy;
  std::string profiles;
  std::string smt2;  // folder
  std::string format = "text";
};

// Writes the questions of one claim as files NAME-CALL.smt2.
class Questions {
 public:
  Questions(std::string folder, std::string claim)
      : folder_(std::move(folder)), claim_(std::move(claim)) {}

  void Add(const std::string& what, const std::string& smt2) {
    const std::string path = folder_ + "/" + claim_ + "-" + what + ".smt2";
    const auto file =
        sys::Open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (!file || !sys::WriteAll(file->get(), smt2)) failed_ = path;
  }
  void Listen(prove::Prover& prover) {
    if (folder_.empty()) return;
    prover.OnQuestion([this](const prove::Box& box, const std::string& smt2) {
      std::string name = CallName(box.arch.first, box.number.first);
      std::ranges::replace(name, ' ', '-');
      Add(ArchName(box.arch.first) + "-" + name, smt2);
    });
  }
  [[nodiscard]] const std::string& failed() const { return failed_; }
  [[nodiscard]] bool on() const { return !folder_.empty(); }

 private:
  std::string folder_;
  std::string claim_;
  std::string failed_;
};

// What was found about one claim.
struct Result {
  std::string claim;  // "x86_64 equals its source"
  std::string verdict = "proved";
  std::string detail;
  int exit_code = 0;
};

class Prove {
 public:
  explicit Prove(const ProveOptions& options)
      : options_(options), gates_build_(ProfileFolders(options.profiles)) {}

  // The gates whose rules are proved. Nothing installed is no error, and said.
  void LoadGates() {
    const auto folder = PolicyFolder(options_.policy);
    if (!folder) {
      std::fprintf(stderr, "%s: %s\n",
                   options_.policy.empty() ? "note" : "error",
                   syntax::Escape(folder.error()).c_str());
      if (!options_.policy.empty()) exit_.Add(kBadUsage);
      return;
    }
    auto policies = LoadPolicies(*folder, today_, gates_build_);
    if (!policies) {
      std::fprintf(stderr, "error: %s\n",
                   syntax::Escape(policies.error()).c_str());
      exit_.Add(kBadUsage);
    } else if (gates_build_.Failed()) {
      exit_.Add(Complain(gates_build_));
    } else {
      gates_ = std::move(policies->gates);
    }
  }

  void File(const std::string& path) {
    Build build(ProfileFolders(options_.profiles));
    const auto document = build.ParseFile(path);
    const bool is_level =
        document &&
        std::holds_alternative<syntax::TrustLevel>(document->content);
    results_.clear();
    bool resolved = false;
    if (document && is_level) {
      const auto level = build.Level(*document);
      if (level) Level(build, *level);
      if (level) Gates(*document);
      resolved = level.has_value();
    } else if (document) {
      const auto workload = build.Arrange(*document);
      if (workload) Workload(build, *workload);
      if (workload) Gates(*document);
      resolved = workload.has_value();
    }
    if (!resolved) {
      exit_.Add(Complain(build));
      return;
    }
    Print(path);
  }

  int Finish() {
    if (options_.format == "json") {
      fmt::print("{}\n", ordered_json{{"subjects", json_}}.dump(2));
    }
    return exit_.code();
  }

 private:
  void Level(Build& build, const resolve::ResolvedLevel& level) {
    Filters(level.name, level.seccomp);
    for (size_t i = 1; i < level.chain.size(); ++i) {
      const auto outer = build.Level(level.chain[i]);
      if (!outer) {
        Add({"inside " + level.chain[i], "undecided",
             "the level cannot be resolved", 3});
        continue;
      }
      Order(level.name, level.seccomp, LayersOf(level), outer->name,
            outer->seccomp, LayersOf(*outer));
    }
    Tests(level);
  }

  void Workload(Build& build, const Compiled& workload) {
    const model::Confinement& c = workload.confinement;
    Filters(c.name, c.seccomp);
    const auto level = build.Level(c.level.name);
    if (!level) return;
    Order(c.name, c.seccomp, BoundsOf(workload), level->name, level->seccomp,
          BoundsOf(*level));
  }

  void Filters(const std::string& name,
               const std::vector<model::SeccompPolicy>& policies) {
    for (const model::SeccompPolicy& policy : policies) {
      const std::string arch = ArchName(policy.arch);
      const std::string claim = "its " + arch + " filter equals the source";
      const auto program = compile::CompileSeccomp(policy);
      if (!program) {
        Add({claim, "undecided", program.error().why, 3});
        continue;
      }
      prove::Prover prover;
      Questions questions(options_.smt2, name + "-equals");
      questions.Listen(prover);
      const auto judgement =
          prove::ProveFilter(prover, policy, program->code());
      if (questions.on()) {
        questions.Add(arch + "-whole",
                      prove::WholeClaim(policy, program->code()));
      }
      Judged(claim, judgement, prover, questions,
             fmt::format("{} instructions, ", program->code().size()));
    }
  }

  void Order(const std::string& name,
             const std::vector<model::SeccompPolicy>& inner,
             const prove::Layers& inner_layers, const std::string& outer_name,
             const std::vector<model::SeccompPolicy>& outer,
             const prove::Layers& outer_layers) {
    prove::Prover prover;
    Questions questions(options_.smt2, name + "-inside-" + outer_name);
    questions.Listen(prover);
    Judged("its system calls are inside those of " + outer_name,
           prove::ProveInside(prover, inner, outer), prover, questions, "");
    std::string looser;
    for (const prove::LayerChange& change :
         prove::CompareLayers(outer_layers, inner_layers)) {
      if (change.direction != prove::Direction::kLooser) continue;
      looser +=
          (looser.empty() ? "" : "; ") + change.layer + ": " + change.what;
    }
    const std::string claim =
        "its other layers are inside those of " + outer_name;
    if (looser.empty()) {
      Add({claim, "proved", "by exact inclusion", 0});
    } else {
      Add({claim, "refuted", looser, kRefuted});
    }
  }

  // The rules of the gates that are about it. Waivers do not count here: what
  // is claimed holds or does not.
  void Gates(const syntax::Document& document) {
    const auto subject = subjects_.Of(document);
    if (!subject) return;
    for (const resolve::Gate& gate : gates_) {
      if (!check::AppliesTo(gate, *subject)) continue;
      for (const resolve::GateRule& rule : gate.rules) Rule(rule, *subject);
    }
  }

  void Rule(const resolve::GateRule& rule, const check::Subject& subject) {
    std::string file = subject.name + "-keeps-" + rule.name;
    std::ranges::replace(file, '/', '-');
    Questions questions(options_.smt2, file);
    judge_.OnProver([&](prove::Prover& prover) { questions.Listen(prover); });
    const auto findings = judge_.Apply(rule, subject, today_);
    const std::string claim = "it keeps the rule " + rule.name;
    if (!questions.failed().empty()) {
      Add({claim, "undecided", "cannot write " + questions.failed(),
           kBadUsage});
      return;
    }
    for (const check::Finding& finding : findings) {
      const bool undecided = finding.code == syntax::Code::kNotDecided;
      Add({claim, undecided ? "undecided" : "refuted", OneLine(finding),
           undecided ? kUndecided : 1});
    }
    if (findings.empty()) Add({claim, "proved", rule.reason, 0});
  }

  void Judged(const std::string& claim, const prove::Judgement& judgement,
              const prove::Prover& prover, const Questions& questions,
              const std::string& detail) {
    if (!questions.failed().empty()) {
      Add({claim, "undecided", "cannot write " + questions.failed(),
           kBadUsage});
      return;
    }
    if (const auto* open = std::get_if<prove::Undecided>(&judgement)) {
      Add({claim, "undecided", open->why, kUndecided});
    } else if (const auto* by = std::get_if<prove::Difference>(&judgement)) {
      Add({claim, "refuted",
           fmt::format("{} is {}, and {}", CallText(by->call),
                       OutcomeText(by->first), OutcomeText(by->second)),
           kRefuted});
    } else {
      Add({claim, "proved",
           detail + fmt::format("{} ranges of calls, {} questions to Z3",
                                prover.effort().boxes,
                                prover.effort().questions),
           0});
    }
  }

  void Tests(const resolve::ResolvedLevel& level) {
    size_t held = 0;
    for (const resolve::LevelTest& test : level.tests) {
      if (resolve::Passes(test, level.seccomp)) {
        ++held;
        continue;
      }
      Add({"its test " + test.text + " on " + ArchName(test.call.arch),
           "refuted", "at " + PlaceText(test.source), 1});
    }
    if (held == level.tests.size()) {
      Add({"its tests hold", "proved", fmt::format("{} of them", held), 0});
    }
  }

  void Add(Result result) {
    exit_.Add(result.exit_code);
    results_.push_back(std::move(result));
  }

  void Print(const std::string& subject) {
    if (options_.format == "json") {
      ordered_json claims = ordered_json::array();
      for (const Result& result : results_) {
        claims.push_back({{"claim", result.claim},
                          {"verdict", result.verdict},
                          {"detail", result.detail}});
      }
      json_.push_back({{"subject", subject}, {"claims", claims}});
      return;
    }
    fmt::print("{}\n", syntax::Escape(subject));
    for (const Result& result : results_) {
      fmt::print("  {:<9} {} ({})\n", result.verdict,
                 syntax::Escape(result.claim), syntax::Escape(result.detail));
    }
  }

  const ProveOptions& options_;
  syntax::Date today_ = *DateOf("");
  Build gates_build_;
  Subjects subjects_{gates_build_};
  check::Judge judge_{
      [this](std::string_view name) { return subjects_.Level(name); }};
  std::vector<resolve::Gate> gates_;
  std::vector<Result> results_;
  ordered_json json_ = ordered_json::array();
  ExitCode exit_;
};

}  // namespace

int RunProve(int argc, char** argv) {
  ProveOptions options;
  CLI::App app("Prove what is claimed of a profile", "ringfence prove");
  app.add_option("profile", options.files, "Profiles and workloads")
      ->type_name("PROFILE|WORKLOAD")
      ->required();
  app.add_option("--policy", options.policy,
                 "The folder of gates; default: the installed one")
      ->type_name("DIR");
  app.add_option("--emit-smt2", options.smt2,
                 "Write every question in SMT-LIB 2 into this folder")
      ->type_name("DIR");
  AddFormatOption(app, options.format);
  AddProfilesOption(app, options.profiles);
  if (const auto ended = ParseOptions(app, argc, argv)) return *ended;
  if (!options.smt2.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.smt2, error);
  }
  Prove prove(options);
  prove.LoadGates();
  for (const std::string& file : options.files) prove.File(file);
  return prove.Finish();
}

}  // namespace ringfence::cli
