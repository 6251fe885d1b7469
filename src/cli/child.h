// A program that is run for what it prints.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::cli {

struct ChildResult {
  int exit_code = 0;  // 128 + signal if it was killed
  std::string output;
  std::string errors;
};

// Runs `words`, the program's path or name on PATH first, with `input` as its
// standard input, to its end. Output and errors of more than 64 MiB are an
// error, like a program that cannot be executed: a sentence without full stop.
[[nodiscard]] std::expected<ChildResult, std::string> RunChild(
    const std::vector<std::string>& words, std::string_view input);

}  // namespace ringfence::cli
