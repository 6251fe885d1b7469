// From the user's files to a bundle: every pure stage, in order.
//
//   Build build(profile_folders);
//   auto bundle = build.Workload(text, "storefront.yaml");
//   if (!bundle) std::fputs(build.Problems(colour).c_str(), stderr);
//
// The stages touch no file; this class reads the files they ask for and keeps
// the texts for the messages.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bundle/bundle.h"
#include "check/waiver.h"
#include "cli/place.h"
#include "compile/apparmor.h"
#include "compile/selinux.h"
#include "evaluate/confirm.h"
#include "model/confinement.h"
#include "model/host.h"
#include "model/landlock.h"
#include "resolve/gate.h"
#include "resolve/level.h"
#include "resolve/workload.h"
#include "syntax/deployment.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"
#include "syntax/render.h"

namespace ringfence::cli {

// A Confinement and everything compiled from it.
struct Compiled {
  model::Confinement confinement;
  std::vector<model::ViewEntry> view;
  model::landlock::Ruleset landlock;
  std::vector<model::ResourceLimit> resource_limits;
  uint64_t capabilities = 0;
  std::vector<evaluate::Confirmed> filters;
  std::vector<bundle::FilterProof> proofs;  // of `filters`
  compile::AppArmorProfile apparmor;
  compile::SelinuxModule selinux;
  std::vector<uint8_t> bundle;
};

class Build {
 public:
  explicit Build(std::vector<std::string> profile_folders,
                 compile::AppArmorAbi apparmor_abi = compile::AppArmorAbi::k3)
      : folders_(std::move(profile_folders)), apparmor_abi_(apparmor_abi) {}

  // Reads `path` and parses it. `name` is what messages call it.
  [[nodiscard]] std::optional<syntax::Document> ParseFile(
      const std::string& path);
  [[nodiscard]] std::optional<syntax::Document> ParseText(
      const std::string& text, const std::string& name);

  // Workloads execute this program of the host in place of theirs.
  void RunInstead(std::string program) { instead_ = std::move(program); }
  // Levels and groups are looked up in this folder first.
  void LookFirstIn(Place folder) {
    first_ = std::move(folder);
    known_.clear();
  }
  // And in these before the others.
  void LookAlsoIn(const std::vector<std::string>& folders) {
    folders_.insert(folders_.begin(), folders.begin(), folders.end());
    known_.clear();
  }
  // What asks for more than its ceiling is no error: it is done, and said in
  // Breaches(). For who compares two versions.
  void ApplyLoosening() {
    diagnostics_ = syntax::Diagnostics(syntax::Loosening::kApplied);
  }
  // Of the file with this name alone: those of its parents are theirs.
  [[nodiscard]] std::string Breaches(const std::string& file,
                                     syntax::Colour colour) const;

  [[nodiscard]] std::optional<Compiled> Workload(
      const syntax::Document& document);
  [[nodiscard]] std::optional<resolve::Gate> Gate(
      const syntax::Document& document);
  // Those without an error. `documents` hold waivers.
  [[nodiscard]] std::vector<check::KnownWaiver> Waivers(
      std::span<const syntax::Document> documents,
      std::span<const resolve::Gate> gates, const check::FindSubject& find,
      const syntax::Date& today);
  [[nodiscard]] std::optional<model::HostPolicy> Host(
      const syntax::Document& document);
  // The same without filters, proofs and bundle.
  [[nodiscard]] std::optional<Compiled> Arrange(
      const syntax::Document& document);
  [[nodiscard]] std::optional<resolve::ResolvedLevel> Level(
      const syntax::Document& document);
  [[nodiscard]] std::optional<resolve::ResolvedLevel> Level(
      std::string_view name);
  // The filters of `policies`, each compared with its policy and proved equal
  // to it; `proofs` gets what was proved.
  [[nodiscard]] std::optional<std::vector<evaluate::Confirmed>> Filters(
      const std::vector<model::SeccompPolicy>& policies,
      std::vector<bundle::FilterProof>& proofs);
  [[nodiscard]] compile::AppArmorProfile AppArmor(
      const resolve::ResolvedLevel& level) const;
  // What Debian's parser says to it. Where that is not installed the profile
  // passes, and a note says so.
  [[nodiscard]] bool Accepted(const compile::AppArmorProfile& profile);

  // One module for these levels and all that they extend.
  [[nodiscard]] std::optional<compile::SelinuxModule> Selinux(
      const std::string& name, std::vector<resolve::ResolvedLevel> levels);
  // What libsepol says to them, loaded together.
  [[nodiscard]] bool Accepted(
      const std::vector<compile::SelinuxModule>& modules);

  // For `plan`. The level that `name` stands for, as far as neighbours matter.
  [[nodiscard]] std::optional<model::TrustLevel> TrustLevel(
      const syntax::Text& name, const std::optional<syntax::Text>& tenant);
  // A compose file or manifests. nullopt: it is another kind of file, or, if
  // Failed(), it is wrong.
  [[nodiscard]] std::optional<syntax::Deployment> Deployment(
      const std::string& path);
  // `again` stands where it may stand once; `first`: where it does already.
  void RefuseTwice(const syntax::Text& again, const syntax::Span& first);
  // `document` is not the kind of file that belongs here.
  void RefuseKind(const syntax::Document& document, const std::string& kind);

  // The texts of everything that was read, for rendering.
  [[nodiscard]] const syntax::Sources& sources() const { return sources_; }
  [[nodiscard]] const syntax::Diagnostics& diagnostics() const {
    return diagnostics_;
  }
  // What no place in a file stands for: one line each.
  [[nodiscard]] const std::string& failures() const { return failures_; }
  [[nodiscard]] bool Failed() const {
    return !diagnostics_.empty() || !failures_.empty();
  }
  // The gaps that the levels leave, as text for people; empty: none.
  [[nodiscard]] std::string Warnings(syntax::Colour colour) const;
  // Everything that went wrong, as text for people; empty: nothing.
  [[nodiscard]] std::string Problems(syntax::Colour colour) const;
  // 3: the input does not parse or compile. 4: our own emitter was refuted.
  // 5: it could not be proved.
  [[nodiscard]] int ExitCode() const { return exit_code_; }

 private:
  [[nodiscard]] resolve::FindFile Finder();
  // Parsed, and once however often it is asked for.
  [[nodiscard]] resolve::FoundFile Found(const std::string& name,
                                         std::string text);
  void Fail(const std::string& why, const model::Source& source);

  std::string instead_;  // empty: a workload's own program
  std::optional<Place> first_;
  std::vector<std::string> folders_;
  compile::AppArmorAbi apparmor_abi_;
  syntax::Sources sources_;
  std::optional<resolve::ResolvedLevel> Remember(
      std::optional<resolve::ResolvedLevel> level);

  std::map<std::string, std::shared_ptr<const syntax::Document>> parsed_;
  resolve::KnownLevels known_;
  syntax::Diagnostics diagnostics_;
  syntax::Diagnostics warnings_;  // of the level asked for last
  std::string failures_;          // not of the user's text: one line each
  int exit_code_ = 3;
};

}  // namespace ringfence::cli
