// Any text through the importer: it ends with a policy or with diagnostics
// that have places; a policy compiles, is confirmed, and survives an export.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "compile/seccomp.h"
#include "evaluate/confirm.h"
#include "oci/export.h"
#include "oci/import.h"
#include "syntax/render.h"

using namespace ringfence;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  syntax::Diagnostics diagnostics;
  const auto imported = oci::ImportOci(text, "f.json", {}, diagnostics);
  Check(imported.has_value() == diagnostics.empty(),
        "no policy and no reason, or both");
  for (const syntax::Diagnostic& diagnostic : diagnostics.all()) {
    Check(diagnostic.span.file == "f.json", "an error without a place");
  }
  (void)Render(diagnostics, {{"f.json", std::string(text)}},
               syntax::Colour::kOff);
  if (!imported) return 0;
  auto program = compile::CompileSeccomp(imported->policy);
  if (!program) return 0;  // too big for one program, and it says so
  Check(evaluate::Confirm(imported->policy, *std::move(program)).has_value(),
        "the program is not the policy");
  (void)oci::ExportOci(imported->policy);
  return 0;
}
