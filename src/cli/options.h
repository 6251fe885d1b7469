// The options that the commands share which judge policies.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace ringfence::cli {

// --profiles DIR.
void AddProfilesOption(CLI::App& app, std::string& profiles);
// --format text|json.
void AddFormatOption(CLI::App& app, std::string& format);

// Nothing: go on. Else the exit code: of --help, or of bad usage, about which
// all has been said.
[[nodiscard]] std::optional<int> ParseOptions(CLI::App& app, int argc,
                                              char** argv);

}  // namespace ringfence::cli
