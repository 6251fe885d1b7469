// ResolveView: what a workload sees of the file system.
//
// The default view: /usr with the links /bin, /sbin, /lib and /lib64 that
// Debian's merged /usr has; an /etc made of passwd, group, hosts and
// nsswitch.conf, with the host's localtime, ld.so.cache, ssl and alternatives
// where they exist; /dev with pts and shm; a private /proc; /tmp. What a
// workload puts at or above a default entry takes its place.
#pragma once

#include <vector>

#include "model/filesystem.h"
#include "model/identity.h"
#include "resolve/level.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// The name of the sandbox user in /etc/passwd and $USER, and its home.
inline constexpr char kUserName[] = "workload";
inline constexpr char kHome[] = "/tmp";

// Sorted so that an entry stands behind those it lies below. Entries beyond
// the level's ceilings are diagnostics.
[[nodiscard]] std::vector<model::ViewEntry> ResolveView(
    const syntax::Workload& workload, const ResolvedLevel& level,
    const model::User& user, syntax::Diagnostics& diagnostics);

// False, with a diagnostic, if the program of a command is not an absolute path
// below an executable entry of `view`.
bool CheckProgram(const syntax::Text& program,
                  const std::vector<model::ViewEntry>& view,
                  syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
