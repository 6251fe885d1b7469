// Text of others, made safe for a terminal, a log and JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ringfence::launch {

// Control characters and bytes outside ASCII become \xNN; nothing a workload
// chose can move a cursor or forge a line.
[[nodiscard]] std::string Printable(std::string_view text);

// `text` as a JSON string, quotes included (RFC 8259). Bytes outside ASCII
// become \u00NN, so the result is valid whatever the bytes are.
[[nodiscard]] std::string JsonString(std::string_view text);

// `"name":"text"` and `"name":number`.
[[nodiscard]] std::string JsonMember(std::string_view name,
                                     std::string_view text);
[[nodiscard]] std::string JsonMember(std::string_view name, int64_t number);

// "EPERM", or the number where the name is not known.
[[nodiscard]] std::string ErrnoName(int error);

}  // namespace ringfence::launch
