// A bundle's body as the file that Open takes: with a digest that is right, or
// no input would ever reach the checks behind it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <vector>

#include "bundle/bundle.h"

namespace ringfence::fuzz {

// The header is magic, length (8 bytes, little-endian), digest.
inline std::vector<uint8_t> WithHeader(std::span<const uint8_t> body) {
  std::vector<uint8_t> file(bundle::kHeaderSize);
  std::copy(std::begin(bundle::kMagic), std::end(bundle::kMagic), file.begin());
  const uint64_t length = body.size();
  std::memcpy(file.data() + sizeof bundle::kMagic, &length, sizeof length);
  const bundle::Digest digest = bundle::DigestOf(body);
  std::ranges::copy(digest.bytes,
                    file.begin() + sizeof bundle::kMagic + sizeof length);
  file.insert(file.end(), body.begin(), body.end());
  return file;
}

}  // namespace ringfence::fuzz
