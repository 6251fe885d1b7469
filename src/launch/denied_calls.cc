#include "launch/denied_calls.h"

#include <algorithm>

#include "launch/text.h"
#include "sys/clock.h"

namespace ringfence::launch {
namespace {

// What one summary says at most.
constexpr size_t kSummary = 10;

std::string Times(uint64_t count) {
  return std::to_string(count) + (count == 1 ? " more" : " more times");
}

}  // namespace

std::string Line(const Denial& denial) {
  std::string line = Said(denial.program) + "[" + std::to_string(denial.pid) +
                     "]: " + denial.text.call + " = " + ErrnoName(denial.error);
  if (!denial.text.by.empty()) line += ", by " + denial.text.by;
  if (!denial.text.remedy.empty()) line += "; " + denial.text.remedy;
  return line;
}

DeniedCalls::DeniedCalls(
    const model::Denials& denials, ProgramName program_of,
    std::function<std::string(uint32_t, uint64_t)> descriptor_of)
    : denials_(denials),
      program_of_(std::move(program_of)),
      descriptor_of_(std::move(descriptor_of)),
      counts_(denials.calls.size()) {
  kept_.reserve(kKept);
}

DeniedCalls::Lines DeniedCalls::Note(const sys::Notification& call,
                                     uint64_t now_ms) {
  ++total_;
  const model::DeniedCall* known = model::Find(denials_, call.number);
  ++(known != nullptr
         ? counts_[static_cast<size_t>(known - denials_.calls.data())]
         : unknown_);
  Refill(now_ms);
  if (examined_ < kExamined) {
    ++examined_;
    Denial& denial = Fold(call);
    ++denial.count;
    denial.last_ms = sys::RealtimeMs();
    if (!denial.told && lines_ > 0) {
      --lines_;
      denial.told = true;
      return {Line(denial)};
    }
    ++denial.untold;
  } else {
    ++untold_;
  }
  if (!due_ms_) due_ms_ = now_ms + kPauseMs;
  return {};
}

Denial& DeniedCalls::Fold(const sys::Notification& call) {
  const std::array<uint64_t, 6> compared = Compared(call);
  std::string program = program_of_(call.pid);
  for (Denial& denial : kept_) {
    if (denial.number == call.number && denial.arguments == compared &&
        denial.program == program) {
      return denial;
    }
  }
  Denial denial{.number = call.number,
                .arguments = compared,
                .program = std::move(program),
                .pid = call.pid,
                .error = ErrorFor(denials_, call.number),
                .text = Describe(
                    denials_, call.number, call.args,
                    [&](uint64_t fd) { return descriptor_of_(call.pid, fd); }),
                .first_ms = sys::RealtimeMs()};
  if (kept_.size() == kKept) {
    const auto oldest = std::ranges::min_element(kept_, {}, &Denial::last_ms);
    untold_ += oldest->untold;
    kept_.erase(oldest);
  }
  kept_.push_back(std::move(denial));
  return kept_.back();
}

std::array<uint64_t, 6> DeniedCalls::Compared(
    const sys::Notification& call) const {
  std::array<uint64_t, 6> compared{};
  const model::DeniedCall* known = model::Find(denials_, call.number);
  if (known == nullptr || known->form == model::kNowhere) return compared;
  for (const model::ArgumentForm& form : denials_.forms[known->form]) {
    if (form.kind == model::ArgumentForm::Kind::kPointer ||
        form.kind == model::ArgumentForm::Kind::kDescriptor) {
      continue;
    }
    compared[form.position] = call.args[form.position];
  }
  return compared;
}

void DeniedCalls::Refill(uint64_t now_ms) {
  const uint64_t second = now_ms / 1000;
  if (second == second_) return;
  lines_ = static_cast<uint32_t>(
      std::min<uint64_t>(kBurst, lines_ + (second - second_)));
  second_ = second;
  examined_ = 0;
}

DeniedCalls::Lines DeniedCalls::Due(uint64_t now_ms) {
  if (!due_ms_ || now_ms < *due_ms_) return {};
  return Rest();
}

DeniedCalls::Lines DeniedCalls::Rest() {
  due_ms_.reset();
  Lines lines;
  uint64_t rest = std::exchange(untold_, 0);
  for (Denial& denial : kept_) {
    const uint64_t untold = std::exchange(denial.untold, 0);
    if (untold == 0) continue;
    if (lines.size() == kSummary) {
      rest += untold;
    } else if (!std::exchange(denial.told, true)) {
      lines.push_back(Line(denial) + " (" + std::to_string(untold) + " times)");
    } else {
      lines.push_back(Times(untold) + ": " + Said(denial.program) + ": " +
                      denial.text.call + " = " + ErrnoName(denial.error));
    }
  }
  if (rest != 0) {
    lines.push_back(std::to_string(rest) +
                    " further denied calls; `ringfence inspect` has their "
                    "numbers");
  }
  return lines;
}

std::vector<std::pair<std::string_view, uint64_t>> DeniedCalls::Totals() const {
  std::vector<std::pair<std::string_view, uint64_t>> totals;
  for (size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] != 0)
      totals.emplace_back(denials_.calls[i].name, counts_[i]);
  }
  if (unknown_ != 0) totals.emplace_back("unknown", unknown_);
  return totals;
}

}  // namespace ringfence::launch
