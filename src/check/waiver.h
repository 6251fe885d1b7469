// Waivers: a rule that is set aside for one file and a while.
//
// StateOf is the one place that decides whether a waiver counts.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/finding.h"
#include "resolve/gate.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::check {

// A waiver lasts at most so many days, and is announced to end so many ahead.
inline constexpr int kMostDays = 180;
inline constexpr int kSoonDays = 14;

// The rules that no gate holds.
inline constexpr char kTests[] = "ringfence/tests";
inline constexpr char kLoosening[] = "ringfence/loosening";
inline constexpr char kWaivers[] = "ringfence/waivers";
inline constexpr char kGates[] = "ringfence/gates";

enum class WaiverState {
  kValid,
  kEndsSoon,  // valid
  kExpired,   // its last day has passed
  kTooLong,   // its last day is further ahead than a waiver may last
};
[[nodiscard]] WaiverState StateOf(const syntax::Waiver& waiver,
                                  const syntax::Date& today);

struct KnownWaiver {
  syntax::Waiver waiver;
  std::string file;     // the waiver's own
  std::string subject;  // canonical path
};

// The canonical path of a waiver's subject; nothing: there is no such file.
using FindSubject =
    std::function<std::optional<std::string>(const std::string& subject)>;

// Adds a diagnostic for each waiver that names an unknown rule or file, lasts
// too long or is there twice, and leaves it out.
[[nodiscard]] std::vector<KnownWaiver> ResolveWaivers(
    std::span<const syntax::Document> documents,
    std::span<const resolve::Gate> gates, const FindSubject& find,
    const syntax::Date& today, syntax::Diagnostics& diagnostics);

// Two gates of one name, or one of the name that Ringfence uses itself.
void RefuseEqualNames(std::span<const resolve::Gate> gates,
                      syntax::Diagnostics& diagnostics);

}  // namespace ringfence::check
