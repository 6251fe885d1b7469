// Reading trees of formats that have no schema here: what is there, if it is
// what was expected.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "syntax/deployment.h"
#include "syntax/node.h"

namespace ringfence::syntax {

// The mapping, list or scalar below `path`, key by key; null if any is not
// there.
[[nodiscard]] const Node* Below(const Node& node,
                                std::initializer_list<std::string_view> path);

class LabelReader {
 public:
  LabelReader(std::string_view file, Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics) {}

  // Labels as a mapping, or as a list of `key=value`. Null: none.
  void Take(const Node* labels, Service& service);

  void Report(Code code, std::string message, const Span& span,
              std::string label, std::string help);

 private:
  void Set(std::optional<Text>& to, const Text& value, std::string_view key);

  std::string file_;
  Diagnostics& diagnostics_;
};

}  // namespace ringfence::syntax
