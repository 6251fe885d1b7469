// Copies from one descriptor to another through a bounded buffer.
#pragma once

#include <array>
#include <cstddef>

#include "base/unique_fd.h"

namespace ringfence::launch {

class Pump {
 public:
  Pump(UniqueFd from, UniqueFd to)
      : from_(std::move(from)), to_(std::move(to)) {}

  // What poll(2) has to wait for; -1 when this pump is done.
  [[nodiscard]] int WaitDescriptor() const;
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
  std::array<std::byte, 64 * 1024> buffer_;
  size_t begin_ = 0;
  size_t used_ = 0;
};

}  // namespace ringfence::launch
