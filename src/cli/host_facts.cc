#include "cli/host_facts.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "host/judge.h"
#include "launch/requirements.h"
#include "launch/text.h"
#include "syntax/quantity.h"
#include "syntax/schema.h"

namespace ringfence::cli {
namespace {

using Step = host::NamespaceTrial::Step;

// A JSON string is one in YAML, too.
std::string Quote(const std::string& text) { return launch::JsonString(text); }

const char* Bool(bool yes) { return yes ? "true" : "false"; }

std::string List(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    text += (text.empty() ? "" : ", ") + Quote(item);
  }
  return "[" + text + "]";
}

std::string Knob(const char* name, const std::optional<uint64_t>& value) {
  if (!value) return "";
  return std::string(", ") + name + ": " + std::to_string(*value);
}

std::string Limit(uint64_t value) {
  return value == syntax::kUnlimited ? std::string(syntax::kUnlimitedWord)
                                     : std::to_string(value);
}

std::vector<std::string> Texts(const std::vector<syntax::Text>& texts) {
  std::vector<std::string> out;
  for (const syntax::Text& text : texts) out.push_back(text.value);
  return out;
}

std::optional<uint64_t> Value(
    const std::optional<syntax::Spanned<uint64_t>>& value) {
  if (!value) return std::nullopt;
  return value->value;
}

KnownHost HostOf(const syntax::HostFacts& from, const std::string& file) {
  KnownHost host{.name = from.host.value,
                 .kernel = from.kernel.value,
                 .architecture = from.architecture.value,
                 .facts = {},
                 .levels = Texts(from.apparmor.levels),
                 .file = file};
  host::Facts& facts = host.facts;
  facts.uid = static_cast<uint32_t>(from.uid.value);
  facts.user = from.user.value;
  facts.namespaces = {static_cast<Step>(from.namespaces.failed.value),
                      static_cast<int>(from.namespaces.error.value)};
  facts.knobs = {.debian_clone = Value(from.namespaces.debian_clone),
                 .apparmor_restrict = Value(from.namespaces.apparmor_restrict),
                 .maximum = Value(from.namespaces.maximum)};
  facts.notification = from.seccomp.notification.value;
  facts.wait_killable = from.seccomp.wait_killable.value;
  facts.landlock_abi = static_cast<uint32_t>(from.landlock_abi.value);
  facts.apparmor = from.apparmor.enabled.value;
  facts.selinux = static_cast<host::Selinux>(from.selinux.value);
  const syntax::HostFacts::Cgroup& cgroup = from.cgroup;
  facts.cgroup = {.unified = cgroup.unified.value,
                  .path = cgroup.path.value,
                  .writable = cgroup.writable.value,
                  .delegated = cgroup.delegated.value,
                  .alone = cgroup.alone.value,
                  .controllers = Texts(cgroup.controllers),
                  .systemd = cgroup.systemd.value,
                  .manager = cgroup.manager.value,
                  .manager_controllers = Texts(cgroup.manager_controllers),
                  .uid = facts.uid};
  facts.subordinate = {.uids = from.subordinate_ids.uids.value,
                       .gids = from.subordinate_ids.gids.value,
                       .programs = from.subordinate_ids.programs.value};
  facts.limits = {.open_files = from.resource_limits.open_files.value,
                  .processes = from.resource_limits.processes.value,
                  .core = from.resource_limits.core.value};
  for (const syntax::Text& group : from.powerful_groups) {
    const auto all = admit::AllPowerfulGroups();
    const auto known =
        std::ranges::find(all, group.value, &admit::PowerfulGroup::name);
    // A later version may know more of them.
    facts.groups.push_back(
        known != all.end()
            ? *known
            : admit::PowerfulGroup{"a group that this version does not know",
                                   "do more than others"});
  }
  return host;
}

launch::CgroupLimited LimitedBy(const host::Delegation& delegation,
                                std::string_view controller) {
  const bool missing = delegation.missing.find(controller) != std::string::npos;
  return {!missing, missing ? delegation.why : ""};
}

// What the launcher would find there.
launch::Facts LaunchFacts(const KnownHost& host, const std::string& level) {
  const host::Delegation delegation = host::Choose(host.facts.cgroup);
  const bool loaded =
      std::ranges::find(host.levels, level) != host.levels.end();
  launch::Facts facts;
  facts.landlock_abi = host.facts.landlock_abi;
  facts.apparmor =
      launch::JudgeAppArmor(host.facts.apparmor, level, loaded ? 0 : ENOENT);
  facts.cgroup = {LimitedBy(delegation, "memory"),
                  LimitedBy(delegation, "cpu"),
                  LimitedBy(delegation, "pids"),
                  delegation.remedy,
                  {delegation.disks.why.empty(), delegation.disks.why},
                  delegation.disks.remedy};
  return facts;
}

class Findings {
 public:
  Findings(const KnownHost& host, const check::Subject& subject)
      : host_(host), subject_(subject) {}

