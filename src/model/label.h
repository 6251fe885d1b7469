// The names by which mandatory access control knows a sandbox. Policy that
// root loads and launches that select it have nothing else in common.
#pragma once

#include <cstdint>
#include <string>

namespace ringfence::model {

// AppArmor profiles: of a level, and of one workload of it. Names hold no dot
// themselves, so the two never meet.
[[nodiscard]] inline std::string LevelProfile(const std::string& level) {
  return "ringfence-" + level;
}
[[nodiscard]] inline std::string WorkloadProfile(const std::string& level,
                                                 const std::string& workload) {
  return "ringfence-" + level + "." + workload;
}

// SELinux types: of the processes of a level, of the files that they create,
// and of the stub below. A name with a dash is none to every tool.
[[nodiscard]] inline std::string LevelType(const std::string& level,
                                           const char* of = "_t") {
  std::string type = "ringfence_" + level + of;
  for (char& c : type) c = c == '-' ? '_' : c;
  return type;
}
[[nodiscard]] inline std::string LevelDataType(const std::string& level) {
  return LevelType(level, "_data_t");
}
inline constexpr char kStubType[] = "ringfence_stub_t";

// The SELinux categories that tell two workloads of one level apart. Levels of
// one chain have blocks of their own, by how many levels each extends; the
// deepest share the last one.
inline constexpr uint32_t kCategoryBlock = 128;
inline constexpr uint32_t kCategoryBlocks = 8;  // 1024 categories in all
inline constexpr uint32_t kCategoryPairs =
    kCategoryBlock * (kCategoryBlock - 1) / 2;

struct Categories {
  uint32_t low = 0;
  uint32_t high = 0;  // more than `low`
  bool operator==(const Categories&) const = default;
};
// `depth`: how many levels the workload's level extends. `pair`: below
// kCategoryPairs; two numbers give two pairs.
[[nodiscard]] constexpr Categories CategoriesOf(uint32_t depth, uint32_t pair) {
  uint32_t low = 0;
  for (uint32_t left = kCategoryBlock - 1; pair >= left; --left) {
    pair -= left;
    ++low;
  }
  const uint32_t block =
      (depth < kCategoryBlocks ? depth : kCategoryBlocks - 1) * kCategoryBlock;
  return {block + low, block + low + 1 + pair};
}

// A label changes at an exec only. This program, in the sandbox's root, is
// what the launcher executes first: it checks its label and then executes the
// workload's.
inline constexpr char kStubPath[] = "/.ringfence-stub";

}  // namespace ringfence::model
