// A BPF program as text, one instruction a line.
//
//   Disassemble(program.code(), [](uint32_t number) { return "socket"; },
//               {{14, "socket: public.yaml:31"}});
//
//     12  ld   number
//     13  jge  42 connect            ? 20 : 14
//     14  ld   arg0.low                              ; socket: public.yaml:31
//     15  jset 0x10000000            ? 30 : 16
//     30  ret  errno 1
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>

#include "bpf/program.h"

namespace ringfence::evaluate {

// `name` names a call number, or returns "" for one without a name. Remarks
// stand behind the instruction of that index. Jump targets are absolute.
// Instructions we never emit are shown as numbers. [pure]
[[nodiscard]] std::string Disassemble(
    std::span<const bpf::Instruction> code,
    const std::function<std::string(uint32_t)>& name,
    const std::map<size_t, std::string>& remarks = {});

// What a program's return value says: "allow", "errno 38", "notify",
// "kill process", ..., or its number.
[[nodiscard]] std::string ReturnText(uint32_t raw);

}  // namespace ringfence::evaluate
