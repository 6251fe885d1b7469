#include "resolve/narrow_limits.h"

#include "resolve/names.h"

namespace ringfence::resolve {
namespace {

using syntax::Code;

class Narrower {
 public:
  Narrower(const Narrowing* narrowing, syntax::Diagnostics& diagnostics)
      : narrowing_(narrowing), diagnostics_(diagnostics) {}

  void Count(const std::optional<Spanned<uint64_t>>& own,
             Spanned<uint32_t>& limit, const char* key) {
    if (!own) return;
    if (narrowing_ != nullptr && own->value > limit.value &&
        Refuses(Quote(key) + " is higher than " + narrowing_->above + " allows",
                own->span, "at most " + std::to_string(limit.value),
                limit.span)) {
      return;
    }
    // The schema's bounds fit 32 bits.
    limit = {static_cast<uint32_t>(own->value), own->span};
  }

  void Cgroup(const syntax::CgroupLimit& own, CgroupCeiling& ceiling,
              const char* key) {
    const bool limited = ceiling.limit.amount != 0;
    const bool higher =
        own.max && limited && own.max->value > ceiling.limit.amount;
    if (own.max &&
        (!higher || !Refuses(Quote(key) + " is higher than " +
                                 narrowing_->above + " allows",
                             own.max->span, "higher", ceiling.max_span))) {
      ceiling.limit.amount = own.max->value;
      ceiling.max_span = own.max->span;
    }
    if (!own.if_available) {
      // A limit without a word about it is required.
      if (own.max && !limited) ceiling.if_available_span = own.max->span;
      return;
    }
    if (ceiling.limit.amount == 0) {
      diagnostics_.Add({Code::kMissingKey,
                        Quote(key) + " needs the key `max`",
                        own.if_available->span,
                        "there is no limit to enforce",
                        {},
                        ""});
      return;
    }
    const bool optional =
        limited && own.if_available->value && !ceiling.limit.if_available;
    if (!optional ||
        !Refuses(Quote(key) + " is required by " + narrowing_->above,
                 own.if_available->span, "made optional here",
                 ceiling.if_available_span)) {
      ceiling.limit.if_available = own.if_available->value;
      ceiling.if_available_span = own.if_available->span;
    }
  }

 private:
  // True: what is said here must not be applied.
  [[nodiscard]] bool Refuses(std::string message, const Span& span,
                             std::string label, const Span& above) {
    return diagnostics_.RefusesLoosening({narrowing_->code,
                                          std::move(message),
                                          span,
                                          std::move(label),
                                          {{"the limit is set here", above}},
                                          ""});
  }

  const Narrowing* narrowing_;
  syntax::Diagnostics& diagnostics_;
};

}  // namespace

void NarrowLimits(const syntax::Limits& own, const Narrowing* narrowing,
                  LimitCeilings limits, syntax::Diagnostics& diagnostics) {
  Narrower narrower(narrowing, diagnostics);
  narrower.Count(own.processes, limits.processes, "processes");
  narrower.Count(own.open_files, limits.open_files, "open_files");
  narrower.Cgroup(own.memory, limits.memory, "memory");
  narrower.Cgroup(own.cpu, limits.cpu, "cpu");
  narrower.Cgroup(own.disk_read, limits.disk_read, "disk_read");
  narrower.Cgroup(own.disk_write, limits.disk_write, "disk_write");
}

}  // namespace ringfence::resolve
