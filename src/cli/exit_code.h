// ExitCode: of several reasons to fail, the one that is said.
#pragma once

#include <algorithm>
#include <array>

namespace ringfence::cli {

// 0 holds; 1 findings; 2 usage; 3 does not parse or compile; 4 refuted;
// 5 undecided; 6 the host cannot enforce it.
inline constexpr int kHostCannotEnforce = 6;

class ExitCode {
 public:
  void Add(int code) {
    constexpr std::array kPrecedence = {2, 3, 4, 5, 6, 1, 0};
    const auto rank = [&](int of) {
      return std::ranges::find(kPrecedence, of) - kPrecedence.begin();
    };
    if (rank(code) < rank(code_)) code_ = code;
  }
  [[nodiscard]] int code() const { return code_; }

 private:
  int code_ = 0;
};

}  // namespace ringfence::cli
