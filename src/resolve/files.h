// Files: the levels and groups that one resolution reads, each parsed once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/identity.h"
#include "resolve/lookup.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// What was read: a value, which whoever resolves again may go on from.
struct ReadFiles {
  // Null: found, but with errors that are already reported.
  std::map<std::pair<FileKind, std::string>,
           std::shared_ptr<const syntax::Document>>
      documents;
  std::map<std::string, std::vector<uint8_t>> digests;
};

class Files {
 public:
  // Both references must outlive the object.
  Files(const FindFile& find, syntax::Diagnostics& diagnostics,
        ReadFiles read = {})
      : find_(find), diagnostics_(diagnostics), read_(std::move(read)) {}

  // The level or group called `name`, which the text at `span` refers to; null
  // with a diagnostic if there is none. Errors inside a file are added once,
  // however often it is referred to. The pointers live as long as this object.
  const syntax::TrustLevel* Level(std::string_view name,
                                  const syntax::Span& span);
  const syntax::SyscallGroup* Group(std::string_view name,
                                    const syntax::Span& span);

  // Takes note of a document that the caller brought.
  void Remember(const syntax::Document& document);

  // Everything read so far, sorted by path.
  [[nodiscard]] std::vector<model::ProfileFile> Profiles() const;
  // The documents stay where they are in memory.
  [[nodiscard]] ReadFiles Release() && { return std::move(read_); }

 private:
  const syntax::Document* Load(FileKind kind, std::string_view name,
                               const syntax::Span& span);

  const FindFile& find_;
  syntax::Diagnostics& diagnostics_;
  ReadFiles read_;
};

}  // namespace ringfence::resolve
