#include "cli/proving.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "certify/obligation.h"
#include "certify/store.h"
#include "cli/child.h"
#include "cli/install.h"

namespace ringfence::cli {
namespace {

constexpr char kBug[] =
    "the emitted filter is wrong, a bug in Ringfence; "
    "nothing was written: ";

// $XDG_CACHE_HOME, else ~/.cache (XDG Base Directory Specification).
std::string CacheFolder() {
  const char* chosen = std::getenv("XDG_CACHE_HOME");
  if (chosen != nullptr && *chosen == '/') {
    return std::string(chosen) + "/ringfence/proofs";
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return {};
  return std::string(home) + "/.cache/ringfence/proofs";
}

}  // namespace

std::expected<bundle::FilterProof, NotProved> ProveFilter(
    const model::SeccompPolicy& policy, const bpf::Program& program) {
  const bundle::FilterProof claim = certify::ClaimOf(policy, program.code());
  const auto store = certify::Store::Open(CacheFolder());
  if (store && store->Has(claim)) return claim;

  const std::string prover = FindProgram("ringfence-prove");
  if (prover.empty()) {
    return std::unexpected(NotProved{
        kUndecided,
        "the filter cannot be proved: ringfence-prove is not installed"});
  }
  const auto done =
      RunChild({prover, kObligation}, certify::Encode(policy, program.code()));
  if (!done) {
    return std::unexpected(
        NotProved{kUndecided, "the filter cannot be proved: " + done.error()});
  }
  if (done->exit_code == kRefuted) {
    return std::unexpected(NotProved{kRefuted, kBug + done->output});
  }
  if (done->exit_code != 0) {
    return std::unexpected(NotProved{
        kUndecided,
        "the filter was neither proved nor refuted: " +
            (done->output.empty() ? "ringfence-prove failed" : done->output)});
  }
  if (store) store->Add(claim);
  return claim;
}

}  // namespace ringfence::cli
