// Any files of profiles: a level is resolved or has errors, every error lies in
// one of the files, and what was resolved compiles or says why not.
//
// An input is several files: a line `#### NAME.yaml` or `#### groups/NAME.yaml`
// begins the next one, as in tests/golden/resolve. The first one is the level.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "input.h"
#include "resolve/level.h"
#include "resolve/lookup.h"
#include "resolve/workload.h"
#include "syntax/parse.h"
#include "syntax/render.h"

namespace {

using namespace ringfence;

constexpr std::string_view kMark = "#### ";

constexpr std::string_view kRoot = R"(kind: TrustLevel
name: root
colocate: same-level
user: {uid: 1000, gid: 1000}
capabilities: [CAP_KILL]
filesystem: {may_read: [/usr], may_write: [/srv], may_execute: [/usr]}
network: {modes: [none, listen]}
limits: {processes: 100, open_files: 200}
mandatory_access: {any_of: [landlock]}
seccomp:
  kernel_baseline: "6.1"
  denied: explain
  allow: ["@core", socket, sendto, sendmsg, sendmmsg, connect]
)";
constexpr std::string_view kCore = R"(kind: SyscallGroup
name: core
purpose: what the launch needs
syscalls: [execve, openat, read, write, close, exit_group, mmap, clone, kill]
)";

struct Files {
  std::string first;  // the name of the level's file
  syntax::Sources sources{{"root.yaml", std::string(kRoot)},
                          {"groups/core.yaml", std::string(kCore)}};
};

Files Split(std::string_view text) {
  Files files;
  std::string name = "fuzz.yaml";
  std::string content;
  const auto end = [&] {
    if (content.empty()) return;
    if (files.first.empty()) files.first = name;
    files.sources[name] = std::move(content);
    content.clear();
  };
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(length);
    if (line.starts_with(kMark)) {
      end();
      name = line.substr(kMark.size(), line.find('\n') - kMark.size());
    } else {
      content += line;
    }
  }
  end();
  return files;
}

void CheckDiagnostics(const syntax::Diagnostics& diagnostics,
                      const Files& files) {
  for (const syntax::Diagnostic& one : diagnostics.all()) {
    Check(one.span.file.empty() || files.sources.contains(one.span.file),
          "an error in a file that nobody wrote");
  }
  (void)Render(diagnostics, files.sources, syntax::Colour::kOff);
}

void CheckPolicies(const std::vector<model::SeccompPolicy>& policies) {
  for (const model::SeccompPolicy& policy : policies) {
    auto program = compile::CompileSeccomp(policy);
    if (!program) continue;  // too big for one program, and it says so
    Check(evaluate::Confirm(policy, *std::move(program)).has_value(),
          "the program is not the policy");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Files files =
      Split({reinterpret_cast<const char*>(data), size});  // NOLINT
  if (files.first.empty()) return 0;
  const resolve::FindFile find =
      [&](resolve::FileKind kind,
          std::string_view name) -> std::optional<resolve::FoundFile> {
    const std::string path =
        (kind == resolve::FileKind::kTrustLevel ? "" : "groups/") +
        std::string(name) + ".yaml";
    const auto found = files.sources.find(path);
    if (found == files.sources.end()) return std::nullopt;
    return resolve::FoundFile{path, found->second};
  };
  syntax::Diagnostics diagnostics;
  const auto document =
      syntax::Parse(files.sources.at(files.first), files.first, diagnostics);
  if (!document) return 0;  // the fuzzer `syntax` is about these
  if (std::holds_alternative<syntax::TrustLevel>(document->content)) {
    const auto level = resolve::ResolveLevel(*document, find, diagnostics);
    Check(level.has_value() == diagnostics.empty(),
          "neither a level nor an error, or both");
    if (level) {
      CheckPolicies(level->seccomp);
      CheckDiagnostics(level->warnings, files);
    }
  } else if (std::holds_alternative<syntax::Workload>(document->content)) {
    const auto workload =
        resolve::ResolveWorkload(*document, find, diagnostics);
    Check(workload.has_value() == diagnostics.empty(),
          "neither a workload nor an error, or both");
  }
  CheckDiagnostics(diagnostics, files);
  return 0;
}
