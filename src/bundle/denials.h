// The part of a bundle that says why calls were denied, read and checked.
#pragma once

#include <expected>

#include "bundle/bundle.h"
#include "bundle_generated.h"
#include "model/denial.h"

namespace ringfence::bundle {

// `from` has passed FlatBuffers' own check. Every index of the result points
// somewhere, every position is one of an argument.
[[nodiscard]] std::expected<model::Denials, Unusable> ReadDenials(
    const fb::Bundle& from);

}  // namespace ringfence::bundle
