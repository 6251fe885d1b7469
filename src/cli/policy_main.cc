// ringfence-policy: the commands that read YAML, judge policies, or set up a
// host. Started by ringfence with the same arguments.

#include <cstdio>
#include <string_view>

#include "base/exhaustion.h"
#include "cli/command_attack.h"
#include "cli/command_compile.h"
#include "cli/command_doctor.h"
#include "cli/command_explain.h"
#include "cli/command_host.h"
#include "cli/command_plan.h"
#include "cli/standard_output.h"

int main(int argc, char** argv) {
  using namespace ringfence::cli;
  ringfence::PrepareForExhaustion();
  const std::string_view name = argc > 1 ? argv[1] : "";
  if (name == "compile") return RunWhole(RunCompile, argc - 1, argv + 1);
  if (name == "explain") return RunWhole(RunExplain, argc - 1, argv + 1);
  if (name == "attack") return RunWhole(RunAttack, argc - 1, argv + 1);
  if (name == "doctor") return RunWhole(RunDoctor, argc - 1, argv + 1);
  if (name == "plan") return RunWhole(RunPlan, argc - 1, argv + 1);
  if (name == "host") return RunWhole(RunHost, argc - 1, argv + 1);
  std::fputs("ringfence: start this through `ringfence`\n", stderr);
  return 2;
}
