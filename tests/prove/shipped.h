// The shipped levels and their compiled filters, for tests of proofs.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "compile/seccomp.h"
#include "paths/paths.h"
#include "resolve/level.h"

namespace ringfence {

// From the widest to the narrowest.
inline constexpr const char* kShippedLevels[] = {"critical", "internal",
                                                 "public", "untrusted"};

inline std::string ReadText(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline resolve::FindFile ShippedFiles() {
  return [](resolve::FileKind kind,
            std::string_view name) -> std::optional<resolve::FoundFile> {
    const std::string path =
        SourceDirectory() + "/profiles/" +
        (kind == resolve::FileKind::kTrustLevel ? "" : "groups/") +
        std::string(name) + ".yaml";
    std::string text = ReadText(path);
    if (text.empty()) return std::nullopt;
    return resolve::FoundFile{path, std::move(text)};
  };
}

inline resolve::ResolvedLevel ShippedLevel(std::string_view name) {
  syntax::Diagnostics diagnostics;
  auto level = resolve::ResolveLevel(name, ShippedFiles(), diagnostics);
  return level.value();
}

}  // namespace ringfence
