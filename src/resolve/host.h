// ResolveHost: a Host file -> the policy of the host.
//
// Names of levels and groups are looked up: a misspelt one is an error here,
// not a rule that lets the wrong people in.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "model/host.h"
#include "resolve/lookup.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// The id of a group; nullopt: there is none of that name.
using FindGroup =
    std::function<std::optional<model::HostGid>(std::string_view name)>;

// `document` must hold a Host; anything else is a diagnostic.
[[nodiscard]] std::optional<model::HostPolicy> ResolveHost(
    const syntax::Document& document, const FindFile& find,
    const FindGroup& find_group, syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
