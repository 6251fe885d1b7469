// Why a Confinement could not be compiled: one sentence, and the line of the
// user's file that asks for it, if one does.
#pragma once

#include <string>

#include "model/source.h"

namespace ringfence::compile {

struct CompileError {
  std::string why;
  model::Source source;
};

}  // namespace ringfence::compile
