// probe: tries named operations and says how each one ended.
//
//   $ probe socket:AF_VSOCK,SOCK_STREAM,0 userns read:/etc/shadow
//   socket:AF_VSOCK,SOCK_STREAM,0=EPERM
//   userns=EPERM
//   read:/etc/shadow=ENOENT
//
// One line OPERATION=RESULT each, written at once. RESULT is
//   0         it succeeded
//   ENAME     it failed with this errno
//   SIGNAME   it killed the process that tried it
//   EXITn     that process ended with code n instead of answering
//   TIMEOUT   nothing for ten seconds
//   NOFORK:E  no process could be made to try it
// and for counting operations N or N:ENAME, how many succeeded and what ended
// it. Operations run in a child each, so that the end of one is not the end of
// the rest, but for id, sandbox, sleep, spin and witness (witness_file.h),
// which are about this process itself. Where it can be had, an allowed
// operation still fails without an effect: a bad pointer or descriptor makes it
// EFAULT or EBADF.
//
// It runs inside sandboxes: static, never sanitized, and it uses no more
// system calls of its own than fork, pipe, poll, read, write, kill and wait.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace probe {

// What is to be tried, called in a child; the result for its line.
using Attempt = std::function<std::string()>;

// An operation's attempt for its argument (what follows the first colon; empty
// without one); none where the argument makes no sense.
struct Operation {
  std::string_view name;
  std::optional<Attempt> (*prepare)(std::string_view argument);
};

// "0" for a result that is not negative, else the name of errno.
std::string Outcome(long result);
std::string ErrnoName(int number);

// Runs `attempt` in a child; its result, or how the child ended.
std::string RunInChild(const Attempt& attempt);

void WriteLine(std::string_view operation, std::string_view result);

std::vector<std::string> Split(std::string_view text, char separator);
// Decimal, 0x hexadecimal, negative, or names such as AF_UNIX and
// SOCK_STREAM, joined by '|'.
std::optional<long> ParseValue(std::string_view text);
// Values separated by commas, `least` to `most` of them.
std::optional<std::vector<long>> ParseValues(std::string_view text,
                                             size_t least, size_t most);

// calls.cc: system calls by number.
std::span<const Operation> CallOperations();
// Every call with all arguments -1. `outside`: leave out those that would do
// something to a host.
bool Sweep(std::string_view range, bool outside);
// files.cc
std::span<const Operation> FileOperations();
// isolation.cc: other processes, namespaces, the network, identity.
std::span<const Operation> IsolationOperations();
// resources.cc: how much of something there is.
std::span<const Operation> ResourceOperations();
// identity.cc: lines id.KEY=VALUE about this process.
void PrintIdentity();
// Likewise, what a sandbox has around it: its mounts, and how its init is
// filtered.
void PrintSandbox();
// witness.cc: PATH,GROUP or PATH,GROUP,MILLISECONDS, as witness_file.h tells.
// False: the argument makes no sense.
bool Witness(std::string_view argument);

}  // namespace probe
