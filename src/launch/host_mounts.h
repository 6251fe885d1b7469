// What is mounted where on this host, to keep its own trees from a workload
// under whatever other name they are mounted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringfence::launch {

// Whether `path` is `tree` or lies below it, by their names alone.
[[nodiscard]] bool IsBelow(std::string_view path, std::string_view tree);

class HostMounts {
 public:
  struct Mount {
    std::string device;  // "8:1"
    std::string root;    // the part of the file system that shows
    std::string target;
    std::string type;
  };

  // Of `text`, as /proc/self/mountinfo has it (proc(5)). Lines that are none
  // are left out.
  explicit HostMounts(std::string_view text);
  // Of this process. Allocates; not for use after fork.
  [[nodiscard]] static Result<HostMounts> Read();

  // Why the tree at `path` (canonical) cannot be shown: a file system of the
  // kernel's own is mounted there or below, or something that is also found
  // below one of `trees` (absolute). Nothing: it can.
  [[nodiscard]] std::optional<std::string> Forbids(
      const std::string& path,
      const std::vector<std::string_view>& trees) const;

  // What the tree at `path` (canonical) lies on: the mount that it is in, and
  // those below. They live as long as this.
  [[nodiscard]] std::vector<const Mount*> Of(std::string_view path) const;

 private:
  // The mount that `path` is on, the uppermost one; null: none.
  [[nodiscard]] const Mount* On(std::string_view path) const;
  // What `path` is called in the file system of its mount.
  [[nodiscard]] static std::string Inner(const Mount& mount,
                                         std::string_view path);

  std::vector<Mount> mounts_;
};

}  // namespace ringfence::launch
