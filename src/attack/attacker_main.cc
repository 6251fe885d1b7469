// ringfence-attacker: tries every technique and says how each one ended.
//
//   ringfence-attacker --target       is what they try to reach (target.h)
//   ringfence-attacker KEY=VALUE...   tries them, with what that printed
//
// One line a technique, separated by tabs: surface, name, "through" or
// "stopped", the answer, the layer that has to stop it. It runs inside and
// outside of the sandbox: static, and without a right of its own.
#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "attack/target.h"
#include "attack/technique.h"

int main(int argc, char** argv) {
  using namespace ringfence::attack;
  if (argc == 2 && std::string_view(argv[1]) == "--target") return BeTarget();
  const auto target = ParseTarget(std::span(argv + 1, argv + argc));
  if (argc < 2 || !target) {
    std::fputs("ringfence-attacker: start this through `ringfence attack`\n",
               stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  for (const Surface& surface : Surfaces()) {
    for (const Technique& technique : surface.techniques) {
      const Result result = InChild(technique, *target);
      std::printf(
          "%.*s\t%.*s\t%s\t%s\t%.*s\n", static_cast<int>(surface.name.size()),
          surface.name.data(), static_cast<int>(technique.name.size()),
          technique.name.data(), result.through ? "through" : "stopped",
          result.answer.c_str(), static_cast<int>(technique.layer.size()),
          technique.layer.data());
      std::fflush(stdout);
    }
  }
}
