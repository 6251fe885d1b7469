// `ringfence run`: a workload file, a bundle or a command line -> the
// launcher.
//
// What the trusted core does not do by itself (launch/at_once.h). It compiles
// what is not compiled yet by running ringfence-policy, and then becomes
// ringfence-launch by exec: what follows runs in the trusted core alone.
#pragma once

namespace ringfence::cli {

// `argv[0]` is "run". Returns only if the launcher could not be reached.
[[nodiscard]] int RunRun(int argc, char** argv);

}  // namespace ringfence::cli
