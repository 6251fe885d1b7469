// Input: the bytes of a fuzzer as values. It never fails: past the end every
// value is 0, so any prefix of an input is an input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace ringfence::fuzz {

class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool empty() const { return bytes_.empty(); }

  template <typename Number>
  Number Take() {
    static_assert(std::is_unsigned_v<Number>);
    Number number = 0;
    const size_t count = std::min(sizeof number, bytes_.size());
    if (count != 0) std::memcpy(&number, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
    return number;
  }

  // 0..limit-1; limit is at most 256.
  uint8_t Below(unsigned limit) {
    return static_cast<uint8_t>(Take<uint8_t>() % limit);
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace ringfence::fuzz

// The one function that libFuzzer and replay.cc call.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
