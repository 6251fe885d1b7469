// ResolveLevel: a trust level with everything it inherits -> what it means.
//
//   auto level = ResolveLevel("public", find, diagnostics);
//   model::Meaning(level->seccomp.front(), call);
//
// Pure but for `find`. A level may only tighten what it extends, key by key;
// an omitted key is inherited. What tighter means:
//   colocate          same-level, then same-tenant, then alone
//   user              no order: any id but 0 and 4294967295
//   capabilities      a subset
//   filesystem        every subtree lies inside one of the parent's
//   network.modes     a subset
//   limits            equal or lower; if_available may become required
//   mandatory_access  a subset
//   seccomp           kernel_baseline equal or older; `allow` inside the
//                     parent's; `deny` is added to the parent's; rules are
//                     ANDed with the parent's for the same call; an answer may
//                     change between explain, quiet and any errno, or
//                     become kill; `log` is added to the parent's
// `tests` are not inherited: they are about one level.
//
// What the seccomp part of one level means, call by call:
//   1. Denied by `deny` here or in a level above: denied. `deny` wins over
//      groups; naming one call by itself in both `allow` and `deny`, or
//      denying a call that has a rule in the same level, is an error.
//   2. Named in `rules`: allowed only where one of its rules holds, and one of
//      each level above that has rules for it. To name it by itself in `allow`
//      of the same level is an error.
//   3. In `allow` or `dangerous`: allowed.
//   4. Else denied. A level that gives `allow` gives the complete list; one
//      that omits it has its parent's.
// A call on the dangerous list (dangerous.h) is allowed only where `dangerous`
// of this level, or the one it inherits, justifies it.
// Denials are answered by `denied`, or as `answers` or a rule's `answer` say
// for the call; two different answers for one call are an error. The errno is
// EPERM, or the one that is written instead. A call in `log`, here or in a
// level above, is answered with log where it would be allowed: the kernel makes
// it and tells the audit log. Three answers are Ringfence's own: clone3 is
// ENOSYS unless it and clone are both allowed without condition (its flags are
// behind a pointer); calls newer than kernel_baseline are ENOSYS; uretprobe and
// uprobe are allowed, because no filter can deny them (Syscall::enforceable).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/confinement.h"
#include "resolve/lookup.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::resolve {

// A value and the line of the level, or of the level it was inherited from,
// that set it.
using syntax::Span;
using syntax::Spanned;

struct LevelCeilings {
  std::vector<syntax::Text> may_read;
  std::vector<syntax::Text> may_write;
  std::vector<syntax::Text> may_execute;
  Span read_span;  // of the lists
  Span write_span;
  Span execute_span;
};

struct CgroupCeiling {
  model::CgroupLimit limit;  // amount 0: none
  Span max_span;
  Span if_available_span;
};

// One entry of `tests:` for one architecture that has the call.
struct LevelTest {
  enum class Expect : uint8_t { kAllowed, kLogged, kErrno, kKilled };
  std::string text;  // as written
  model::Call call;
  Expect expect = Expect::kAllowed;
  uint16_t error = 0;  // kErrno
  model::Source source;
};

// A dangerous call that the level, or the one it inherits from, justifies.
struct DangerousEntry {
  std::string syscall;
  Spanned<syntax::Date> review_by;
};

struct ResolvedLevel {
  std::string name;
  std::vector<std::string> chain;  // this level, its parent, ... its root
  Spanned<model::Colocate> colocate;
  model::User user;
  std::vector<std::string> capabilities;  // sorted
  Span capabilities_span;
  LevelCeilings ceilings;
  std::vector<Spanned<syntax::NetworkMode>> modes;
  Span modes_span;
  Spanned<uint32_t> processes;
  Spanned<uint32_t> open_files;
  CgroupCeiling memory;     // bytes
  CgroupCeiling cpu;        // thousandths of a core
  CgroupCeiling disk_read;  // bytes a second
  CgroupCeiling disk_write;
  model::MandatoryAccess mandatory_access;
  Span mandatory_access_span;
  std::vector<model::SeccompPolicy> seccomp;  // x86_64, aarch64
  model::Denials denials;                     // of the first of these
  std::vector<LevelTest> tests;
  std::vector<DangerousEntry> dangerous;  // by name
  // Gaps that it leaves (gaps.h): it compiles all the same.
  syntax::Diagnostics warnings;
  // Every level and group file that was read, sorted by path.
  std::vector<model::ProfileFile> profiles;
  Span span;  // of its name
};

// Whether a test holds. explain and quiet with the same errno are equal.
[[nodiscard]] bool Passes(const LevelTest& test,
                          const std::vector<model::SeccompPolicy>& policies);

[[nodiscard]] std::optional<ResolvedLevel> ResolveLevel(
    std::string_view name, const FindFile& find,
    syntax::Diagnostics& diagnostics);

// `document` must hold a TrustLevel; anything else is a diagnostic. Its file
// name becomes the path of its ProfileFile.
[[nodiscard]] std::optional<ResolvedLevel> ResolveLevel(
    const syntax::Document& document, const FindFile& find,
    syntax::Diagnostics& diagnostics);

}  // namespace ringfence::resolve
