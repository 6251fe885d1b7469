// Techniques: ways out of a sandbox, tried one after the other.
//
//   for (const Technique& technique : Namespaces()) technique.attempt(target);
//
// A technique is one mechanism or entry point. It is tried in the sandbox,
// where it has to be stopped, and outside as the same user, where it has to get
// through or to be answered differently: else it shows nothing. What gets
// through outside must do no harm there: it ends with the process that tried
// it, or touches only what the target made for it.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ringfence::attack {

// What stands outside, made by `ringfence-attacker --target` (target.cc), for
// techniques to reach.
struct Target {
  pid_t pid = 0;         // of the same user, and to be traced by everybody
  std::string folder;    // with the files below
  std::string secret;    // readable by the user
  std::string socket;    // a Unix socket that listens
  std::string fifo;      // that is open for reading
  std::string abstract;  // the name of an abstract socket that listens
  uint16_t tcp = 0;      // ports on 127.0.0.1: one that listens,
  uint16_t udp = 0;      // one that answers
  int memory = -1;       // key of a System V segment
  int messages = -1;     // of a message queue
  int semaphores = -1;   // of a set of semaphores
  std::string queue;     // a POSIX message queue
  std::string handle;    // of `secret`, name_to_handle_at(2), in hex
};

struct Result {
  bool through = false;
  std::string
      answer;  // "EPERM", "SIGSYS", "it is empty"; of no matter if through
};

struct Technique {
  std::string_view name;   // kebab-case
  std::string_view layer;  // what has to stop it
  Result (*attempt)(const Target& target);
};

// By kernel surface.
struct Surface {
  std::string_view name;
  std::span<const Technique> techniques;
};
[[nodiscard]] std::span<const Surface> Surfaces();

// Made by each of abi.cc, calls.cc, ...
[[nodiscard]] std::span<const Technique> Abi();
[[nodiscard]] std::span<const Technique> Namespaces();
[[nodiscard]] std::span<const Technique> Mounts();
[[nodiscard]] std::span<const Technique> Files();
[[nodiscard]] std::span<const Technique> Processes();
[[nodiscard]] std::span<const Technique> Kernel();
[[nodiscard]] std::span<const Technique> Sockets();
[[nodiscard]] std::span<const Technique> Resources();

// From errno.
[[nodiscard]] Result Stopped();
[[nodiscard]] Result Stopped(std::string_view answer);
[[nodiscard]] Result Through();
// Through where `value` is not negative, else stopped by errno.
[[nodiscard]] Result Of(long value);

// The system call itself (syscall(2)): a result, or -1 and errno.
[[nodiscard]] long Raw(long number, long a = 0, long b = 0, long c = 0,
                       long d = 0, long e = 0, long f = 0);

// A user namespace, with `more` (CLONE_NEWNS...), of the technique's own, for
// what needs capabilities. That it cannot be had is no reason not to try on.
void EnterOwn(int more);

// In a child: what it came to, or how it died.
[[nodiscard]] Result InChild(const Technique& technique, const Target& target);

}  // namespace ringfence::attack
