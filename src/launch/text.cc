#include "launch/text.h"

#include <cstring>

#include "launch/refusal.h"

namespace ringfence::launch {
namespace {

constexpr char kHex[] = "0123456789abcdef";

bool IsPlain(unsigned char byte) { return byte >= 0x20 && byte < 0x7F; }

}  // namespace

std::string Printable(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsPlain(byte)) {
      safe += c;
    } else {
      safe += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return safe;
}

std::string JsonString(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (IsPlain(byte)) {
      quoted += c;
    } else {
      quoted += {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return quoted + "\"";
}

std::string JsonMember(std::string_view name, std::string_view text) {
  return JsonString(name) + ":" + JsonString(text);
}

std::string JsonMember(std::string_view name, int64_t number) {
  return JsonString(name) + ":" + std::to_string(number);
}

std::string ErrnoName(int error) {
  const char* name = ::strerrorname_np(error);
  return name != nullptr ? name : std::to_string(error);
}

std::string Describe(const SysError& error) {
  // A broken promise is a sentence of its own.
  if (error.err == 0) return error.call;
  return std::string(error.call) + ": " + ::strerrordesc_np(error.err);
}

}  // namespace ringfence::launch
