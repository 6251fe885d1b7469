// A denied call, told to people.
//
//   const DenialText text = Describe(bundle.denials, number, args);
//   text.call      socket(family=AF_VSOCK, type=SOCK_STREAM, protocol=0)
//   text.by        profiles/public.yaml:29
//   text.remedy    to allow it: add `AF_VSOCK` to `family` at ...
//
// Everything here formats; what there is to say was decided when the bundle
// was compiled (model/denial.h). Memory of the workload is never read: a
// pointer is shown as a pointer (docs/adr/0008).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "model/denial.h"

namespace ringfence::launch {

struct DenialText {
  std::string call;
  std::string by;      // empty: no line of the user's
  std::string remedy;  // empty: nothing may allow it
};

// What a descriptor of the caller is, or "".
using DescriptorName = std::function<std::string(uint64_t)>;

[[nodiscard]] DenialText Describe(
    const model::Denials& denials, uint32_t number,
    const std::array<uint64_t, 6>& args,
    const DescriptorName& name_of = [](uint64_t) { return std::string(); });

// What a call denied by `explain` is answered with.
[[nodiscard]] uint16_t ErrorFor(const model::Denials& denials, uint32_t number);

// A text that somebody else chose: as it is where it is a plain word, else in
// quotes, with everything escaped that could end them.
[[nodiscard]] std::string Said(std::string_view text);

// What /proc says of a process or thread; both may be gone already.
[[nodiscard]] std::string ProgramOf(uint32_t pid);
[[nodiscard]] std::string DescriptorOf(uint32_t pid, uint64_t descriptor);

}  // namespace ringfence::launch
