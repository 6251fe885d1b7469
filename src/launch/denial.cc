#include "launch/denial.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

// Enough of the arguments to recognise the call.
constexpr int kShownArguments = 3;

const bundle::CallLine* LineOf(const bundle::Bundle& bundle, uint32_t number) {
  const auto at = std::ranges::lower_bound(bundle.calls, number, {},
                                           &bundle::CallLine::number);
  return at != bundle.calls.end() && at->number == number ? &*at : nullptr;
}

std::string Hex(uint64_t number) {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, 16);
  return "0x" + std::string(digits, end.ptr);
}

std::string ProgramOf(uint32_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/comm";
  auto name = sys::ReadFile(path.c_str(), 64);
  if (!name) return "a process";
  if (name->ends_with('\n')) name->pop_back();
  return Printable(*name);
}

}  // namespace

std::string DescribeDenial(const bundle::Bundle& bundle,
                           const sys::Notification& call) {
  const bundle::CallLine* line = LineOf(bundle, call.number);
  std::string arguments;
  for (int i = 0; i < kShownArguments; ++i) {
    arguments += (i == 0 ? "" : ", ") + Hex(call.args[i]);
  }
  std::string text =
      ProgramOf(call.pid) + "[" + std::to_string(call.pid) + "]: " +
      (line != nullptr ? line->name : "call " + std::to_string(call.number)) +
      "(" + arguments + ") is denied (" +
      ErrnoName(ErrorFor(bundle, call.number)) + ")";
  if (line != nullptr && line->line != 0) {
    text += " by " + Printable(bundle.files[line->file]) + ":" +
            std::to_string(line->line);
  }
  return text;
}

uint16_t ErrorFor(const bundle::Bundle& bundle, uint32_t number) {
  const bundle::CallLine* line = LineOf(bundle, number);
  return line != nullptr && line->error != 0 ? line->error : uint16_t{EPERM};
}

bool RateLimit::Admits(uint64_t now_ms) {
  if (now_ms / 1000 != second_) {
    second_ = now_ms / 1000;
    used_ = 0;
  }
  if (used_ == kBurst) {
    ++dropped_;
    return false;
  }
  ++used_;
  return true;
}

uint64_t RateLimit::TakeDropped() { return std::exchange(dropped_, 0); }

}  // namespace ringfence::launch
