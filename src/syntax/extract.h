// Extract: a checked YAML tree -> the structs of document.h.
//
// Call it only when CheckAgainst added nothing: it relies on every key and
// value being what the schema says, and a wrong one is a failed Check.
#pragma once

#include "syntax/document.h"
#include "syntax/node.h"

namespace ringfence::syntax {

[[nodiscard]] TrustLevel ExtractTrustLevel(const Node& root);
[[nodiscard]] SyscallGroup ExtractSyscallGroup(const Node& root);
[[nodiscard]] Workload ExtractWorkload(const Node& root);
[[nodiscard]] Host ExtractHost(const Node& root);
[[nodiscard]] Placement ExtractPlacement(const Node& root);
// extract_gate.cc
[[nodiscard]] Gate ExtractGate(const Node& root);
[[nodiscard]] Waiver ExtractWaiver(const Node& root);
// extract_facts.cc
[[nodiscard]] HostFacts ExtractHostFacts(const Node& root);

}  // namespace ringfence::syntax
