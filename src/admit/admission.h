// Admission: the critical section of the ledger.
//
//   auto admission = Admission::Enter(ledger, 10'000);
//   if (!admission) ... std::holds_alternative<Busy>(admission.error())
//   ... check, claim ...      // left when `admission` goes
#pragma once

#include <cstdint>
#include <expected>
#include <utility>

#include "admit/refusal.h"
#include "sys/pidfd.h"

namespace ringfence::admit {

class Admission {
 public:
  // Waits at most `patience_ms`. `ledger` stays the caller's, open for reading
  // and writing under an open file description that no other admission uses,
  // and must outlive the Admission.
  [[nodiscard]] static std::expected<Admission, Refusal> Enter(
      int ledger, uint32_t patience_ms);

  // This process.
  [[nodiscard]] const sys::Process& self() const { return self_; }

  Admission(Admission&& other) noexcept
      : ledger_(std::exchange(other.ledger_, -1)), self_(other.self_) {}
  Admission& operator=(Admission&&) = delete;
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;
  ~Admission();

 private:
  explicit Admission(int ledger) : ledger_(ledger) {}

  int ledger_;
  sys::Process self_;
};

}  // namespace ringfence::admit
