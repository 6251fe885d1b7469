// Levels and workloads as gates judge them (check/subject.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "check/subject.h"
#include "cli/build.h"
#include "syntax/document.h"

namespace ringfence::cli {

class Subjects {
 public:
  // Looks levels up with `build`, which gets what is wrong with them.
  explicit Subjects(Build& build) : build_(build) {}
  Subjects(Subjects&&) = delete;
  Subjects& operator=(Subjects&&) = delete;

  // Of a TrustLevel or a Workload; nothing: it does not resolve.
  [[nodiscard]] std::optional<check::Subject> Of(
      const syntax::Document& document);
  // A level by name, resolved once; null: it does not resolve.
  [[nodiscard]] const check::Subject* Level(std::string_view name);

 private:
  Build& build_;
  std::map<std::string, std::unique_ptr<check::Subject>, std::less<>> levels_;
};

}  // namespace ringfence::cli
