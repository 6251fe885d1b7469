// Copies from one descriptor to another through a bounded buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/unique_fd.h"

namespace ringfence::launch {

class Pump {
 public:
  Pump(UniqueFd from, UniqueFd to)
      : from_(std::move(from)), to_(std::move(to)) {}
  // `from` is a terminal that others may read as well: nothing is taken from it
  // while its keys are theirs.
  [[nodiscard]] static Pump OfSharedTerminal(UniqueFd from, UniqueFd to);

  // What poll(2) has to wait for; -1 when this pump is done, or rests.
  [[nodiscard]] int WaitDescriptor() const;
  // How long poll(2) may wait at most before it is asked again, in ms; 0: as
  // long as it likes.
  [[nodiscard]] uint64_t RestMs() const;
  [[nodiscard]] short WaitEvents() const;
  // Moves what can be moved without waiting. A reader that went away, and a
  // file that cannot be written, end the pump.
  void Turn();
  // Nobody writes to the other end any more: copies what is left. False: the
  // reader takes no more at the moment.
  [[nodiscard]] bool Finish();
  [[nodiscard]] bool done() const { return !from_ && used_ == 0; }

 private:
  void Fill();
  void Drain();

  UniqueFd from_;
  UniqueFd to_;
  bool shared_ = false;
  uint64_t rest_until_ms_ = 0;  // monotonic
  std::array<std::byte, 64 * 1024> buffer_;
  size_t begin_ = 0;
  size_t used_ = 0;
};

}  // namespace ringfence::launch
