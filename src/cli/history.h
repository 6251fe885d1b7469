// Reading what launches have kept about workloads (launch/history.h).
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/identity.h"

namespace ringfence::cli {

// What is known of one launch of a workload.
struct Remembered {
  nlohmann::json account;  // an object; docs/status.md
  bool running = false;    // its supervisor lives
};

// Every running workload of that name and user, then the last one of those that
// do not run. None: nothing is remembered. A file that is not the user's alone,
// or no JSON object, is an error.
[[nodiscard]] Result<std::vector<Remembered>> Recall(model::HostUid uid,
                                                     std::string_view name);

// A member of `from`, made safe for a terminal; "" where it is missing.
[[nodiscard]] std::string TextOf(const nlohmann::json& from, const char* key);
// The same for a text of several lines.
[[nodiscard]] std::string LinesOf(const nlohmann::json& from, const char* key);
[[nodiscard]] int64_t NumberOf(const nlohmann::json& from, const char* key);
// A list or object, empty where it is missing.
[[nodiscard]] nlohmann::json PartOf(const nlohmann::json& from,
                                    const char* key);

// "exited with code 3", "was killed by SIGSEGV": how a launch ended; with the
// help that goes with it, in lines of its own. Empty: it has not.
[[nodiscard]] std::string DescribeEnd(const Remembered& remembered);

// "program[12]: call(...) = EPERM, by FILE:LINE" of one denial, and below it
// what would allow it.
[[nodiscard]] std::string DescribeDenial(const nlohmann::json& denial);

// "2026-11-25 03:04:05 UTC".
[[nodiscard]] std::string DescribeTime(int64_t unix_ms);

}  // namespace ringfence::cli
