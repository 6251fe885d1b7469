// New namespaces and those of others.
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

// A user namespace alone needs no privilege, and gives them for all others.
Result Unshare(int more) { return Of(::unshare(CLONE_NEWUSER | more)); }

Result Clone(unsigned long flags) {
  const long pid = Raw(SYS_clone, static_cast<long>(flags | SIGCHLD));
  if (pid == 0) ::_exit(0);
  return Of(pid);
}

Result Join(const Target& target, int kind) {
  const long pidfd = Raw(SYS_pidfd_open, target.pid);
  if (pidfd < 0) return Stopped();
  return Of(::setns(static_cast<int>(pidfd), kind));
}

constexpr char kUser[] = "seccomp, max_user_namespaces=0";

constexpr Technique kTechniques[] = {
    {"unshare-user", kUser, [](const Target&) { return Unshare(0); }},
    {"unshare-user-mount", kUser,
     [](const Target&) { return Unshare(CLONE_NEWNS); }},
    {"unshare-user-network", kUser,
     [](const Target&) { return Unshare(CLONE_NEWNET); }},
    {"unshare-user-pid", kUser,
     [](const Target&) { return Unshare(CLONE_NEWPID); }},
    {"unshare-user-ipc", kUser,
     [](const Target&) { return Unshare(CLONE_NEWIPC); }},
    {"unshare-user-uts", kUser,
     [](const Target&) { return Unshare(CLONE_NEWUTS); }},
    {"unshare-user-cgroup", kUser,
     [](const Target&) { return Unshare(CLONE_NEWCGROUP); }},
    {"unshare-user-time", kUser,
     [](const Target&) { return Unshare(CLONE_NEWTIME); }},
    {"unshare-files", "seccomp",
     [](const Target&) { return Of(::unshare(CLONE_FILES)); }},
    {"clone-user", kUser, [](const Target&) { return Clone(CLONE_NEWUSER); }},
    {"clone-user-high-bit", kUser,
     [](const Target&) {
       // clone takes its flags as one word; what is above 32 bits it ignores.
       return Clone(CLONE_NEWUSER | (1UL << 40));
     }},
    {"clone3-user", "seccomp: clone3 is ENOSYS",
     [](const Target&) {
       clone_args arguments{};
       arguments.flags = CLONE_NEWUSER;
       arguments.exit_signal = SIGCHLD;
       const long pid = Raw(SYS_clone3, reinterpret_cast<long>(&arguments),
                            sizeof arguments);
       if (pid == 0) ::_exit(0);
       return Of(pid);
     }},
    {"clone3-into-cgroup", "seccomp: clone3 is ENOSYS",
     [](const Target&) {
       clone_args arguments{};
       arguments.flags = CLONE_INTO_CGROUP;
       arguments.cgroup = ~0U;
       arguments.exit_signal = SIGCHLD;
       // EBADF: the kernel looked for the group.
       const long pid = Raw(SYS_clone3, reinterpret_cast<long>(&arguments),
                            sizeof arguments);
       if (pid == 0) ::_exit(0);
       return pid < 0 && errno == EBADF ? Through() : Of(pid);
     }},
    {"setns-of-target", "PID namespace",
     [](const Target& target) {
       // A user namespace that is joined already is EINVAL: it was found.
       const Result result = Join(target, CLONE_NEWUSER);
       return result.answer == "EINVAL" ? Through() : result;
     }},
    {"setns-by-proc", "seccomp",
     [](const Target&) {
       const int own = ::open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
       if (own < 0) return Stopped();
       const Result result = Of(::setns(own, CLONE_NEWUSER));
       return result.answer == "EINVAL" ? Through() : result;
     }},
    {"namespace-files-of-target", "PID namespace",
     [](const Target& target) {
       const std::string path =
           "/proc/" + std::to_string(target.pid) + "/ns/mnt";
       return Of(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
     }},
    {"namespace-files-of-init", "init is not dumpable",
     [](const Target& target) {
       // Outside, process 1 is somebody else's: the target stands for it.
       const std::string path =
           ::getppid() <= 2 ? "/proc/1/ns/mnt"
                            : "/proc/" + std::to_string(target.pid) + "/ns/mnt";
       return Of(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
     }},
    {"write-own-id-map", "the map is written once",
     [](const Target&) {
       EnterOwn(0);
       const int map = ::open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC);
       if (map < 0) return Stopped();
       const int deny = ::open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
       if (deny >= 0) (void)!::write(deny, "deny", 4);
       const std::string line = "0 " + std::to_string(::getegid()) + " 1\n";
       return Of(::write(map, line.data(), line.size()));
     }},
};

}  // namespace

std::span<const Technique> Namespaces() { return kTechniques; }

}  // namespace ringfence::attack
