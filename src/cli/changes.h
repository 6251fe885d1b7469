// What two versions of a policy mean, compared.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "cli/load.h"
#include "prove/layers.h"
#include "prove/prover.h"

namespace ringfence::cli {

// A region of system calls that are answered otherwise than before, by its
// smallest call.
struct CallChange {
  enum class Kind : uint8_t { kAllowed, kDenied, kAnswer };
  Kind kind = Kind::kAnswer;
  bool loosening = false;  // the old answer was stricter
  std::vector<uint32_t> archs;
  prove::Interval numbers;
  evaluate::SeccompData call;
  std::string what;  // "socket(AF_VSOCK, SOCK_STREAM, 0)"
  prove::Outcome before;
  prove::Outcome after;
  model::Source before_source;
  model::Source after_source;
};

struct Changes {
  std::vector<CallChange> calls;
  std::vector<prove::LayerChange> layers;
  std::vector<std::string> notes;  // what could not be compared, and why
  [[nodiscard]] bool Empty() const { return calls.empty() && layers.empty(); }
  [[nodiscard]] bool Loosens() const;
};

[[nodiscard]] std::expected<Changes, prove::Undecided> FindChanges(
    const Loaded& before, const Loaded& after);

// As lines for people; every line is indented by two spaces at least.
[[nodiscard]] std::string ChangesText(const Changes& changes);

// "public.yaml:31"; relative to the current folder if it lies there. Empty:
// Ringfence's own decision.
[[nodiscard]] std::string PlaceText(const model::Source& source);

}  // namespace ringfence::cli
