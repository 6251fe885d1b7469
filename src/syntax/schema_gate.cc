// The tables of the kinds Gate and Waiver.
#include "syntax/schema_types.h"

namespace ringfence::syntax::types {
namespace {

template <const Type& kElement>
constexpr Field kSubsetFields[] = {
    {"subset_of", &kElement, true, "nothing but these"},
};
template <const Type& kElement>
constexpr Field kInFields[] = {
    {"in", &kElement, true, "one of these"},
};
template <const Type& kAmount>
constexpr Field kAtMostFields[] = {
    {"at_most", &kAmount, true, "not more than this"},
};
constexpr Field kInsideFields[] = {
    {"inside", &kSubtrees, true, "in one of these subtrees"},
};
constexpr Type kInside = MappingOf(kInsideFields, "a bound of paths");
constexpr Type kCapabilitiesBound =
    MappingOf(kSubsetFields<kCapabilities>, "a bound of capabilities");
constexpr Type kColocateWordList =
    NonEmptyListOf(kColocate, "a list of ways to share a host");
constexpr Type kColocateBound =
    MappingOf(kInFields<kColocateWordList>, "a bound of ways to share a host");
constexpr Field kPathBoundFields[] = {
    {"may_read", &kInside, false, "bounds what may be shown for reading"},
    {"may_write", &kInside, false, "bounds what may be shown for writing"},
    {"may_execute", &kInside, false, "bounds what may be executed"},
};
constexpr Type kPathBounds = MappingOf(kPathBoundFields, "`filesystem`");
constexpr Type kModesBound =
    MappingOf(kSubsetFields<kModes>, "a bound of network modes");
constexpr Field kNetworkBoundFields[] = {
    {"modes", &kModesBound, true, "bounds the network modes"},
};
constexpr Type kNetworkBounds = MappingOf(kNetworkBoundFields, "`network`");
constexpr Type kModulesBound =
    MappingOf(kSubsetFields<kModuleList>, "a bound of security modules");
constexpr Field kAccessBoundFields[] = {
    {"any_of", &kModulesBound, true,
     "bounds the modules of which one is enough"},
};
constexpr Type kAccessBounds =
    MappingOf(kAccessBoundFields, "`mandatory_access`");
constexpr Type kProcessesBound =
    MappingOf(kAtMostFields<kProcesses>, "a bound of processes");
constexpr Type kOpenFilesBound =
    MappingOf(kAtMostFields<kOpenFiles>, "a bound of descriptors");
constexpr Type kMemoryBound =
    MappingOf(kAtMostFields<kSize>, "a bound of memory");
constexpr Type kCpuBound = MappingOf(kAtMostFields<kCpu>, "a bound of cores");
constexpr Type kDiskBound =
    MappingOf(kAtMostFields<kSize>, "a bound of bytes a second");
constexpr Field kLimitBoundFields[] = {
    {"processes", &kProcessesBound, false, "bounds processes and threads"},
    {"open_files", &kOpenFilesBound, false, "bounds descriptors"},
    {"memory", &kMemoryBound, false, "bounds memory"},
    {"cpu", &kCpuBound, false, "bounds cores"},
    {"disk_read", &kDiskBound, false, "bounds what is read from each disk"},
    {"disk_write", &kDiskBound, false, "bounds what is written to each disk"},
};
constexpr Type kLimitBounds{.kind = Kind::kMapping,
                            .what = "`limits`",
                            .fields = kLimitBoundFields,
                            .may_be_empty = false};
constexpr Field kRequiredFields[] = {
    {"capabilities", &kCapabilitiesBound, false, "bounds capabilities"},
    {"colocate", &kColocateBound, false, "bounds who may share the host"},
    {"filesystem", &kPathBounds, false, "bounds paths"},
    {"network", &kNetworkBounds, false, "bounds the network"},
    {"limits", &kLimitBounds, false, "bounds limits"},
    {"mandatory_access", &kAccessBounds, false, "bounds security modules"},
};
constexpr Type kRequired{.kind = Kind::kMapping,
                         .what = "`requires`",
                         .fields = kRequiredFields,
                         .may_be_empty = false};

constexpr Field kNeverFields[] = {
    {"syscall", &kSyscall, false, "a call"},
    {"syscalls", &kFilledCallList, false, "several calls and groups"},
    {"when", &kTests, false, "never while all of these hold"},
    {"unless", &kTests, false, "never but while all of these hold"},
};
constexpr Type kNever{.kind = Kind::kMapping,
                      .what = "`never_allows`",
                      .fields = kNeverFields,
                      .may_be_empty = false};

constexpr Type kSeverity = Word(kSeverityWords, "a severity");
constexpr Type kControl{
    .kind = Kind::kText, .what = "a control", .may_be_empty = false};
constexpr Type kControls = ListOf(kControl, "a list of controls");
// Ten years: no entry needs longer.
constexpr Type kDays{
    .kind = Kind::kNumber, .what = "a number of days", .most = 3650};
constexpr Field kGateRuleFields[] = {
    {"id", &kName, true, "unique in the gate; waivers name GATE/ID"},
    {"severity", &kSeverity, true,
     "error: the check fails; warning: it does not"},
    {"reason", &kSentence, true, "why the rule is there"},
    {"controls", &kControls, false, "the controls that it serves"},
    {"requires", &kRequired, false, "bounds of everything but system calls"},
    {"never_allows", &kNever, false, "calls that are never made"},
    {"at_most", &kName, false, "a level that nothing may exceed"},
    {"must_allow", &kSentence, false,
     "a call that is made: futex(0, FUTEX_WAIT)"},
    {"max_age", &kDays, false,
     "days within which each entry of `dangerous` is reviewed"},
};
constexpr Type kGateRule = MappingOf(kGateRuleFields, "a rule of a gate");
constexpr Type kGateRules = NonEmptyListOf(kGateRule, "a list of rules");
constexpr Field kAppliesFields[] = {
    {"levels", &kLevels, true, "these levels, and all that extend them"},
};
constexpr Type kApplies = MappingOf(kAppliesFields, "`applies_to`");
constexpr Field kGateFields[] = {
    {"kind", &kKindWord, true, "Gate"},
    {"name", &kName, true, "unique among the gates of a folder"},
    {"applies_to", &kApplies, false,
     "what the rules judge; default: everything"},
    {"rules", &kGateRules, true, "what must hold"},
};
}  // namespace

constexpr Type kGate = MappingOf(kGateFields, "a Gate");

// Waiver.
namespace {
constexpr Field kWaiverFields[] = {
    {"kind", &kKindWord, true, "Waiver"},
    {"rule", &kRuleName, true, "the rule that is waived: GATE/ID"},
    {"subject", &kHostPath, true,
     "the file that it is waived for, from the folder that holds the policies"},
    {"reason", &kSentence, true, "why"},
    {"owner", &kSentence, true, "who answers for it"},
    {"ticket", &kSentence, true, "where it is tracked"},
    {"expires", &kDate, true, "its last day, at most 180 days ahead"},
};
}  // namespace

constexpr Type kWaiver = MappingOf(kWaiverFields, "a Waiver");

}  // namespace ringfence::syntax::types
