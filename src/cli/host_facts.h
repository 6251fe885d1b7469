// The facts of a host as a file (kind HostFacts), and what they mean for a
// level or a workload: what `run` would say there.
//
//   const KnownHost host = GatherHost(levels);
//   std::fputs(FactsText(host).c_str(), stdout);        // on that host
//   const auto host = ReadFacts("web-1.yaml", build);   // elsewhere
//   for (const auto& finding : HostFindings(*host, subject, needs)) ...
//
// Nothing is decided here: host::JudgeAnyLaunch and launch::CheckRequirements
// do, which `doctor` and the launcher ask, too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bundle/bundle.h"
#include "check/finding.h"
#include "check/subject.h"
#include "cli/build.h"
#include "host/facts.h"
#include "launch/plan.h"
#include "resolve/level.h"
#include "syntax/document.h"

namespace ringfence::cli {

struct KnownHost {
  std::string name;
  std::string kernel;
  std::string architecture;
  host::Facts facts;                // of the ledger and of neighbours: nothing
  std::vector<std::string> levels;  // whose AppArmor profile is loaded
  std::string file;                 // where that was read; empty: nowhere
};

// This host, for this user. `levels`: whose AppArmor profiles are looked for.
[[nodiscard]] KnownHost GatherHost(const std::vector<std::string>& levels);

// As ReadFacts takes it. Whatever is cut off at its end is missed there.
[[nodiscard]] std::string FactsText(const KnownHost& host);

// nullopt: `build` has the problems.
[[nodiscard]] std::optional<KnownHost> ReadFacts(const std::string& path,
                                                 Build& build);

// What a launch asks of a host, as much of a bundle as
// launch::CheckRequirements looks at. nullopt: `build` has the problems.
[[nodiscard]] std::optional<bundle::Bundle> NeedsOf(
    const syntax::Document& document, Build& build);

[[nodiscard]] bundle::Bundle NeedsOf(const resolve::ResolvedLevel& level);

// Why the launcher would refuse it there (errors), and which of its limits it
// would cut (warnings); each with the line that asks for it.
[[nodiscard]] std::vector<check::Finding> HostFindings(
    const KnownHost& host, const check::Subject& subject,
    const bundle::Bundle& needs);

// Whether one of these keeps it from the host.
[[nodiscard]] bool Refuses(const std::vector<check::Finding>& findings);

}  // namespace ringfence::cli
