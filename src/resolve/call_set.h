// CallSet: lists of system calls and groups, written out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "resolve/files.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// Why a call is in a list.
struct Listed {
  syntax::Span span;  // of the item that brought it
  std::string group;  // "@file-io", or empty: named by itself
};

// The calls of a list by name. A call that is named by itself and by a group
// counts as named by itself.
using CallSet = std::map<std::string, Listed>;

class CallSets {
 public:
  CallSets(Files& files, syntax::Diagnostics& diagnostics)
      : files_(files), diagnostics_(diagnostics) {}

  // Unknown calls, unknown groups and circles of groups are diagnostics; the
  // rest of the list is returned all the same.
  [[nodiscard]] CallSet Expand(const std::vector<syntax::Text>& items);

 private:
  const std::set<std::string>& Group(const std::string& name,
                                     const syntax::Span& span);
  // True, or a diagnostic.
  bool Known(const syntax::Text& call);

  Files& files_;
  syntax::Diagnostics& diagnostics_;
  std::map<std::string, std::set<std::string>> groups_;
  std::vector<syntax::Text> open_;  // groups being expanded, outermost first
};

}  // namespace ringfence::resolve
