// Runs a fuzz target once on every file of the folders it is given. It stands
// in for libFuzzer, so that g++ builds replay what was ever found.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "input.h"

namespace {

int Replay(const std::vector<std::string>& folders) {
  size_t replayed = 0;
  for (const std::string& folder : folders) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
      const std::vector<uint8_t> bytes(text.begin(), text.end());
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);  // so that the last line names the file that failed
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
      ++replayed;
    }
  }
  if (replayed == 0) std::puts("there is no input to replay");
  return replayed == 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) try {
  return Replay({argv + 1, argv + argc});
} catch (const std::exception& error) {
  std::puts(error.what());
  return 1;
}
