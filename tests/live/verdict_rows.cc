#include "live/verdict_rows.h"

#include <cstring>

namespace ringfence::live {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kMachine = "x86_64";
#elif defined(__aarch64__)
constexpr std::string_view kMachine = "aarch64";
#endif

// What a denial by the filter can look like.
bool LooksDenied(std::string_view result) {
  return result == "EPERM" || result == "ENOSYS" || result == "SIGSYS";
}

std::string ExpectedResult(const VerdictRow& row) {
  if (row.expected == model::Action::kAllow) return "0";
  if (row.expected == model::Action::kKill) return "SIGSYS";
  return ::strerrorname_np(row.error);
}

}  // namespace

std::optional<std::string> ProbeOperation(const VerdictRow& row) {
  const bool on_x86 = kMachine == "x86_64";
  const bool foreign = row.arch == "i386";
  const bool ours =
      row.arch == kMachine || (on_x86 && (foreign || row.arch == "x32"));
  if (!row.live || !ours) return std::nullopt;
  std::string operation =
      (foreign ? "int80:" : "syscall:") + std::to_string(row.call.number);
  // The 32-bit entry takes five arguments from registers, the sixth from the
  // stack of a libc that does not exist here.
  const size_t count = foreign ? 5 : row.call.args.size();
  for (size_t i = 0; i < count; ++i) {
    operation += "," + std::to_string(row.call.args[i]);
  }
  return operation;
}

LiveFinding Judge(const VerdictRow& row, std::string_view inside,
                  std::string_view outside) {
  if (row.expected == model::Action::kAllow) {
    if (inside == outside) return LiveFinding::kHolds;
    return LooksDenied(inside) ? LiveFinding::kWrong : LiveFinding::kHolds;
  }
  const std::string expected = ExpectedResult(row);
  if (inside != expected) return LiveFinding::kWrong;
  return outside == expected ? LiveFinding::kUndecided : LiveFinding::kHolds;
}

}  // namespace ringfence::live
