// What one workload can take from all others.
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

constexpr char kLimits[] = "limits";

constexpr Technique kTechniques[] = {
    {"lock-memory", kLimits,
     [](const Target&) {
       // 64 MiB of memory that cannot be swapped out.
       constexpr size_t kSize = 64u << 20;
       void* const at = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       if (at == MAP_FAILED) return Stopped();
       return Of(::mlock(at, kSize));
     }},
    {"real-time-priority", kLimits,
     [](const Target&) {
       rlimit limit{};
       ::getrlimit(RLIMIT_RTPRIO, &limit);
       const sched_param high{.sched_priority = 1};
       const int set = ::sched_setscheduler(0, SCHED_FIFO, &high);
       return set == 0 ? Through() : Stopped();
     }},
    {"negative-nice", kLimits,
     [](const Target&) { return Of(::setpriority(PRIO_PROCESS, 0, -5)); }},
    {"fill-scratch", "the size of scratch space",
     [](const Target&) {
       // Beyond what the workload was given; at most 1 GiB is written.
       const std::string path =
           "/tmp/ringfence-fill-" + std::to_string(::getpid());
       const int fd =
           ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
       if (fd < 0) return Stopped();
       ::unlink(path.c_str());
       // Reserved, not written.
       return Of(::fallocate(fd, 0, 0, 1L << 30));
     }},
};

}  // namespace

std::span<const Technique> Resources() { return kTechniques; }

}  // namespace ringfence::attack
