#include "live/witness.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"

namespace ringfence::live {

std::string Witness::Blank() { return std::string(sizeof(WitnessFile), '\0'); }

Witness::Witness(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  void* const memory = ::mmap(nullptr, sizeof(WitnessFile),
                              PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) {
    ADD_FAILURE() << path << ": " << std::strerror(errno);
    std::abort();
  }
  file_ = static_cast<WitnessFile*>(memory);
}

Witness::~Witness() { ::munmap(file_, sizeof(WitnessFile)); }

std::vector<Witness::Stay> Witness::StaysOf(uint64_t group) const {
  EXPECT_LE(file_->taken.load(), kWitnessSlots) << "too many for the file";
  std::vector<Stay> stays;
  for (const WitnessSlot& slot : file_->slots) {
    if (slot.group.load() == group) {
      stays.push_back({slot.first_ns.load(), slot.last_ns.load()});
    }
  }
  return stays;
}

uint64_t Witness::LastOf(uint64_t group) const {
  uint64_t last = 0;
  for (const Stay& stay : StaysOf(group)) last = std::max(last, stay.last_ns);
  return last;
}

uint64_t Witness::FirstOf(uint64_t group) const {
  uint64_t first = 0;
  for (const Stay& stay : StaysOf(group)) {
    first = first == 0 ? stay.first_ns : std::min(first, stay.first_ns);
  }
  return first;
}

bool Witness::Overlap(uint64_t one, uint64_t other) const {
  for (const Stay& a : StaysOf(one)) {
    for (const Stay& b : StaysOf(other)) {
      if (a.first_ns <= b.last_ns && b.first_ns <= a.last_ns) return true;
    }
  }
  return false;
}

void Witness::Reset() {
  for (WitnessSlot& slot : file_->slots) {
    slot.group = 0;
    slot.first_ns = 0;
    slot.last_ns = 0;
  }
  file_->taken = 0;
}

}  // namespace ringfence::live
