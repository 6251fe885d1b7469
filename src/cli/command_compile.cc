#include "cli/command_compile.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/check.h"
#include "bundle/bundle.h"
#include "cli/build.h"
#include "cli/call_text.h"
#include "cli/complain.h"
#include "cli/dump.h"
#include "cli/filter_text.h"
#include "cli/install.h"
#include "cli/output_folder.h"
#include "cli/selinux_check.h"
#include "compile/idmap.h"
#include "compile/selinux_files.h"
#include "launch/refusal.h"
#include "model/label.h"
#include "oci/export.h"
#include "syntax/render.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

constexpr int kDoesNotCompile = 3;
// Debian's policy has 23 MB as CIL.
constexpr size_t kMaxPolicy = size_t{256} << 20;

struct CompileOptions {
  std::string input;
  std::string folder;                  // -o
  std::string stage;                   // --emit
  uint32_t arch = model::kArchX86_64;  // of seccomp.bpf and seccomp.json
  std::string profiles;
  compile::AppArmorAbi apparmor_abi = compile::AppArmorAbi::k3;
  std::string selinux_policy;  // a file
  int bundle_fd = -1;          // for `ringfence run`
  std::string text_name;       // what messages call standard input
};

std::string_view Text(const std::vector<uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The profile for container runtimes; nothing, with a message, if it cannot be
// expressed.
std::optional<std::string> OciProfile(const model::SeccompPolicy& policy) {
  auto profile = oci::ExportOci(policy);
  if (profile) return *std::move(profile);
  std::fprintf(stderr, "error: no seccomp profile for container runtimes: %s\n",
               profile.error().c_str());
  return std::nullopt;
}

// False, with a message: one cannot be expressed.
bool AddFilters(OutputFolder& output, const std::string& name,
                const std::vector<model::SeccompPolicy>& policies,
                const std::vector<evaluate::Confirmed>& filters,
                const std::vector<bundle::FilterProof>& proofs) {
  for (size_t i = 0; i < filters.size(); ++i) {
    const bool native = policies[i].arch == model::kArchX86_64;
    const std::string stem = name + (native ? "" : ".aarch64");
    const auto profile = OciProfile(policies[i]);
    if (!profile) return false;
    output.Add(stem + ".seccomp.json", *profile);
    output.Add(stem + ".bpf", RawFilter(filters[i].program()));
    output.AddProof(stem + ".bpf", policies[i].arch, proofs[i]);
  }
  return true;
}

// Prints one of the stages seccomp, seccomp.bpf and seccomp.json. Nothing:
// it is none of them.
std::optional<int> EmitSeccomp(
    const CompileOptions& options,
    const std::vector<model::SeccompPolicy>& policies,
    const std::vector<evaluate::Confirmed>& filters) {
  if (options.stage == "seccomp") {
    for (size_t i = 0; i < policies.size(); ++i) {
      std::fputs(FilterText(policies[i], filters[i].program()).c_str(), stdout);
    }
    return 0;
  }
  const auto policy =
      std::ranges::find(policies, options.arch, &model::SeccompPolicy::arch);
  Check(policy != policies.end(), "compile: an architecture without a policy");
  const auto index = static_cast<size_t>(policy - policies.begin());
  std::optional<std::string> bytes;
  if (options.stage == "seccomp.bpf") {
    bytes = RawFilter(filters[index].program());
  } else if (options.stage == "seccomp.json") {
    bytes = OciProfile(*policy);
    if (!bytes) return kDoesNotCompile;
  } else {
    return std::nullopt;
  }
  std::fwrite(bytes->data(), 1, bytes->size(), stdout);
  return 0;
}

// Whether the modules fit the policy in this file too; if not, says why. No
// name: there is nothing to fit.
bool LinksTo(const std::string& path,
             const std::vector<compile::SelinuxModule>& modules) {
  if (path.empty()) return true;
  const auto policy = sys::ReadFile(path.c_str(), kMaxPolicy);
  if (!policy || policy->empty()) {
    std::fprintf(
        stderr, "error: cannot read %s: %s\n", path.c_str(),
        policy ? "it is empty" : launch::Describe(policy.error()).c_str());
    return false;
  }
  const auto linked = CheckSelinux(modules, *policy);
  if (linked) return true;
  std::fprintf(stderr, "error: %s\n", Describe(linked.error()).c_str());
  return false;
}

int WriteWorkload(const CompileOptions& options, Build& build,
                  const Compiled& compiled) {
  const std::string& name = compiled.confinement.name;
  if (!build.Accepted(compiled.apparmor)) return Complain(build);
  const auto level = build.Level(compiled.confinement.level.name);
  const auto levels =
      level
          ? build.Selinux(compiled.confinement.level.name + "-levels", {*level})
          : std::nullopt;
  if (!levels || !build.Accepted({*levels, compiled.selinux})) {
    return Complain(build);
  }
  if (!LinksTo(options.selinux_policy, {*levels, compiled.selinux})) {
    return kDoesNotCompile;
  }
  for (const model::ViewEntry& entry : compiled.view) {
    if (!compile::IsUnlabelled(entry)) continue;
    std::fprintf(stderr,
                 "note: %s:%u: `%s` is a relative path, which the SELinux "
                 "module does not label: where SELinux enforces, label it as "
                 "%s (semanage fcontext, restorecon)\n",
                 syntax::Escape(entry.source.file).c_str(), entry.source.line,
                 syntax::Escape(entry.host).c_str(),
                 model::LevelDataType(compiled.confinement.level.name).c_str());
  }
  OutputFolder output(options.folder);
  output.Add(name + ".rfb", Text(compiled.bundle));
  output.Add(name + ".apparmor", compiled.apparmor.text);
  output.Add(name + ".cil", compiled.selinux.text);
  output.Add(name + ".idmap", compile::CompileIdMap(compiled.confinement.user));
  const bool written = AddFilters(output, name, compiled.confinement.seccomp,
                                  compiled.filters, compiled.proofs) &&
                       output.Finish(name, compiled.confinement.profiles);
  return written ? 0 : kDoesNotCompile;
}

int CompileWorkload(const CompileOptions& options, Build& build,
                    const syntax::Document& document) {
  const auto compiled = build.Workload(document);
  if (!compiled) return Complain(build);
  if (options.bundle_fd >= 0) {
    const auto written =
        sys::WriteAll(options.bundle_fd, Text(compiled->bundle));
    if (written) return 0;
    std::fprintf(stderr, "error: cannot write the bundle: %s\n",
                 launch::Describe(written.error()).c_str());
    return static_cast<int>(launch::ExitCode::kInternal);
  }
  const auto emitted =
      EmitSeccomp(options, compiled->confinement.seccomp, compiled->filters);
  if (emitted && *emitted != 0) return *emitted;
  if (!emitted && !options.stage.empty()) {
    const auto dumped = Dump(*compiled, options.stage);
    if (!dumped) {
      std::fprintf(stderr, "error: a workload has no stage `%s`\n  help: %s\n",
                   options.stage.c_str(), kWorkloadStages);
      return kBadUsage;
    }
    std::fputs(dumped->c_str(), stdout);
  }
  return options.folder.empty() ? 0 : WriteWorkload(options, build, *compiled);
}

int CompileLevel(const CompileOptions& options, Build& build,
                 const syntax::Document& document) {
  const auto level = build.Level(document);
  if (!level) return Complain(build);
  std::vector<bundle::FilterProof> proofs;
  const auto filters = build.Filters(level->seccomp, proofs);
  if (!filters) return Complain(build);
  Warn(build);
  const compile::AppArmorProfile apparmor = build.AppArmor(*level);
  const auto selinux = build.Selinux(level->name, {*level});
  if (!selinux) return Complain(build);
  const auto emitted = EmitSeccomp(options, level->seccomp, *filters);
  if (emitted && *emitted != 0) return *emitted;
  if (options.stage == "apparmor") {
    std::fputs(apparmor.text.c_str(), stdout);
  } else if (options.stage == "selinux") {
    std::fputs(selinux->text.c_str(), stdout);
  } else if (!emitted && !options.stage.empty()) {
    std::fprintf(stderr, "error: a profile has no stage `%s`\n  help: %s\n",
                 options.stage.c_str(), kLevelStages);
    return kBadUsage;
  }
  if (options.folder.empty()) return 0;
  if (!build.Accepted(apparmor) || !build.Accepted({*selinux})) {
    return Complain(build);
  }
  if (!LinksTo(options.selinux_policy, {*selinux})) return kDoesNotCompile;
  OutputFolder output(options.folder);
  output.Add(level->name + ".apparmor", apparmor.text);
  output.Add(level->name + ".cil", selinux->text);
  const bool written =
      AddFilters(output, level->name, level->seccomp, *filters, proofs) &&
      output.Finish(level->name, level->profiles);
  return written ? 0 : kDoesNotCompile;
}

int Compile(const CompileOptions& options) {
  Build build(ProfileFolders(options.profiles), options.apparmor_abi);
  std::optional<syntax::Document> document;
  if (options.input == "-") {
    const auto text = sys::ReadAll(STDIN_FILENO, size_t{4} << 20);
    if (!text) {
      std::fprintf(stderr, "error: cannot read standard input: %s\n",
                   launch::Describe(text.error()).c_str());
      return kDoesNotCompile;
    }
    document = build.ParseText(*text, options.text_name);
  } else {
    document = build.ParseFile(options.input);
  }
  if (!document) return Complain(build);
  if (std::holds_alternative<syntax::TrustLevel>(document->content)) {
    return CompileLevel(options, build, *document);
  }
  return CompileWorkload(options, build, *document);
}

}  // namespace

