#include "launch/notify.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "launch/refusal.h"
#include "launch/text.h"
#include "sys/datagram.h"

namespace ringfence::launch {
namespace {

// Longer ones are not sd_notify's: STATUS is a line for people.
constexpr size_t kLongestDatagram = 4096;
constexpr size_t kLongestStatus = 256;
constexpr size_t kMostDigits = 20;  // of 2^64

bool IsNumber(std::string_view text) {
  return !text.empty() && text.size() <= kMostDigits &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsFlag(std::string_view name) {
  return name == "READY" || name == "RELOADING" || name == "STOPPING";
}

bool TakesNumber(std::string_view name) {
  return name == "ERRNO" || name == "MONOTONIC_USEC" ||
         name == "EXTEND_TIMEOUT_USEC";
}

std::string Line(std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return "";
  const std::string_view name = assignment.substr(0, equals);
  const std::string_view value = assignment.substr(equals + 1);
  if ((IsFlag(name) && value == "1") ||
      (TakesNumber(name) && IsNumber(value))) {
    return std::string(assignment) + "\n";
  }
  if (name == "STATUS") {
    return "STATUS=" + Printable(value.substr(0, kLongestStatus)) + "\n";
  }
  return "";
}

}  // namespace

std::string PassedOn(std::string_view datagram) {
  std::string lines;
  while (!datagram.empty()) {
    const size_t end = std::min(datagram.find('\n'), datagram.size());
    lines += Line(datagram.substr(0, end));
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
  }
  return lines;
}

void Notify::Hear(uint64_t now_ms, const Status& status) {
  (void)Take(now_ms, status);
}

void Notify::HearRest(uint64_t now_ms, const Status& status) {
  while (socket_ && Take(now_ms, status)) {
  }
}

bool Notify::Take(uint64_t now_ms, const Status& status) {
  std::array<std::byte, kLongestDatagram> buffer;
  const auto size = sys::ReceiveDatagram(socket_.get(), buffer);
  if (!size) return false;
  if (*size > buffer.size()) return true;
  const std::string lines =
      PassedOn({reinterpret_cast<const char*>(buffer.data()), *size});
  if (lines.empty()) return true;
  std::string why;
  if (!limit_.Admits(now_ms)) {
    why = "they come too fast";
  } else if (const auto sent = sys::SendDatagram(upstream_.get(), lines);
             !sent) {
    why = Describe(sent.error());
  }
  if (!why.empty() && !said_) {
    status.Say("not every notification of the workload is passed on: " + why);
    said_ = true;
  }
  return true;
}

}  // namespace ringfence::launch
