// The part of a bundle that says why calls were denied.
#pragma once

#include <vector>

#include "bundle_generated.h"
#include "model/denial.h"

namespace ringfence::pack {

template <typename T>
using Packed = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<T>>>;

struct PackedDenials {
  Packed<flatbuffers::String> files;
  Packed<bundle::fb::CallLine> calls;
  Packed<bundle::fb::Words> words;
  Packed<bundle::fb::Form> forms;
  Packed<bundle::fb::Remedy> remedies;
};

// Only calls that are answered by `explain`, and what those refer to: nobody
// is told of the others.
[[nodiscard]] PackedDenials PackDenials(flatbuffers::FlatBufferBuilder& to,
                                        const model::Denials& denials);

}  // namespace ringfence::pack
