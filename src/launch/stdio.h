// The workload's standard streams.
//
// A regular file is never handed to a workload: it could open it again, with
// other rights, through /proc/self/fd. It gets a pipe, and the supervisor
// copies.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace ringfence::launch {

// Copies from one descriptor to another through a bounded buffer.
class Pump {
 public:
  Pump(UniqueFd from, UniqueFd to)
      : from_(std::move(from)), to_(std::move(to)) {}

  // What poll(2) has to wait for; -1 when this pump is done.
  [[nodiscard]] int WaitDescriptor() const;
  [[nodiscard]] short WaitEvents() const;
  // Moves what can be moved without waiting on a pipe. A reader that went
  // away, and a file that cannot be written, end the pump.
  void Turn();
  // The other end is closed for good: copies what is left and ends.
  void Finish();
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

struct Stdio {
  std::array<int, 3> child = {0, 1, 2};  // what the workload gets
  std::vector<UniqueFd> ends;            // the pipes' ends among them
  std::vector<Pump> pumps;
};

// Looks at descriptors 0, 1 and 2 of this process. A closed one becomes
// /dev/null.
[[nodiscard]] Result<Stdio> PrepareStdio();

}  // namespace ringfence::launch
