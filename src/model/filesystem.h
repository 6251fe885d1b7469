// What a workload sees of the file system: a list of mounts that builds its
// root from nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/source.h"

namespace ringfence::model {

// What the workload may do below a path. Reading files and listing
// directories go together.
struct Rights {
  bool read = false;
  bool write = false;
  bool execute = false;
  bool operator==(const Rights&) const = default;
};

// One entry of the view. Later entries may lie below earlier ones.
struct ViewEntry {
  enum class Kind : uint8_t {
    kBind,       // `host` shows at `at`
    kScratch,    // a private tmpfs of `size` bytes
    kDirectory,  // an empty directory of ours
    kFile,       // a read-only file with `text`
    kSymlink,    // a link to `text`
    kProc,       // a private procfs
    kDev,        // null zero full random urandom tty, pts, links to fd
  };
  Kind kind = Kind::kBind;
  std::string at;  // inside; absolute, normalised
  Rights rights;
  std::string host;         // kBind: absolute, or relative to the workload file
  std::string text;         // kFile, kSymlink
  uint64_t size = 0;        // kScratch: bytes
  uint32_t mode = 0755;     // kScratch, kFile; kBind with `create`
  bool create = false;      // kBind: make the host directory if it is missing
  bool if_present = false;  // kBind: absent on the host is not an error
  Source source;
  bool operator==(const ViewEntry&) const = default;
};

// A level's ceilings: literal subtrees, the longest match wins.
struct Ceilings {
  std::vector<std::string> may_read;
  std::vector<std::string> may_write;
  std::vector<std::string> may_execute;
  bool operator==(const Ceilings&) const = default;
};

}  // namespace ringfence::model
