// Denied calls with any number, arguments and names, said by the tables of any
// bundle that opens: each is counted, what is said has no control character,
// and what is kept is bounded.
//
// The input: how many calls, then 3 bytes for each of them, then a bundle's
// body.
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "bundle/bundle.h"
#include "bundle_file.h"
#include "input.h"
#include "launch/denied_calls.h"

namespace {

using ringfence::Check;
using ringfence::fuzz::WithHeader;
namespace bundle = ringfence::bundle;
namespace launch = ringfence::launch;
namespace model = ringfence::model;

void CheckLines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    for (const char c : line) {
      Check(c >= 0x20 && c < 0x7f, "what a terminal acts on");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ringfence::fuzz::Input input({data, size});
  const size_t calls = input.Below(64) + 1u;
  const size_t head = 1 + 3 * calls;
  if (size < head) return 0;
  const auto opened = bundle::Open(WithHeader({data + head, size - head}));
  if (!opened) return 0;
  const model::Denials& denials = opened->denials;
  const std::string names[] = {"sh", "\x1b[2J\n", "a b\"\\", "\xff\x80", ""};
  launch::DeniedCalls denied(
      denials, [&](uint32_t pid) { return names[pid % std::size(names)]; },
      [&](uint32_t pid, uint64_t fd) { return names[(pid + fd) % 5]; });
  uint64_t now_ms = 0;
  for (size_t i = 0; i < calls; ++i) {
    const uint8_t which = input.Take<uint8_t>();
    const uint8_t value = input.Take<uint8_t>();
    const uint8_t pause = input.Take<uint8_t>();
    ringfence::sys::Notification call{.id = i, .pid = pause};
    // Mostly one that the tables know.
    call.number = denials.calls.empty() || which == 255
                      ? which * 0x01010101u
                      : denials.calls[which % denials.calls.size()].number;
    for (size_t at = 0; at < call.args.size(); ++at) {
      // One bit, or bits at both ends, in another place for each argument.
      call.args[at] = value % 3 == 0   ? uint64_t{1} << ((value + at * 7) % 64)
                      : value % 3 == 1 ? ~uint64_t{0} >> ((value + at) % 64)
                                       : value / 3u;
    }
    now_ms += uint64_t{pause} * pause;
    CheckLines(denied.Note(call, now_ms));
    CheckLines(denied.Due(now_ms));
    Check(denied.kept().size() <= launch::DeniedCalls::kKept,
          "more is kept than may be");
  }
  CheckLines(denied.Rest());
  Check(denied.total() == calls, "a call was not counted");
  uint64_t named = 0;
  for (const auto& [name, count] : denied.Totals()) named += count;
  Check(named <= calls, "more calls by name than there were");
  return 0;
}