  void Add(const std::string& key, const std::string& why,
           const std::string& remedy, const syntax::Span& at) {
    Put({.message = host_.name + " cannot run this: " + why,
         .label = at.line != 0 ? "needed here" : "needed by every sandbox",
         .key = key},
        remedy, at);
  }
  // What the launcher only cuts to the user's hard limit there.
  void AddCut(const char* what, const check::Amount& asked, uint64_t hard,
              const char* remedy) {
    if (!asked.amount || *asked.amount <= hard) return;
    Put({.severity = check::Severity::kWarning,
         .message = host_.name + " gives `" + subject_.name + "` " +
                    std::to_string(hard) + " " + what + ", not " +
                    std::to_string(*asked.amount) +
                    ": that is the user's hard limit there",
         .label =
             asked.at.line != 0 ? "asked for here" : "what its level gives",
         .key = what},
        remedy, asked.at);
  }
  std::vector<check::Finding> Take() { return std::move(found_); }

 private:
  void Put(check::Finding finding, const std::string& remedy,
           const syntax::Span& at) {
    finding.at = at.line != 0 ? at : subject_.span;
    finding.help = "on " + host_.name + " (" + host_.kernel + ", user " +
                   host_.facts.user + "): " + remedy;
    found_.push_back(std::move(finding));
  }

  const KnownHost& host_;
  const check::Subject& subject_;
  std::vector<check::Finding> found_;
};

}  // namespace

KnownHost GatherHost(const std::vector<std::string>& levels) {
  KnownHost host;
  utsname names{};
  if (::uname(&names) == 0) {
    host.name = names.nodename;
    host.kernel = names.release;
    host.architecture = names.machine;
  }
  host.facts = host::Gather();
  for (const std::string& level : levels) {
    bundle::Bundle asked;
    asked.name = level;
    asked.level.name = level;
    if (!launch::FindAppArmor(asked).profile.empty()) {
      host.levels.push_back(level);
    }
  }
  return host;
}

std::string FactsText(const KnownHost& host) {
  const host::Facts& facts = host.facts;
  const auto word = [](auto value, std::span<const std::string_view> words) {
    return std::string(words[static_cast<size_t>(value)]);
  };
  std::vector<std::string> groups;
  for (const admit::PowerfulGroup& group : facts.groups) {
    groups.emplace_back(group.name);
  }
  const host::Cgroup& cgroup = facts.cgroup;
  return "# What this host can enforce, for this user: ringfence host facts.\n"
         "# For ringfence check --host and ringfence plan --host.\n"
         "kind: HostFacts\nversion: 1\nhost: " +
         Quote(host.name) + "\nkernel: " + Quote(host.kernel) +
         "\narchitecture: " + Quote(host.architecture) +
         "\nuser: " + Quote(facts.user) +
         "\nuid: " + std::to_string(facts.uid) + "\nnamespaces: {failed: " +
         word(facts.namespaces.failed, syntax::TrialStepWords()) +
         ", error: " + std::to_string(facts.namespaces.err) +
         Knob("maximum", facts.knobs.maximum) +
         Knob("debian_clone", facts.knobs.debian_clone) +
         Knob("apparmor_restrict", facts.knobs.apparmor_restrict) +
         "}\nlandlock_abi: " + std::to_string(facts.landlock_abi) +
         "\napparmor: {enabled: " + Bool(facts.apparmor) +
         ", levels: " + List(host.levels) +
         "}\nselinux: " + word(facts.selinux, syntax::SelinuxModeWords()) +
         "\ncgroup:\n  unified: " + Bool(cgroup.unified) +
         "\n  path: " + Quote(cgroup.path) +
         "\n  writable: " + Bool(cgroup.writable) +
         "\n  delegated: " + Bool(cgroup.delegated) +
         "\n  alone: " + Bool(cgroup.alone) +
         "\n  controllers: " + List(cgroup.controllers) +
         "\n  systemd: " + Bool(cgroup.systemd) +
         "\n  manager: " + Bool(cgroup.manager) +
         "\n  manager_controllers: " + List(cgroup.manager_controllers) +
         "\nsubordinate_ids: {uids: " + Bool(facts.subordinate.uids) +
         ", gids: " + Bool(facts.subordinate.gids) +
         ", programs: " + Bool(facts.subordinate.programs) +
         "}\nresource_limits: {open_files: " + Limit(facts.limits.open_files) +
         ", processes: " + Limit(facts.limits.processes) +
         ", core: " + Limit(facts.limits.core) +
         "}\npowerful_groups: " + List(groups) +
         "\nseccomp: {notification: " + Bool(facts.notification) +
         ", wait_killable: " + Bool(facts.wait_killable) + "}\n";
}

