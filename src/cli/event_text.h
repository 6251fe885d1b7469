// Events of the log in words, for a terminal and for a report.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ringfence::cli {

// Of the workload, or the file that names it; "-": it has neither.
[[nodiscard]] std::string EventName(const nlohmann::json& event);

// What happened, without who and when. Further lines are indented.
[[nodiscard]] std::string DescribeEvent(std::string_view kind,
                                        const nlohmann::json& event);

}  // namespace ringfence::cli
