// The rules of a host: the file that root edits, and putting it into force.
//
//   auto text = ReadRules();               // host.yaml
//   ... parse, resolve ...
//   Outcome outcome = Apply({}, policy);   // from the next admission on
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "admit/ledger.h"
#include "host/ground.h"
#include "model/host.h"

namespace ringfence::host {

// The text of admit::kHostFile; nullopt: there is no such file. A file that
// somebody else than root could have written is a problem.
[[nodiscard]] std::expected<std::optional<std::string>, Problem> ReadRules();

// Puts `text` in its place, as a whole.
[[nodiscard]] std::optional<Problem> WriteRules(std::string_view text);

// Gives the file another name, so that the host counts as never set up. The
// new name; nullopt: there was none.
[[nodiscard]] std::expected<std::optional<std::string>, Problem> RetireRules();

// Lets `policy` count from the next admission on: when it returns, nothing
// more starts that it forbids. What runs goes on; the lines name those that
// could not start any more. Needs root and a ledger of the host.
[[nodiscard]] Outcome Apply(const Ground& ground,
                            const model::HostPolicy& policy);
[[nodiscard]] Outcome Apply(const admit::Ledger& ledger, int directory,
                            const model::HostPolicy& policy);

}  // namespace ringfence::host
