// The denied calls of one workload: counted, folded, and told at a bounded
// rate.
//
//   DeniedCalls denied(bundle.denials);
//   for (const std::string& line : denied.Note(*call, sys::MonotonicMs())) ...
//   for (const std::string& line : denied.Due(sys::MonotonicMs())) ...
//
// Nothing a workload does makes this grow or block: the number of each call is
// exact whatever happens; who made it, with which arguments, is looked at
// kExamined times a second and kept for kKept different denials; lines are
// said kBurst at once and one a second after that. What was not said is counted
// and said later, or at the end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "launch/denial.h"
#include "model/denial.h"
#include "sys/confine.h"

namespace ringfence::launch {

// Denials that differ in nothing but pointers, descriptors and process ids
// are one.
struct Denial {
  uint32_t number = 0;
  std::array<uint64_t, 6> arguments{};  // what is compared of them
  std::string program;                  // as it called itself
  uint32_t pid = 0;                     // of the first
  uint16_t error = 0;
  DenialText text;  // of the first
  uint64_t count = 0;
  int64_t first_ms = 0;  // since 1970 UTC
  int64_t last_ms = 0;
  bool told = false;
  uint64_t untold = 0;
};

// "python3[1234]: socket(...) = EPERM, by profiles/public.yaml:29; to allow
// it: ..."
[[nodiscard]] std::string Line(const Denial& denial);

class DeniedCalls {
 public:
  static constexpr size_t kKept = 64;
  static constexpr uint32_t kBurst = 20;
  static constexpr uint32_t kExamined = 1000;
  static constexpr uint64_t kPauseMs = 10'000;  // between two summaries

  using Lines = std::vector<std::string>;
  using ProgramName = std::function<std::string(uint32_t pid)>;

  // `denials` must outlive this.
  explicit DeniedCalls(const model::Denials& denials,
                       ProgramName program_of = ProgramOf,
                       std::function<std::string(uint32_t, uint64_t)>
                           descriptor_of = DescriptorOf);

  // Takes note of a call. `now_ms`: a monotonic clock.
  [[nodiscard]] Lines Note(const sys::Notification& call, uint64_t now_ms);
  // The summary of what was not said, once it is due.
  [[nodiscard]] Lines Due(uint64_t now_ms);
  [[nodiscard]] std::optional<uint64_t> due_ms() const { return due_ms_; }
  // The same at the end.
  [[nodiscard]] Lines Rest();

  [[nodiscard]] uint64_t total() const { return total_; }
  // Names and numbers of the calls denied so far, in the order of numbers.
  [[nodiscard]] std::vector<std::pair<std::string_view, uint64_t>> Totals()
      const;
  // Oldest first, at most kKept.
  [[nodiscard]] const std::vector<Denial>& kept() const { return kept_; }

 private:
  Denial& Fold(const sys::Notification& call);
  [[nodiscard]] std::array<uint64_t, 6> Compared(
      const sys::Notification& call) const;
  void Refill(uint64_t now_ms);

  const model::Denials& denials_;
  ProgramName program_of_;
  std::function<std::string(uint32_t, uint64_t)> descriptor_of_;
  uint64_t total_ = 0;
  std::vector<uint64_t> counts_;  // of denials_.calls
  uint64_t unknown_ = 0;          // of calls that are not in it
  std::vector<Denial> kept_;
  uint64_t untold_ = 0;  // of none of `kept_`
  std::optional<uint64_t> due_ms_;
  uint64_t second_ = 0;
  uint32_t examined_ = 0;  // in this second
  uint32_t lines_ = kBurst;
};

}  // namespace ringfence::launch
