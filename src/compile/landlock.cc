#include "compile/landlock.h"

#include <algorithm>

namespace ringfence::compile {
namespace {

namespace landlock = model::landlock;
using Kind = model::ViewEntry::Kind;

constexpr uint64_t kReading = landlock::kReadFile | landlock::kReadDir;
// No device nodes: they could not be opened anyway, and no profile needs them.
constexpr uint64_t kWriting = landlock::kWriteFile | landlock::kRemoveDir |
                              landlock::kRemoveFile | landlock::kMakeDir |
                              landlock::kMakeReg | landlock::kMakeSock |
                              landlock::kMakeFifo | landlock::kMakeSym |
                              landlock::kRefer | landlock::kTruncate;

uint64_t RightsOf(const model::ViewEntry& entry) {
  switch (entry.kind) {
    case Kind::kBind:
    case Kind::kScratch:
      return (entry.rights.read ? kReading : 0) |
             (entry.rights.write ? kWriting : 0) |
             (entry.rights.execute ? landlock::kExecute : 0);
    case Kind::kFile:
      return landlock::kReadFile;
    case Kind::kProc:
      return kReading;
    case Kind::kDev:
      return kReading | landlock::kWriteFile | landlock::kTruncate |
             landlock::kIoctlDev;
    case Kind::kDirectory:
    case Kind::kSymlink:
      return 0;
  }
  return 0;
}

bool IsHandedOver(const model::Listen& listen) {
  return listen.handover != model::Handover::kRelay;
}

}  // namespace

landlock::Ruleset CompileLandlock(const model::Confinement& confinement,
                                  const std::vector<model::ViewEntry>& view) {
  landlock::Ruleset ruleset;
  if (std::ranges::any_of(confinement.network.listen, IsHandedOver)) {
    ruleset.net = landlock::kBindTcp | landlock::kConnectTcp;
    if (confinement.network.needs_landlock) ruleset.required_abi = 4;
  }
  for (const model::ViewEntry& entry : view) {
    const uint64_t rights = RightsOf(entry);
    if (rights != 0) ruleset.paths.push_back({entry.at, rights});
  }
  return ruleset;
}

}  // namespace ringfence::compile
