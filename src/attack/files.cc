// What lies outside the view, by every way a path can take.
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

Result Open(const std::string& path, int flags = O_RDONLY) {
  return Of(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

std::string Proc(const Target& target, const char* rest) {
  return "/proc/" + std::to_string(target.pid) + rest;
}

// A file that is gone again at once.
Result Create(const std::string& path) {
  const Result result = Open(path, O_WRONLY | O_CREAT | O_EXCL);
  if (result.through) ::unlink(path.c_str());
  return result;
}

// A path that is the host's, in whatever way it answers.
template <const char* Path>
Result OpenHost(const Target&) {
  return Open(Path);
}

template <const char* Path>
Result OpenHostForWriting(const Target&) {
  return Open(Path, O_WRONLY);
}

constexpr char kCgroup[] = "/sys/fs/cgroup";
constexpr char kSys[] = "/sys/kernel";
constexpr char kHome[] = "/home";
constexpr char kHostTmp[] = "/var/tmp";
constexpr char kHostRun[] = "/run";
constexpr char kBoot[] = "/boot";
constexpr char kVar[] = "/var/lib";
constexpr char kFuse[] = "/dev/fuse";
constexpr char kTun[] = "/dev/net/tun";
constexpr char kKvm[] = "/dev/kvm";
constexpr char kKmsg[] = "/dev/kmsg";
constexpr char kVda[] = "/dev/vda";
constexpr char kLoop[] = "/dev/loop-control";
constexpr char kUserfault[] = "/dev/userfaultfd";
constexpr char kMachineId[] = "/etc/machine-id";
constexpr char kHostname[] = "/etc/hostname";
constexpr char kFstab[] = "/etc/fstab";
constexpr char kShadow[] = "/etc/shadow";

constexpr char kCorePattern[] = "/proc/sys/kernel/core_pattern";
constexpr char kOwnOom[] = "/proc/self/oom_score_adj";
constexpr char kOwnComm[] = "/proc/self/comm";
constexpr char kOwnMem[] = "/proc/self/mem";

constexpr char kView[] = "not in the view";
constexpr char kReadOnly[] = "a read-only mount, Landlock";

constexpr Technique kTechniques[] = {
    {"secret-by-path", kView,
     [](const Target& target) { return Open(target.secret); }},
    {"secret-by-symlink", kView,
     [](const Target& target) {
       const std::string link =
           "/tmp/ringfence-attack-" + std::to_string(::getpid());
       if (::symlink(target.secret.c_str(), link.c_str()) != 0)
         return Stopped();
       const Result result = Open(link);
       ::unlink(link.c_str());
       return result;
     }},
    {"secret-by-hard-link", kView,
     [](const Target& target) {
       const std::string link =
           target.folder + "/link-" + std::to_string(::getpid());
       const Result result = Of(::link(target.secret.c_str(), link.c_str()));
       ::unlink(link.c_str());
       return result;
     }},
    {"secret-by-dot-dot", "pivot_root: nothing is above the root",
     [](const Target& target) {
       const int root = ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
       if (root < 0) return Stopped();
       const std::string path = "../../../../.." + target.secret;
       return Of(::openat(root, path.c_str(), O_RDONLY | O_CLOEXEC));
     }},
    {"secret-by-own-root", kView,
     [](const Target& target) {
       return Open("/proc/self/root" + target.secret);
     }},
    {"secret-by-own-cwd", kView,
     [](const Target& target) {
       return Open("/proc/self/cwd/../../../../.." + target.secret);
     }},
    {"secret-by-root-of-target", "PID namespace",
     [](const Target& target) {
       return Open(Proc(target, "/root") + target.secret);
     }},
    {"secret-by-cwd-of-target", "PID namespace",
     [](const Target& target) { return Open(Proc(target, "/cwd/secret")); }},
    {"secret-by-root-of-init", "init is not dumpable",
     [](const Target& target) {
       // Outside, the target stands for process 1.
       return ::getppid() <= 2 ? Open("/proc/1/root" + target.secret)
                               : Open(Proc(target, "/root") + target.secret);
     }},
    {"descriptors-of-target", "PID namespace",
     [](const Target& target) { return Open(Proc(target, "/fd")); }},
    {"descriptors-of-init", "init is not dumpable",
     [](const Target& target) {
       return ::getppid() <= 2 ? Open("/proc/1/fd") : Open(Proc(target, "/fd"));
     }},
    {"write-launcher-program", "init is not dumpable",
     [](const Target& target) {
       // Outside, the target stands for process 1. ETXTBSY: it was about to.
       const Result result = ::getppid() <= 2
                                 ? Open("/proc/1/exe", O_WRONLY)
                                 : Open(Proc(target, "/exe"), O_WRONLY);
       return result.answer == "ETXTBSY" ? Through() : result;
     }},
    {"inherited-descriptor", "all but the listed ones are closed",
     [](const Target&) {
       // The caller of the sandbox had a directory open as 40.
       return Of(::openat(40, ".", O_RDONLY | O_CLOEXEC));
     }},
    {"secret-by-handle", "seccomp",
     [](const Target& target) {
       struct {
         unsigned size;
         int type;
         unsigned char bytes[128];
       } handle{};
       const size_t size = target.handle.size() / 2;
       if (size < 4 || size > sizeof handle.bytes) return Stopped("no handle");
       std::vector<unsigned char> bytes;
       for (size_t i = 0; i < size; ++i) {
         bytes.push_back(static_cast<unsigned char>(
             std::stoi(target.handle.substr(2 * i, 2), nullptr, 16)));
       }
       std::memcpy(&handle.type, bytes.data(), 4);
       std::memcpy(handle.bytes, bytes.data() + 4, size - 4);
       handle.size = static_cast<unsigned>(size - 4);
       const int mount = ::open("/usr", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
       const long fd = Raw(SYS_open_by_handle_at, mount,
                           reinterpret_cast<long>(&handle), O_RDONLY);
       return Of(fd);
     }},
    {"handle-of-file", "seccomp",
     [](const Target&) {
       struct {
         unsigned size = 128;
         int type = 0;
         unsigned char bytes[128] = {};
       } handle;
       int mount = 0;
       return Of(Raw(
           SYS_name_to_handle_at, AT_FDCWD, reinterpret_cast<long>("/usr"),
           reinterpret_cast<long>(&handle), reinterpret_cast<long>(&mount), 0));
     }},
    {"openat2-no-xdev", kView,
     [](const Target& target) {
       open_how how{};
       how.flags = O_RDONLY;
       how.resolve = RESOLVE_NO_MAGICLINKS;
       const long fd = Raw(SYS_openat2, AT_FDCWD,
                           reinterpret_cast<long>(target.secret.c_str()),
                           reinterpret_cast<long>(&how), sizeof how);
       return Of(fd);
     }},
    {"watch-secret", kView,
     [](const Target& target) {
       const int watch = ::inotify_init1(IN_CLOEXEC);
       if (watch < 0) return Stopped();
       return Of(::inotify_add_watch(watch, target.folder.c_str(), IN_OPEN));
     }},
    {"stat-secret", kView,
     [](const Target& target) {
       struct stat status;
       return Of(::stat(target.secret.c_str(), &status));
     }},
    {"write-beside-secret", kView,
     [](const Target& target) {
       const std::string path =
           target.folder + "/new-" + std::to_string(::getpid());
       return Create(path);
     }},
    {"fifo-of-host", kView,
     [](const Target& target) { return Open(target.fifo, O_WRONLY); }},
    {"list-home", kView, OpenHost<kHome>},
    {"list-var-lib", kView, OpenHost<kVar>},
    {"list-var-tmp", kView, OpenHost<kHostTmp>},
    {"list-run", kView, OpenHost<kHostRun>},
    {"list-boot", kView, OpenHost<kBoot>},
    {"list-sys", kView, OpenHost<kSys>},
    {"list-cgroup", kView, OpenHost<kCgroup>},
    {"host-machine-id", kView, OpenHost<kMachineId>},
    {"host-hostname", kView, OpenHost<kHostname>},
    {"host-fstab", kView, OpenHost<kFstab>},
    {"host-shadow", kView, OpenHost<kShadow>},
    {"device-fuse", kView, OpenHost<kFuse>},
    {"device-tun", kView, OpenHost<kTun>},
    {"device-kvm", kView, OpenHost<kKvm>},
    {"device-kmsg", kView, OpenHost<kKmsg>},
    {"device-disk", kView, OpenHost<kVda>},
    {"device-loop", kView, OpenHost<kLoop>},
    {"device-userfaultfd", kView, OpenHost<kUserfault>},
    {"make-device", "seccomp, capabilities",
     [](const Target&) {
       const std::string path =
           "/tmp/ringfence-device-" + std::to_string(::getpid());
       const Result result =
           Of(::mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 3)));
       ::unlink(path.c_str());
       return result;
     }},
    {"write-core-pattern", kReadOnly, OpenHostForWriting<kCorePattern>},
    {"write-own-oom-score", kReadOnly, OpenHostForWriting<kOwnOom>},
    {"write-own-comm", kReadOnly, OpenHostForWriting<kOwnComm>},
    {"write-own-memory", kReadOnly, OpenHostForWriting<kOwnMem>},
    {"gain-by-setuid", "no_new_privs",
     [](const Target&) {
       return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0
                  ? Through()
                  : Stopped("no_new_privs");
     }},
    {"write-program", kReadOnly,
     [](const Target&) {
       // Everybody's file system but for its permissions.
       return Create("/usr/.ringfence-attack");
     }},
    {"write-root", kReadOnly,
     [](const Target&) { return Create("/.ringfence-attack"); }},
};

}  // namespace

std::span<const Technique> Files() { return kTechniques; }

}  // namespace ringfence::attack
