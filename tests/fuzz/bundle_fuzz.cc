// Any bytes: Open refuses them or gives a bundle that keeps every promise of
// bundle.h. The digest is set right first, or no input would ever reach the
// checks behind it; without that the same bytes must be refused or equal.
#include <span>
#include <vector>

#include "base/check.h"
#include "bpf/program.h"
#include "bundle/bundle.h"
#include "bundle_file.h"
#include "input.h"

namespace {

using ringfence::Check;
using ringfence::fuzz::WithHeader;
namespace bpf = ringfence::bpf;
namespace bundle = ringfence::bundle;

void CheckPromises(const bundle::Bundle& opened) {
  Check(opened.user.uid.value != 0 && opened.user.gid.value != 0,
        "a bundle with an id 0");
  Check(!opened.command.empty() && opened.command.front().starts_with('/'),
        "a bundle without a program");
  Check(!opened.filters.empty(), "a bundle without a filter");
  for (const bpf::Program& filter : opened.filters) {
    Check(bpf::Validate(filter.code(), filter.arch()).has_value(),
          "a bundle with a malformed filter");
  }
  for (const auto& entry : opened.view) {
    Check(entry.at.starts_with('/'), "a view entry that is not absolute");
    Check(entry.at.find('\0') == std::string::npos, "a NUL in a path");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  if (size < bundle::kHeaderSize || size > bundle::kMaxSize) {
    Check(!bundle::Open(bytes).has_value(), "a file of that size was opened");
    return 0;
  }
  const auto repaired =
      bundle::Open(WithHeader(bytes.subspan(bundle::kHeaderSize)));
  if (repaired) CheckPromises(*repaired);
  const auto as_is = bundle::Open(bytes);
  Check(!as_is || (repaired && *as_is == *repaired),
        "a file with another header was opened as another bundle");
  return 0;
}
