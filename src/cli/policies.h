// The gates and waivers of a folder.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "check/waiver.h"
#include "cli/build.h"
#include "resolve/gate.h"
#include "syntax/document.h"

namespace ringfence::cli {

struct Policies {
  std::vector<resolve::Gate> gates;
  std::vector<check::KnownWaiver> waivers;
};

// The folder that a command takes them from: `chosen` (--policy) if it is not
// empty, else /etc/ringfence/policies, else the installed ones. An error if
// there is none.
[[nodiscard]] std::expected<std::string, std::string> PolicyFolder(
    const std::string& chosen);

// Every file below `folder`. What is wrong in one becomes a problem of `build`;
// the error is about the folder itself.
[[nodiscard]] std::expected<Policies, std::string> LoadPolicies(
    const std::string& folder, const syntax::Date& today, Build& build);

// By which a waiver finds its subject; `path` itself where it has none.
[[nodiscard]] std::string CanonicalPath(const std::string& path);

// "2027-01-31", or, empty, the day it is in UTC; nothing: not a date.
[[nodiscard]] std::optional<syntax::Date> DateOf(const std::string& text);

}  // namespace ringfence::cli
