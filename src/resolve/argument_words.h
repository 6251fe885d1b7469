// How the arguments of system calls are written for people: which constants
// name which argument.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/denial.h"
#include "resolve/syscall_table.h"

namespace ringfence::resolve {

// The names of one argument's values. `given`: they hold only where that other
// argument has the value `equals`; empty: always.
struct Vocabulary {
  std::vector<model::Word> words;
  std::string_view given;
  uint64_t equals = 0;
};

// Nothing where plain numbers are all there is to say.
[[nodiscard]] std::vector<Vocabulary> VocabulariesOf(
    const Syscall& syscall, const SyscallArgument& argument);

// Every constant that a vocabulary names in full, for the test that each of
// them exists.
[[nodiscard]] std::vector<std::string_view> ConstantsNamed();

}  // namespace ringfence::resolve
