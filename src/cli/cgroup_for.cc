#include "cli/cgroup_for.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "cli/child.h"
#include "cli/install.h"
#include "sys/clock.h"

namespace ringfence::cli {
namespace {

constexpr char kDoctor[] = "`ringfence doctor` says what is delegated here";

CgroupFor Divide(const std::string& node, const std::string& home) {
  auto divided = host::Divide(node, home);
  if (!divided) return {std::nullopt, divided.error(), kDoctor};
  return {*std::move(divided), "", ""};
}

// Empty: this process is in a scope of its own now. Or why not. `keep`: it
// stays where it is if that is one.
std::string EnterScope(const std::string& what, bool keep) {
  const std::string program = FindProgram("ringfence-scope");
  if (program.empty()) return "ringfence-scope is not installed";
  const std::string pid = std::to_string(::getpid());
  // A scope of an earlier process of this number may still be ending.
  const std::string unit =
      "ringfence-" + pid + "-" + std::to_string(sys::MonotonicMs()) + ".scope";
  std::vector<std::string> words = {program, pid, unit,
                                    "Ringfence workload " + what};
  if (keep) words.emplace_back("keep");
  const auto child = RunChild(words, "");
  if (!child) return child.error();
  if (child->exit_code == 0) return "";
  std::string why = child->output;
  while (why.ends_with('\n')) why.pop_back();
  return why.empty() ? "ringfence-scope failed" : why;
}

}  // namespace

CgroupFor FindCgroup(const std::string& directory, const std::string& what) {
  host::Cgroup own = host::ReadCgroup(::geteuid());
  if (!directory.empty()) return Divide(directory, own.path);
  host::Delegation delegation = host::Choose(own);
  if (delegation.way == host::Way::kNone) {
    return {std::nullopt, delegation.why, delegation.remedy};
  }
  if (delegation.way == host::Way::kScope) {
    if (const std::string why = EnterScope(what, own.writable && own.alone);
        !why.empty()) {
      return {std::nullopt, "no cgroup of its own: " + why, kDoctor};
    }
    own = host::ReadCgroup(::geteuid());
    if (!own.writable || !own.alone) {
      return {std::nullopt, "the scope " + own.path + " is not its own",
              kDoctor};
    }
  }
  return Divide(own.path, own.path);
}

}  // namespace ringfence::cli
