// What supervisor and init say to each other over their channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace ringfence::launch {

enum class MessageKind : uint32_t {
  kRelease,   // to init: ids are mapped and the ledger knows you, go on
  kSignal,    // to init: send signal `value` to the workload
  kFailed,    // from init: step `step` failed with errno `value`, call `text`
  kTerminal,  // from init: the master of the sandbox's terminal comes along
  kNotify,    // from init: the socket of sd_notify(3) comes along
  kStarted,   // from init: the program runs; `text` is its /proc/PID/status
              // as read before its first instruction; a listener comes along
  kExited,    // from init: the workload ended with wait status `value`
};

// `step` of a kFailed that happened outside of any step of the plan.
inline constexpr uint32_t kNoStep = ~uint32_t{0};

// Copied as bytes between two processes of one binary.
struct Message {
  MessageKind kind = MessageKind::kRelease;
  int32_t value = 0;
  uint32_t step = 0;
  uint32_t text_size = 0;
  char text[4096] = {};

  void SetText(std::string_view from) noexcept {
    text_size = static_cast<uint32_t>(std::min(from.size(), sizeof text));
    std::memcpy(text, from.data(), text_size);
  }
  [[nodiscard]] std::string_view Text() const noexcept {
    return {text, std::min<size_t>(text_size, sizeof text)};
  }
  // The part that is in use: what is sent.
  [[nodiscard]] std::span<const std::byte> Bytes() const noexcept {
    return std::as_bytes(std::span(this, 1))
        .first(offsetof(Message, text) + text_size);
  }
};

}  // namespace ringfence::launch
