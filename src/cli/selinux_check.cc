#include "cli/selinux_check.h"

#include <string>
#include <utility>

#include "sepol/link.h"

namespace ringfence::cli {
namespace {

using compile::CompileError;
using compile::SelinuxModule;

}  // namespace

std::expected<void, CompileError> CheckSelinux(
    const std::vector<SelinuxModule>& modules) {
  std::vector<sepol::Module> linked;
  for (const SelinuxModule& module : modules) {
    linked.push_back({module.name + ".cil", module.text});
  }
  const auto result = sepol::Link(linked, sepol::TinyBase());
  if (result) return {};
  const sepol::Rejection& why = result.error();
  CompileError error{.why = "libsepol rejects the SELinux module: " + why.why,
                     .source = {}};
  for (const SelinuxModule& module : modules) {
    if (why.module == module.name + ".cil" && why.line >= 1 &&
        why.line <= module.lines.size()) {
      error.source = module.lines[why.line - 1];
    }
  }
  return std::unexpected(std::move(error));
}

}  // namespace ringfence::cli
