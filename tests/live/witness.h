// The test's side of probe/witness_file.h.
//
//   Witness witness(home_.Write("witness", Witness::Blank(), 0666));
//   ... workloads run `probe witness:...,1` and `probe witness:...,2` ...
//   EXPECT_FALSE(witness.Overlap(1, 2));
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "live/probe/witness_file.h"

namespace ringfence::live {

class Witness {
 public:
  // What the file holds at first.
  [[nodiscard]] static std::string Blank();

  // `path`: a file with Blank() in it. A failure of the test if it cannot be
  // mapped.
  explicit Witness(const std::string& path);
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness();

  // When a process was first and last seen.
  struct Stay {
    uint64_t first_ns = 0;
    uint64_t last_ns = 0;
  };
  [[nodiscard]] std::vector<Stay> StaysOf(uint64_t group) const;
  // The latest time at which any process of `group` was seen; 0: none was.
  [[nodiscard]] uint64_t LastOf(uint64_t group) const;
  // The earliest time; 0: none was.
  [[nodiscard]] uint64_t FirstOf(uint64_t group) const;
  // Whether a process of one and a process of the other were there at once:
  // the time of one of them lies within that of the other.
  [[nodiscard]] bool Overlap(uint64_t one, uint64_t other) const;

  // Forgets everything. Nobody may be running.
  void Reset();

 private:
  WitnessFile* file_ = nullptr;
};

}  // namespace ringfence::live
