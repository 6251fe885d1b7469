#include "cli/selinux_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sepol/link.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

using compile::CompileError;
using compile::SelinuxModule;

// One rule of the site's can break many of ours; each is complained about.
constexpr size_t kMaxComplaint = 2000;

// `module` has the name `name` in `why`.
CompileError ErrorOf(const sepol::Rejection& why, const SelinuxModule& module,
                     const std::string& name) {
  CompileError error{.why = why.why, .source = {}};
  if (why.module == name && why.line >= 1 && why.line <= module.lines.size()) {
    error.source = module.lines[why.line - 1];
  }
  return error;
}

}  // namespace

std::expected<void, CompileError> CheckSelinux(
    const std::vector<SelinuxModule>& modules, std::string_view base) {
  std::vector<sepol::Module> linked;
  for (const SelinuxModule& module : modules) {
    linked.push_back({module.name + ".cil", module.text});
  }
  const auto result = base.empty() ? sepol::Link(linked, sepol::TinyBase())
                                   : sepol::Link(linked, base);
  if (result) return {};
  CompileError error{.why = result.error().why, .source = {}};
  for (const SelinuxModule& module : modules) {
    CompileError one = ErrorOf(result.error(), module, module.name + ".cil");
    if (one.source.line != 0) error = std::move(one);
  }
  error.why = "libsepol rejects the SELinux module: " + error.why;
  return std::unexpected(std::move(error));
}

CompileError SelinuxError(const std::string& complaint,
                          const SelinuxModule& module) {
  // Of a path like /var/lib/selinux/default/tmp/modules/400/NAME/cil.
  const std::string name = "/" + module.name + "/cil";
  CompileError error =
      ErrorOf(sepol::Place(complaint, {{name, module.text}}), module, name);
  error.why.resize(std::min(error.why.size(), kMaxComplaint));
  return error;
}

std::string Describe(const CompileError& error) {
  std::string text = syntax::Escape(error.why);
  if (error.source.line == 0) return text;
  return syntax::Escape(error.source.file) + ":" +
         std::to_string(error.source.line) + ": " + text;
}

}  // namespace ringfence::cli