int RunCompile(int argc, char** argv) {
  CompileOptions options{.text_name = "<standard input>"};
  CLI::App app("Compile a workload or a profile", "ringfence compile");
  app.add_option("input", options.input,
                 "A workload or a profile; - is "
                 "standard input")
      ->type_name("WORKLOAD|PROFILE")
      ->required();
  app.add_option("-o,--output", options.folder, "Write the files here")
      ->type_name("DIR");
  app.add_option("--emit", options.stage, "Print one stage")
      ->type_name("STAGE");
  app.add_option("--profiles", options.profiles,
                 "Look profiles up in this folder only")
      ->type_name("DIR");
  const std::map<std::string, uint32_t> archs = {
      {"x86_64", model::kArchX86_64}, {"aarch64", model::kArchAarch64}};
  app.add_option("--arch", options.arch,
                 "Of seccomp.bpf and seccomp.json: x86_64 or aarch64")
      ->transform(
          (CLI::Transformer(archs) | CLI::IsMember(archs)).description(""))
      ->type_name("ARCH");
  const std::map<std::string, compile::AppArmorAbi> abis = {
      {"3.0", compile::AppArmorAbi::k3}, {"4.0", compile::AppArmorAbi::k4}};
  app.add_option("--apparmor-abi", options.apparmor_abi,
                 "The AppArmor of the host: 3.0 or 4.0")
      ->transform(
          (CLI::Transformer(abis) | CLI::IsMember(abis)).description(""))
      ->type_name("ABI");
  app.add_option("--selinux-policy", options.selinux_policy,
                 "Link the SELinux module to this policy, too")
      ->type_name("FILE");
  // For `ringfence run`; nobody types them.
  app.add_option("--text-name", options.text_name)->group("");
  app.add_option("--bundle-fd", options.bundle_fd)->group("");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadUsage;
  }
  if (options.folder.empty() && options.stage.empty() &&
      options.bundle_fd < 0) {
    std::fputs("error: say -o DIR or --emit STAGE\n", stderr);
    return kBadUsage;
  }
  if (options.folder.empty() && !options.selinux_policy.empty()) {
    std::fputs("error: --selinux-policy checks what -o DIR writes\n", stderr);
    return kBadUsage;
  }
  return Compile(options);
}

}  // namespace ringfence::cli
