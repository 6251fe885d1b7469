// Being seen to run.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "probe.h"
#include "witness_file.h"

namespace probe {

// In this process itself, so that whoever kills it ends what is witnessed.
bool Witness(std::string_view argument) {
  using ringfence::live::MonotonicNs;
  using ringfence::live::WitnessFile;

  const std::vector<std::string> parts = Split(argument, ',');
  if (parts.size() != 2 && parts.size() != 3) return false;
  const auto group = ParseValue(parts[1]);
  const auto milliseconds =
      parts.size() == 3 ? ParseValue(parts[2]) : std::optional<long>(0);
  if (!group || *group <= 0 || !milliseconds) return false;

  const int fd = ::open(parts[0].c_str(), O_RDWR | O_CLOEXEC);
  void* const memory = ::mmap(nullptr, sizeof(WitnessFile),
                              PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd < 0 || memory == MAP_FAILED) {
    WriteLine("witness", Outcome(-1));
    return true;
  }
  auto& file = *static_cast<WitnessFile*>(memory);
  auto& slot =
      file.slots[file.taken.fetch_add(1) % ringfence::live::kWitnessSlots];
  const uint64_t first = MonotonicNs();
  slot.first_ns = first;
  slot.last_ns = first;
  slot.group = static_cast<uint64_t>(*group);
  const uint64_t stay = static_cast<uint64_t>(*milliseconds) * 1'000'000;
  for (uint64_t now = first; stay == 0 || now - first < stay;) {
    now = MonotonicNs();
    slot.last_ns.store(now, std::memory_order_relaxed);
  }
  return true;
}

}  // namespace probe
