#include "cli/check_output.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/hex.h"
#include "bundle/bundle.h"
#include "check/dates.h"
#include "cli/call_text.h"

namespace ringfence::cli {

using check::Finding;

std::string WitnessText(const Finding& finding) {
  if (!finding.witness) return {};
  const check::Witness& witness = *finding.witness;
  const std::string is = OutcomeText(witness.is);
  const std::string call =
      CallText(witness.call) + " on " + ArchName(witness.call.arch);
  const std::string wanted = OutcomeText(witness.wanted);
  if (finding.code == syntax::Code::kNeverAllowed) return call + " is " + is;
  if (finding.code == syntax::Code::kLooserThanBefore) {
    return call + " was " + wanted + ", and is " + is;
  }
  return call + " is " + is + ", and should be " + wanted;
}

std::string WaivedText(const Finding& finding) {
  if (!finding.waived) return {};
  const syntax::Waiver& waiver = *finding.waived;
  return fmt::format("waived until {} by {}, {}: {}",
                     check::Text(waiver.expires.value), waiver.owner.value,
                     waiver.ticket.value, waiver.reason.value);
}

std::string OneLine(const Finding& finding) {
  const std::string witness = WitnessText(finding);
  return finding.message + (witness.empty() ? "" : ": " + witness);
}

std::string_view StateText(const Finding& finding) {
  if (finding.waived) return "waived";
  return finding.severity == check::Severity::kError ? "error" : "warning";
}

std::string RelativePath(const std::string& path) {
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string() + "/";
  if (!error && path.starts_with(here)) return path.substr(here.size());
  return path.starts_with("./") ? path.substr(2) : path;
}

std::string Fingerprint(const Finding& finding) {
  const std::string text =
      finding.rule + '\0' + RelativePath(finding.subject) + '\0' + finding.key;
  // SAFETY: any object may be read as unsigned char.
  const bundle::Digest digest = bundle::DigestOf(
      std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  return Hex(std::span(digest.bytes).first(16));
}

}  // namespace ringfence::cli
