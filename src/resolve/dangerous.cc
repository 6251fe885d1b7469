#include "resolve/dangerous.h"

#include <algorithm>
#include <array>

namespace ringfence::resolve {
namespace {

constexpr std::array<std::string_view, 59> kDangerous{
    // Into other processes.
    "kcmp",
    "pidfd_getfd",
    "process_madvise",
    "process_mrelease",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    // Namespaces, mounts, root.
    "chroot",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "mount",
    "mount_setattr",
    "move_mount",
    "open_tree",
    "open_tree_attr",
    "pivot_root",
    "setns",
    "umount2",
    "unshare",
    // Files past the view.
    "fanotify_init",
    "fanotify_mark",
    "open_by_handle_at",
    // Code and programs in the kernel, its memory and its faults.
    "bpf",
    "create_module",
    "delete_module",
    "finit_module",
    "init_module",
    "kexec_file_load",
    "kexec_load",
    "lookup_dcookie",
    "perf_event_open",
    "userfaultfd",
    // Work that no filter sees.
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    // Keys of the host's user, which no namespace separates.
    "add_key",
    "keyctl",
    "request_key",
    // The machine.
    "acct",
    "clock_adjtime",
    "clock_settime",
    "adjtimex",
    "ioperm",
    "iopl",
    "nfsservctl",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "swapoff",
    "swapon",
    "syslog",
    "vhangup",
    // Memory policy of other processes' pages.
    "migrate_pages",
    "move_pages",
};

}  // namespace

bool IsDangerous(std::string_view syscall) {
  return std::ranges::find(kDangerous, syscall) != kDangerous.end();
}

}  // namespace ringfence::resolve
