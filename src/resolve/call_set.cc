#include "resolve/call_set.h"

#include <algorithm>

#include "resolve/names.h"

namespace ringfence::resolve {

using syntax::Code;
using syntax::Text;

CallSet CallSets::Expand(const std::vector<Text>& items) {
  CallSet out;
  for (const Text& item : items) {
    if (item.value.starts_with('@')) {
      for (const std::string& name : Group(item.value.substr(1), item.span)) {
        out.emplace(name, Listed{item.span, item.value});
      }
    } else if (Known(item)) {
      Listed& listed = out[item.value];
      if (listed.span.line == 0 || !listed.group.empty()) {
        listed = {item.span, ""};
      }
    }
  }
  return out;
}

bool CallSets::Known(const Text& call) {
  if (IsSyscall(call.value)) return true;
  diagnostics_.Add({Code::kUnknownSyscall,
                    "unknown system call " + Quote(call.value),
                    call.span,
                    "no architecture has it",
                    {},
                    SuggestSyscall(call.value)});
  return false;
}

const std::set<std::string>& CallSets::Group(const std::string& name,
                                             const syntax::Span& span) {
  static const std::set<std::string> kNothing;
  if (const auto known = groups_.find(name); known != groups_.end()) {
    return known->second;
  }
  const auto open = std::ranges::find(open_, name, &Text::value);
  if (open != open_.end()) {
    std::string path;
    for (auto at = open; at != open_.end(); ++at)
      path += "@" + at->value + " -> ";
    diagnostics_.Add({Code::kGroupCycle,
                      "syscall groups include each other in a circle",
                      span,
                      path + "@" + name,
                      {},
                      "remove one of the inclusions"});
    return kNothing;
  }
  const syntax::SyscallGroup* group = files_.Group(name, span);
  if (group == nullptr) return kNothing;
  open_.push_back({name, span});
  std::set<std::string> calls;
  for (const auto& [call, listed] : Expand(group->syscalls)) calls.insert(call);
  open_.pop_back();
  return groups_[name] = std::move(calls);
}

}  // namespace ringfence::resolve
