// Texts to resolve: a small root level that everything in these tests extends,
// the shipped profiles, and a lookup over both.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "paths/paths.h"
#include "resolve/level.h"
#include "resolve/lookup.h"
#include "resolve/workload.h"
#include "syntax/parse.h"
#include "syntax/render.h"

namespace ringfence::resolve {

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Files by path: NAME.yaml is a level, groups/NAME.yaml a group.
class Library {
 public:
  Library& Add(const std::string& path, std::string text) {
    files_[path] = std::move(text);
    return *this;
  }

  static Library Shipped() {
    namespace fs = std::filesystem;
    Library library;
    const fs::path root = fs::path(SourceDirectory()) / "profiles";
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".yaml") continue;
      library.Add(fs::relative(entry.path(), root).string(),
                  ReadFile(entry.path()));
    }
    return library;
  }

  // A root level `root`, its group @core, and nothing else.
  static Library Small();

  [[nodiscard]] FindFile Find() const {
    return [this](FileKind kind,
                  std::string_view name) -> std::optional<FoundFile> {
      const std::string path =
          (kind == FileKind::kTrustLevel ? "" : "groups/") + std::string(name) +
          ".yaml";
      const auto found = files_.find(path);
      if (found == files_.end()) return std::nullopt;
      return FoundFile{path, found->second};
    };
  }

  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& files()
      const {
    return files_;
  }

 private:
  std::map<std::string, std::string, std::less<>> files_;
};

inline constexpr char kRoot[] = R"(kind: TrustLevel
name: root
colocate: same-level
user: {uid: 1000, gid: 1000}
capabilities: [CAP_KILL]
filesystem:
  may_read: [/usr, /etc, /srv]
  may_write: [/srv]
  may_execute: [/usr, /srv/bin]
network: {modes: [none, listen]}
limits:
  processes: 100
  open_files: 200
  memory: {max: 1Gi, if_available: true}
  cpu: 2
mandatory_access: {any_of: [apparmor, landlock]}
seccomp:
  kernel_baseline: "6.1"
  denied: explain
  allow: ["@core", socket, sendto, sendmsg, sendmmsg, connect]
)";

inline constexpr char kCore[] = R"(kind: SyscallGroup
name: core
purpose: what the tests need
syscalls: [execve, openat, read, write, close, exit_group, mmap, clone, kill]
)";

inline Library Library::Small() {
  Library library;
  library.Add("root.yaml", kRoot).Add("groups/core.yaml", kCore);
  return library;
}

}  // namespace ringfence::resolve
