#include "syntax/extract.h"
#include "syntax/extract_values.h"

namespace ringfence::syntax {
namespace {

// The bound below `key`, `{subset_of: [...]}`.
template <typename Read>
auto Bound(const Node& node, std::string_view key, std::string_view relation,
           Read read) {
  return MaybeList(Optional(node, key), relation, read);
}

template <typename Read>
auto AtMost(const Node& node, std::string_view key, Read read) {
  return Maybe(Optional(node, key), "at_most", read);
}

Requirements RequirementsOf(const Node& node) {
  const Node& paths = Optional(node, "filesystem");
  const Node& limits = Optional(node, "limits");
  return {Bound(node, "capabilities", "subset_of", TextOf),
          Bound(node, "colocate", "in", ColocateOf),
          Bound(paths, "may_read", "inside", TextOf),
          Bound(paths, "may_write", "inside", TextOf),
          Bound(paths, "may_execute", "inside", TextOf),
          Bound(Optional(node, "network"), "modes", "subset_of", ModeWordOf),
          AtMost(limits, "processes", NumberOf),
          AtMost(limits, "open_files", NumberOf),
          AtMost(limits, "memory", SizeOf),
          AtMost(limits, "cpu", CpuOf),
          AtMost(limits, "disk_read", SizeOf),
          AtMost(limits, "disk_write", SizeOf),
          Bound(Optional(node, "mandatory_access"), "any_of", "subset_of",
                ModuleOf)};
}

NeverAllows NeverAllowsOf(const Node& node) {
  return {Maybe(node, "syscall", TextOf), Each(node, "syscalls", TextOf),
          ArgumentTests(node, "when"), ArgumentTests(node, "unless"),
          node.span};
}

GateRule GateRuleOf(const Node& node) {
  return {TextOf(At(node, "id")),
          WordOf<Severity>(At(node, "severity"), SeverityWords()),
          TextOf(At(node, "reason")),
          Each(node, "controls", TextOf),
          Maybe(node, "requires", RequirementsOf),
          Maybe(node, "never_allows", NeverAllowsOf),
          Maybe(node, "at_most", TextOf),
          Maybe(node, "must_allow", TextOf),
          Maybe(node, "max_age", NumberOf)};
}

}  // namespace

Gate ExtractGate(const Node& root) {
  return {TextOf(At(root, "name")),
          Each(Optional(root, "applies_to"), "levels", TextOf),
          Each(root, "rules", GateRuleOf)};
}

Waiver ExtractWaiver(const Node& root) {
  return {TextOf(At(root, "rule")),   TextOf(At(root, "subject")),
          TextOf(At(root, "reason")), TextOf(At(root, "owner")),
          TextOf(At(root, "ticket")), DateOf(At(root, "expires"))};
}

}  // namespace ringfence::syntax
