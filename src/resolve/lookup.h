// FindFile: how resolve asks for the files that a document names.
//
// Resolve does no I/O. The caller searches --profiles, $RINGFENCE_PROFILES,
// /etc/ringfence/profiles and the installed ones, NAME.yaml for a level and
// groups/NAME.yaml for a group, reads at most a little over
// syntax::kMaxFileBytes, and keeps the texts for rendering.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "syntax/document.h"

namespace ringfence::resolve {

enum class FileKind { kTrustLevel, kSyscallGroup };

struct FoundFile {
  std::string path;  // absolute and canonical; diagnostics and spans name it
  std::string text;
  // `text` parsed, where the finder has it already and nothing is wrong with
  // it.
  std::shared_ptr<const syntax::Document> document = {};
};

// Nothing: there is no such file. `name` is [a-z][a-z0-9-]*, without the `@`.
using FindFile =
    std::function<std::optional<FoundFile>(FileKind, std::string_view name)>;

}  // namespace ringfence::resolve
