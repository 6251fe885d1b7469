// Admission: the critical section of the ledger.
//
//   auto admission = Admission::Enter(file, 10'000);
//   if (!admission) ... std::holds_alternative<Busy>(admission.error())
//   ... check, claim ...      // left when `admission` goes
#pragma once

#include <cstdint>
#include <expected>
#include <utility>

#include "admit/refusal.h"

namespace ringfence::admit {

class Admission {
 public:
  // Waits at most `patience_ms`. `file` stays the caller's, open for writing,
  // and must outlive the Admission.
  [[nodiscard]] static std::expected<Admission, Refusal> Enter(
      int file, uint32_t patience_ms);

  Admission(Admission&& other) noexcept
      : file_(std::exchange(other.file_, -1)) {}
  Admission& operator=(Admission&&) = delete;
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;
  ~Admission();

 private:
  explicit Admission(int file) : file_(file) {}

  int file_;
};

}  // namespace ringfence::admit
