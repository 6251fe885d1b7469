// Entry points beside the one that a filter for x86-64 is about.
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

constexpr long kX32 = 0x40000000;

// A system call of the 32-bit ABI. Its numbers are others: 20 is getpid.
long Int80([[maybe_unused]] long number, [[maybe_unused]] long a = 0,
           [[maybe_unused]] long b = 0) {
#if defined(__x86_64__)
  long result = number;
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(a), "c"(b)
               : "memory", "r8", "r9", "r10", "r11");
  return result;
#else
  return -1;
#endif
}

Result Answered(long result) {
  if (result >= 0) return Through();
  return Stopped("refused");
}

constexpr Technique kTechniques[] = {
    {"int80-getpid", "seccomp: 32-bit calls kill",
     [](const Target&) { return Answered(Int80(20)); }},
    {"int80-socketcall", "seccomp: 32-bit calls kill",
     [](const Target&) {
       // socketcall(SYS_SOCKET, arguments): the family is behind a pointer,
       // where no filter looks. Below 4 GiB there is no array of ours: EFAULT
       // tells that the kernel looked for it.
       return Int80(102, 1, 8) == -14 ? Through() : Stopped("refused");
     }},
    {"int80-unshare-user", "seccomp: 32-bit calls kill",
     [](const Target&) { return Answered(Int80(310, 0x10000000)); }},
    {"x32-getpid", "seccomp: x32 kills",
     [](const Target&) { return Of(Raw(kX32 | SYS_getpid)); }},
    {"personality-32-bit", "seccomp",
     [](const Target&) { return Of(::personality(PER_LINUX32)); }},
    {"personality-read-implies-exec", "seccomp",
     [](const Target&) { return Of(::personality(READ_IMPLIES_EXEC)); }},
    {"personality-no-randomization", "seccomp",
     [](const Target&) { return Of(::personality(ADDR_NO_RANDOMIZE)); }},
#if defined(__x86_64__)
    {"modify-ldt", "seccomp",
     [](const Target&) {
       char table[16];
       return Of(
           Raw(SYS_modify_ldt, 0, reinterpret_cast<long>(table), sizeof table));
     }},
    {"iopl", "seccomp, capabilities",
     [](const Target&) { return Of(Raw(SYS_iopl, 3)); }},
    {"ioperm", "seccomp, capabilities",
     [](const Target&) { return Of(Raw(SYS_ioperm, 0x80, 1, 1)); }},
#endif
    {"high-bit-socket-family", "seccomp: int arguments by their low word",
     [](const Target&) {
       return Of(Raw(SYS_socket, AF_ALG | (1L << 32), SOCK_SEQPACKET, 0));
     }},
    {"high-bit-unshare-flags", "seccomp: int arguments by their low word",
     [](const Target&) {
       return Of(Raw(SYS_unshare, 0x10000000 | (1L << 32)));
     }},
};

}  // namespace

std::span<const Technique> Abi() { return kTechniques; }

}  // namespace ringfence::attack
