#include "syntax/parse.h"

#include "base/check.h"
#include "syntax/characters.h"
#include "syntax/check.h"
#include "syntax/extract.h"
#include "syntax/read.h"

namespace ringfence::syntax {

std::optional<Document> Parse(std::string_view text, std::string_view file,
                              Diagnostics& diagnostics) {
  const size_t before = diagnostics.size();
  if (!CheckCharacters(text, file, diagnostics)) return std::nullopt;
  const std::optional<Node> root = ReadYaml(text, file, diagnostics);
  if (!root) return std::nullopt;
  const KindSchema* kind = FindKind(*root, diagnostics);
  if (kind == nullptr) return std::nullopt;
  CheckAgainst(*kind->type, *root, diagnostics);
  if (diagnostics.size() != before) return std::nullopt;

  Document document;
  document.file = file;
  document.text = text;
  document.kind = root->Find("kind")->span;
  if (kind->name == "TrustLevel") {
    document.content = ExtractTrustLevel(*root);
  } else if (kind->name == "SyscallGroup") {
    document.content = ExtractSyscallGroup(*root);
  } else if (kind->name == "Host") {
    document.content = ExtractHost(*root);
  } else if (kind->name == "Placement") {
    document.content = ExtractPlacement(*root);
  } else if (kind->name == "Gate") {
    document.content = ExtractGate(*root);
  } else if (kind->name == "HostFacts") {
    document.content = ExtractHostFacts(*root);
  } else if (kind->name == "Waiver") {
    document.content = ExtractWaiver(*root);
  } else {
    Check(kind->name == "Workload", "syntax: a kind without an extraction");
    document.content = ExtractWorkload(*root);
  }
  return document;
}

}  // namespace ringfence::syntax
