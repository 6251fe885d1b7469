#include "resolve/names.h"

#include <algorithm>
#include <vector>

#include "resolve/syscall_table.h"
#include "syntax/suggest.h"

namespace ringfence::resolve {

bool IsSyscall(std::string_view name) {
  return std::ranges::any_of(kArchitectures, [&](uint32_t arch) {
    return FindSyscall(arch, name) != nullptr;
  });
}

std::string SuggestSyscall(std::string_view name) {
  std::vector<std::string_view> names;
  for (const uint32_t arch : kArchitectures) {
    for (const Syscall& call : Syscalls(arch)) names.push_back(call.name);
  }
  return syntax::DidYouMean(name, names);
}

model::Source ToSource(const syntax::Span& span) {
  return {span.file, span.line, span.column};
}

std::string Quote(std::string_view text) {
  return "`" + std::string(text) + "`";
}

}  // namespace ringfence::resolve
