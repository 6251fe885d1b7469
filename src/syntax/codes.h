// The stable ids of all diagnostics, with what `ringfence explain RF0201`
// prints.
//
// An id is never reused. RF01xx: the text is not one readable YAML document.
// RF02xx: a key or a value is not what the kind allows. RF03xx: names that do
// not lead to a file. RF04xx: a level loosens its parent, or a root lacks a
// key. RF05xx: system calls. RF06xx: a workload asks for what it cannot have.
// RF07xx: a host's rules. RF08xx: a plan. RF09xx: a seccomp profile of a
// container runtime. RF10xx are warnings: what a level restricts and leaves
// open by another way. RF11xx: gates and waivers. RF12xx are the findings of
// `check`: files that are readable and do not pass.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringfence::syntax {

// The value is the number of the id: 101 is RF0101.
enum class Code : uint16_t {
  kFileTooLarge = 101,
  kInvalidUtf8 = 102,
  kNulByte = 103,
  kControlCharacter = 104,
  kYamlSyntax = 105,
  kAnchorOrAlias = 106,
  kTag = 107,
  kTooDeep = 108,
  kTooManyNodes = 109,
  kSeveralDocuments = 110,
  kEmptyFile = 111,
  kDuplicateKey = 112,
  kKeyNotText = 113,

  kUnknownKind = 201,
  kUnknownKey = 203,
  kMissingKey = 204,
  kWrongType = 205,
  kNoValue = 206,
  kNotABoolean = 207,
  kUnknownWord = 208,
  kBadName = 209,
  kBadNumber = 210,
  kBadId = 211,
  kBadSize = 212,
  kBadDuration = 213,
  kBadCpu = 214,
  kBadMode = 215,
  kBadAddress = 216,
  kBadSignal = 217,
  kBadDate = 218,
  kBadVersion = 219,
  kBadPath = 220,
  kBadEnvironment = 221,
  kEmptyValue = 222,
  kWantsQuotes = 223,

  kUnknownLevel = 301,
  kUnknownGroup = 302,
  kLevelCycle = 303,
  kGroupCycle = 304,
  kNameDiffersFromFile = 305,
  kWrongKindOfFile = 306,

  kRootLacksKey = 401,
  kLoosensColocate = 402,
  kLoosensCapabilities = 403,
  kLoosensPaths = 404,
  kLoosensNetwork = 405,
  kLoosensLimit = 406,
  kLoosensMandatoryAccess = 407,
  kLoosensBaseline = 408,
  kLoosensAllow = 409,
  kLoosensAnswer = 410,
  kSubordinateIds = 411,

  kUnknownSyscall = 501,
  kUnknownArgument = 502,
  kPointerArgument = 503,
  kUnknownConstant = 504,
  kValueDoesNotFit = 505,
  kBadRange = 506,
  kNoBits = 507,
  kRuleWithoutCondition = 508,
  kTwoVerdicts = 509,
  kDangerousWithoutReason = 510,
  kNotDangerous = 511,
  kNewerThanBaseline = 512,
  kLauncherNeeds = 513,
  kBadCall = 514,
  kUnknownErrno = 515,
  kUnenforceable = 516,
  kRuleArchitecture = 517,
  kRuleNeverHolds = 518,

  kAboveCeiling = 601,
  kAboveLimit = 602,
  kModeNotAllowed = 603,
  kConnectNotAvailable = 604,
  kListenWithoutMode = 605,
  kModeWithoutListen = 606,
  kHandoverNeedsNoConnect = 607,
  kOnlyForRelay = 608,
  kNotLoopback = 609,
  kBoundTwice = 610,
  kHostPathRefused = 611,
  kInsidePathRefused = 612,
  kMountedTwice = 613,
  kNeedsInsidePath = 614,
  kProgramNotExecutable = 615,
  kTenantMissing = 616,
  kReservedVariable = 617,

  kHostUnknownLevel = 701,
  kHostUnknownGroup = 702,
  kHostTooMuch = 703,
  kNamedTwice = 704,

  kUnknownDeployment = 801,
  kTwoLevels = 802,
  kUnknownService = 803,
  kServiceCycle = 804,

  kJsonSyntax = 901,
  kOciErrno = 902,
  kOciEither = 903,
  kOciTwoAnswers = 904,
  kOciNotify = 905,
  kOciKernel = 906,

  kGapSameEffect = 1001,
  kGapIoUring = 1002,
  kGapTerminal = 1003,
  kGapFastOpen = 1004,

  kRuleWithoutClaim = 1101,
  kRuleTwice = 1102,
  kGateTwice = 1103,
  kNeverNothing = 1104,
  kWaivesUnknownRule = 1105,
  kWaivesNothing = 1106,
  kWaivedTooLong = 1107,
  kWaivedTwice = 1108,

  kRequirement = 1201,
  kNeverAllowed = 1202,
  kAboveLevel = 1203,
  kNotAllowed = 1204,
  kReviewDue = 1205,
  kTestFails = 1206,
  kLooserThanBefore = 1207,
  kWaiverExpired = 1208,
  kWaiverUnused = 1209,
  kWaiverEndsSoon = 1210,
  kJudgedByNoGate = 1211,
  kGateJudgesNothing = 1212,
  kNotDecided = 1213,
  kHostCannotEnforce = 1214,
  kHostCutsLimit = 1215,
};

struct CodeEntry {
  Code code;
  std::string_view title;
  std::string_view explanation;  // one paragraph
};

// True for what is worth saying and not worth stopping for.
[[nodiscard]] constexpr bool IsWarning(Code code) {
  return static_cast<uint16_t>(code) / 100 == 10;
}

// True for what `check` finds in files that have no error.
[[nodiscard]] constexpr bool IsFinding(Code code) {
  return static_cast<uint16_t>(code) / 100 == 12;
}

// "RF0203".
[[nodiscard]] std::string Id(Code code);

// Every code once, in ascending order.
[[nodiscard]] std::span<const CodeEntry> AllCodes();

// The entry of "RF0203" (upper or lower case); nothing for an unknown id.
[[nodiscard]] std::optional<CodeEntry> FindCode(std::string_view id);

}  // namespace ringfence::syntax
