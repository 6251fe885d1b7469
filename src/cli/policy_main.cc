// ringfence-policy: the commands that read YAML, judge policies, or set up a
// host. Started by ringfence with the same arguments.

#include <cstdio>
#include <string_view>

#include "cli/command_attack.h"
#include "cli/command_compile.h"
#include "cli/command_doctor.h"
#include "cli/command_explain.h"
#include "cli/command_host.h"
#include "cli/command_plan.h"

int main(int argc, char** argv) {
  using namespace ringfence::cli;
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "compile") return RunCompile(argc - 1, argv + 1);
  if (name == "explain") return RunExplain(argc - 1, argv + 1);
  if (name == "attack") return RunAttack(argc - 1, argv + 1);
  if (name == "doctor") return RunDoctor(argc - 1, argv + 1);
  if (name == "plan") return RunPlan(argc - 1, argv + 1);
  if (name == "host") return RunHost(argc - 1, argv + 1);
  std::fputs("ringfence: start this through `ringfence`\n", stderr);
  return 2;
}