std::optional<KnownHost> ReadFacts(const std::string& path, Build& build) {
  const auto document = build.ParseFile(path);
  if (!document) return std::nullopt;
  const auto* facts = std::get_if<syntax::HostFacts>(&document->content);
  if (facts == nullptr) {
    build.RefuseKind(*document, "HostFacts");
    return std::nullopt;
  }
  return HostOf(*facts, path);
}

bundle::Bundle NeedsOf(const resolve::ResolvedLevel& level) {
  bundle::Bundle needs;
  needs.name = level.name;
  needs.level.name = level.name;
  needs.mandatory_access = level.mandatory_access;
  needs.memory = level.memory.limit;
  needs.cpu = level.cpu.limit;
  needs.disk_read = level.disk_read.limit;
  needs.disk_write = level.disk_write.limit;
  return needs;
}

std::optional<bundle::Bundle> NeedsOf(const syntax::Document& document,
                                      Build& build) {
  if (std::holds_alternative<syntax::TrustLevel>(document.content)) {
    const auto level = build.Level(document);
    if (!level) return std::nullopt;
    return NeedsOf(*level);
  }
  bundle::Bundle needs;
  auto arranged = build.Arrange(document);
  if (!arranged) return std::nullopt;
  const model::Confinement& confinement = arranged->confinement;
  needs.name = confinement.name;
  needs.level = confinement.level;
  needs.landlock = std::move(arranged->landlock);
  needs.mandatory_access = confinement.mandatory_access;
  needs.memory = confinement.limits.memory;
  needs.cpu = confinement.limits.cpu;
  needs.disk_read = confinement.limits.disk_read;
  needs.disk_write = confinement.limits.disk_write;
  needs.network = confinement.network;
  return needs;
}

std::vector<check::Finding> HostFindings(const KnownHost& host,
                                         const check::Subject& subject,
                                         const bundle::Bundle& needs) {
  Findings findings(host, subject);
  for (const host::Finding& missing : host::JudgeAnyLaunch(host.facts)) {
    findings.Add(missing.protection, missing.protection + ": " + missing.detail,
                 missing.remedy, {});
  }
  const host::HardLimits& limits = host.facts.limits;
  findings.AddCut("open files", subject.bounded.open_files, limits.open_files,
                  "as root: raise it (limits.conf: hard nofile; in a unit: "
                  "LimitNOFILE=), then log in again");
  findings.AddCut("processes", subject.bounded.processes, limits.processes,
                  "as root: raise it (limits.conf: hard nproc; in a unit: "
                  "LimitNPROC=), then log in again");
  const launch::Facts facts = LaunchFacts(host, needs.level.name);
  // Each by itself: the launcher stops at the first.
  const auto ask = [&](const char* key, const bundle::Bundle& part,
                       const syntax::Span& at) {
    auto good = launch::CheckRequirements(part, facts);
    // Which disks there are, the facts do not tell.
    if (good) good = launch::CheckDiskLimits(part, facts.cgroup);
    if (!good) findings.Add(key, good.error().why, good.error().remedy, at);
  };
  const check::Bounded& bounded = subject.bounded;
  bundle::Bundle access;
  access.mandatory_access = needs.mandatory_access;
  ask("mandatory_access", access,
      bounded.modules.empty() ? syntax::Span{} : bounded.modules.front().at);
  bundle::Bundle rest;
  // Already asked: here any one that is there will do.
  rest.mandatory_access = {.apparmor = !facts.apparmor.profile.empty(),
                           .selinux = false,
                           .landlock = facts.landlock_abi != 0};
  if (!rest.mandatory_access.apparmor && !rest.mandatory_access.landlock) {
    return findings.Take();
  }
  bundle::Bundle network = rest;
  network.network = needs.network;
  network.landlock.required_abi = needs.landlock.required_abi;
  ask("network", network,
      bounded.modes.empty() ? syntax::Span{} : bounded.modes.front().at);
  using Limit = model::CgroupLimit bundle::Bundle::*;
  for (const auto& [key, limit, at] :
       {std::tuple<const char*, Limit, const syntax::Span&>(
            "memory", &bundle::Bundle::memory, bounded.memory.at),
        {"cpu", &bundle::Bundle::cpu, bounded.cpu.at},
        {"disk_read", &bundle::Bundle::disk_read, bounded.disk_read.at},
        {"disk_write", &bundle::Bundle::disk_write, bounded.disk_write.at}}) {
    bundle::Bundle part = rest;
    part.*limit = needs.*limit;
    ask(key, part, at);
  }
  return findings.Take();
}

bool Refuses(const std::vector<check::Finding>& findings) {
  return std::ranges::any_of(findings, [](const check::Finding& finding) {
    return finding.severity == check::Severity::kError;
  });
}

}  // namespace ringfence::cli
