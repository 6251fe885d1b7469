// The mount table: by the old interface and by the new one.
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "attack/technique.h"

namespace ringfence::attack {
namespace {

long P(const void* pointer) { return reinterpret_cast<long>(pointer); }

// Everything here needs capabilities over a mount namespace.
void Prepare() { EnterOwn(CLONE_NEWNS); }

constexpr char kLayer[] = "seccomp, capabilities";

constexpr Technique kTechniques[] = {
    {"mount-tmpfs", kLayer,
     [](const Target&) {
       Prepare();
       return Of(::mount("none", "/tmp", "tmpfs", 0, nullptr));
     }},
    {"mount-bind", kLayer,
     [](const Target&) {
       Prepare();
       return Of(::mount("/usr", "/tmp", nullptr, MS_BIND | MS_REC, nullptr));
     }},
    {"mount-overlay", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/tmp", "tmpfs", 0, nullptr);
       (void)::mkdir("/tmp/up", 0755);
       (void)::mkdir("/tmp/work", 0755);
       return Of(::mount("none", "/tmp", "overlay", 0,
                         "lowerdir=/usr,upperdir=/tmp/up,workdir=/tmp/work"));
     }},
    {"mount-proc", kLayer,
     [](const Target&) {
       Prepare();
       (void)::unshare(CLONE_NEWPID);
       const pid_t child = ::fork();
       if (child == 0) {
         ::_exit(::mount("proc", "/tmp", "proc", 0, nullptr) == 0 ? 0 : errno);
       }
       int status = 0;
       if (child < 0 || ::waitpid(child, &status, 0) != child) return Stopped();
       errno = WEXITSTATUS(status);
       return errno == 0 ? Through() : Stopped();
     }},
    {"mount-cgroup", kLayer,
     [](const Target&) {
       EnterOwn(CLONE_NEWNS | CLONE_NEWCGROUP);
       return Of(::mount("none", "/tmp", "cgroup2", 0, nullptr));
     }},
    {"remount-writable", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/tmp", "tmpfs", MS_RDONLY, nullptr);
       const char* const path = ::access("/tmp", W_OK) == 0 ? "/usr" : "/tmp";
       return Of(::mount("none", path, nullptr, MS_REMOUNT | MS_BIND, nullptr));
     }},
    {"mount-propagation", kLayer,
     [](const Target&) {
       Prepare();
       return Of(::mount("none", "/", nullptr, MS_REC | MS_SHARED, nullptr));
     }},
    {"mount-move", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
       (void)::mount("none", "/tmp", "tmpfs", 0, nullptr);
       (void)::mkdir("/tmp/a", 0755);
       (void)::mount("none", "/tmp/a", "tmpfs", 0, nullptr);
       (void)::mkdir("/tmp/b", 0755);
       return Of(::mount("/tmp/a", "/tmp/b", nullptr, MS_MOVE, nullptr));
     }},
    {"umount-proc", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/tmp", "tmpfs", 0, nullptr);
       return Of(::umount2("/tmp", MNT_DETACH));
     }},
    {"pivot-root", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
       (void)::mount("/usr", "/usr", nullptr, MS_BIND | MS_REC, nullptr);
       if (::chdir("/usr") != 0) return Stopped();
       return Of(Raw(SYS_pivot_root, P("."), P(".")));
     }},
    {"chroot", kLayer,
     [](const Target&) {
       Prepare();
       return Of(::chroot("/usr"));
     }},
    {"fsopen", kLayer,
     [](const Target&) {
       Prepare();
       return Of(Raw(SYS_fsopen, P("tmpfs")));
     }},
    {"fspick", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/tmp", "tmpfs", 0, nullptr);
       return Of(Raw(SYS_fspick, AT_FDCWD, P("/tmp")));
     }},
    {"open-tree-clone", kLayer,
     [](const Target&) {
       Prepare();
       return Of(Raw(SYS_open_tree, AT_FDCWD, P("/usr"),
                     OPEN_TREE_CLONE | AT_RECURSIVE));
     }},
    {"move-mount", kLayer,
     [](const Target&) {
       Prepare();
       const long tree = Raw(SYS_open_tree, AT_FDCWD, P("/usr"),
                             OPEN_TREE_CLONE | AT_RECURSIVE);
       return Of(Raw(SYS_move_mount, tree, P(""), AT_FDCWD, P("/tmp"),
                     MOVE_MOUNT_F_EMPTY_PATH));
     }},
    {"mount-setattr", kLayer,
     [](const Target&) {
       Prepare();
       (void)::mount("none", "/tmp", "tmpfs", 0, nullptr);
       mount_attr attributes{};
       attributes.attr_set = MOUNT_ATTR_NOATIME;
       attributes.attr_clr = MOUNT_ATTR__ATIME;
       return Of(Raw(SYS_mount_setattr, AT_FDCWD, P("/tmp"), 0, P(&attributes),
                     sizeof attributes));
     }},
    {"statmount", "seccomp",
     [](const Target&) {
       // Too small a request is EINVAL: there is such a call.
       const long result = Raw(457, 0, 0, 0, 0);
       return result < 0 && (errno == EFAULT || errno == EINVAL) ? Through()
                                                                 : Of(result);
     }},
    {"listmount", "seccomp",
     [](const Target&) {
       const long result = Raw(458, 0, 0, 0, 0);
       return result < 0 && (errno == EFAULT || errno == EINVAL) ? Through()
                                                                 : Of(result);
     }},
};

}  // namespace

std::span<const Technique> Mounts() { return kTechniques; }

}  // namespace ringfence::attack
