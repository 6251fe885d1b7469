#include "resolve/argument_words.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/check.h"
#include "resolve/constants.h"

namespace ringfence::resolve {
namespace {

using model::Word;

// Constants of one part of an argument, separated by spaces: a name, `AF_*`
// for all that begin so, `-AF_LOCAL` or `-AF_L*` for all but those. Of several
// names for one value the first counts. A field's mask is the bits in which
// the value stands; kOwnBits: each constant is a flag of its own.
struct Field {
  std::string_view names;
  uint64_t mask = ~uint64_t{0};
};
constexpr uint64_t kOwnBits = 0;

// Which argument of which calls (separated by spaces).
struct Entry {
  std::string_view calls;
  std::string_view argument;
  std::array<Field, 2> fields;
  std::string_view given = "";
  std::string_view equals = "";  // a constant
};

constexpr std::string_view kFamilies =
    "AF_* -AF_LOCAL -AF_FILE -AF_ROUTE -AF_NETBEUI";
constexpr std::string_view kNetlink =
    "NETLINK_ROUTE NETLINK_UNUSED NETLINK_USERSOCK NETLINK_FIREWALL "
    "NETLINK_SOCK_DIAG NETLINK_NFLOG NETLINK_XFRM NETLINK_SELINUX "
    "NETLINK_ISCSI NETLINK_AUDIT NETLINK_FIB_LOOKUP NETLINK_CONNECTOR "
    "NETLINK_NETFILTER NETLINK_IP6_FW NETLINK_DNRTMSG NETLINK_KOBJECT_UEVENT "
    "NETLINK_GENERIC NETLINK_SCSITRANSPORT NETLINK_ECRYPTFS NETLINK_RDMA "
    "NETLINK_CRYPTO NETLINK_SMC";
constexpr std::string_view kSignals =
    "SIG* -SIGEV_* -SIGCLD -SIGIOT -SIGPOLL -SIG_*";
constexpr std::string_view kCloneFlags = "CLONE_* -CLONE_ARGS_* -CLONE_NEWTIME";
constexpr std::string_view kRequests =
    "TC* TIO* FIO* SIOC* FS_IOC_* KD* VT_* LOOP_* -TCP* -TIOCL_* -TIOCM_* "
    "-TIOCPKT_* -TIOCSER_TEMT -TIOCINQ -VT_AUTO -VT_PROCESS -VT_ACKACQ "
    "-VT_EVENT_* -VT_MAX_EVENT -LOOP_*_FLAGS";
constexpr std::string_view kOptions =
    "PR_SET_* PR_GET_* PR_CAPBSET_* PR_CAP_AMBIENT PR_MCE_KILL "
    "PR_MCE_KILL_GET PR_MPX_ENABLE_MANAGEMENT PR_MPX_DISABLE_MANAGEMENT "
    "PR_PAC_RESET_KEYS PR_PAC_SET_ENABLED_KEYS PR_PAC_GET_ENABLED_KEYS "
    "PR_SCHED_CORE PR_SVE_SET_VL PR_SVE_GET_VL PR_SME_SET_VL PR_SME_GET_VL "
    "PR_TASK_PERF_EVENTS_DISABLE PR_TASK_PERF_EVENTS_ENABLE -PR_SET_MM_* "
    "-PR_SET_PTRACER_ANY -PR_SET_VMA_ANON_NAME";
constexpr std::string_view kMountFlags =
    "MS_RDONLY MS_NOSUID MS_NODEV MS_NOEXEC MS_SYNCHRONOUS MS_REMOUNT "
    "MS_MANDLOCK MS_DIRSYNC MS_NOSYMFOLLOW MS_NOATIME MS_NODIRATIME MS_BIND "
    "MS_MOVE MS_REC MS_SILENT MS_POSIXACL MS_UNBINDABLE MS_PRIVATE MS_SLAVE "
    "MS_SHARED MS_RELATIME MS_I_VERSION MS_STRICTATIME MS_LAZYTIME";
constexpr std::string_view kPtrace =
    "PTRACE_* -PTRACE_O_* -PTRACE_EVENT_* -PTRACE_SYSCALL_INFO_* "
    "-PTRACE_PEEKSIGINFO_SHARED";
constexpr std::string_view kAtFlags = "AT_* -AT_FDCWD -AT_EACCESS";
constexpr std::string_view kKeyctl =
    "KEYCTL_* -KEYCTL_CAPS* -KEYCTL_SUPPORTS_* -KEYCTL_MOVE_EXCL";
constexpr std::string_view kModes =
    "S_IFIFO S_IFCHR S_IFDIR S_IFBLK S_IFREG S_IFLNK S_IFSOCK";
constexpr uint64_t kModeMask = 0xF000;  // S_IFMT

constexpr Entry kEntries[] = {
    {"socket socketpair", "family", {{{kFamilies}}}},
    {"socket socketpair",
     "type",
     {{{"SOCK_STREAM SOCK_DGRAM SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_DCCP "
        "SOCK_PACKET",
        0xF},
       {"SOCK_CLOEXEC SOCK_NONBLOCK", kOwnBits}}}},
    {"socket socketpair", "protocol", {{{kNetlink}}}, "family", "AF_NETLINK"},
    {"socket socketpair",
     "protocol",
     {{{"IPPROTO_IP IPPROTO_*"}}},
     "family",
     "AF_INET"},
    {"socket socketpair",
     "protocol",
     {{{"IPPROTO_IP IPPROTO_*"}}},
     "family",
     "AF_INET6"},
    {"clone", "flags", {{{kSignals, 0xFF}, {kCloneFlags, kOwnBits}}}},
    {"unshare setns", "flags", {{{"CLONE_* -CLONE_ARGS_*", kOwnBits}}}},
    {"kill tkill tgkill rt_sigaction rt_sigqueueinfo rt_tgsigqueueinfo "
     "pidfd_send_signal",
     "sig",
     {{{kSignals}}}},
    {"ioctl", "cmd", {{{kRequests}}}},
    {"prctl", "option", {{{kOptions}}}},
    {"arch_prctl", "option", {{{"ARCH_*"}}}},
    {"personality",
     "personality",
     {{{"READ_IMPLIES_EXEC ADDR_NO_RANDOMIZE ADDR_COMPAT_LAYOUT "
        "ADDR_LIMIT_32BIT ADDR_LIMIT_3GB MMAP_PAGE_ZERO SHORT_INODE "
        "STICKY_TIMEOUTS WHOLE_SECONDS UNAME26 FDPIC_FUNCPTRS",
        kOwnBits}}}},
    {"ptrace", "request", {{{kPtrace}}}},
    {"bpf", "cmd", {{{"BPF_* -BPF_OBJ_NAME_LEN"}}}},
    {"mount", "flags", {{{kMountFlags, kOwnBits}}}},
    {"umount2",
     "flags",
     {{{"MNT_FORCE MNT_DETACH MNT_EXPIRE UMOUNT_NOFOLLOW", kOwnBits}}}},
    {"mknod mknodat", "mode", {{{kModes, kModeMask}}}},
    {"open openat open_by_handle_at",
     "flags",
     {{{"O_RDONLY O_WRONLY O_RDWR", 3}, {"O_* -O_ACCMODE", kOwnBits}}}},
    {"name_to_handle_at", "flag", {{{kAtFlags, kOwnBits}}}},
    {"execveat mount_setattr open_tree_attr",
     "flags",
     {{{kAtFlags, kOwnBits}}}},
    {"setxattrat getxattrat listxattrat removexattrat file_getattr "
     "file_setattr",
     "at_flags",
     {{{kAtFlags, kOwnBits}}}},
    {"open_tree",
     "flags",
     {{{"OPEN_TREE_* AT_EMPTY_PATH AT_NO_AUTOMOUNT AT_RECURSIVE "
        "AT_SYMLINK_NOFOLLOW",
        kOwnBits}}}},
    {"move_mount", "flags", {{{"MOVE_MOUNT_*", kOwnBits}}}},
    {"fsopen", "flags", {{{"FSOPEN_CLOEXEC", kOwnBits}}}},
    {"fsmount", "flags", {{{"FSMOUNT_CLOEXEC", kOwnBits}}}},
    {"fsmount",
     "attr_flags",
     {{{"MOUNT_ATTR_* -MOUNT_ATTR_SIZE_*", kOwnBits}}}},
    {"fsconfig", "cmd", {{{"FSCONFIG_*"}}}},
    {"fspick", "flags", {{{"FSPICK_*", kOwnBits}}}},
    {"keyctl", "option", {{{kKeyctl}}}},
    {"add_key", "ringid", {{{"KEY_SPEC_*"}}}},
    {"request_key", "destringid", {{{"KEY_SPEC_*"}}}},
    {"seccomp",
     "op",
     {{{"SECCOMP_SET_MODE_* SECCOMP_GET_ACTION_AVAIL "
        "SECCOMP_GET_NOTIF_SIZES"}}}},
    {"seccomp", "flags", {{{"SECCOMP_FILTER_FLAG_*", kOwnBits}}}},
    {"userfaultfd",
     "flags",
     {{{"UFFD_USER_MODE_ONLY O_CLOEXEC O_NONBLOCK", kOwnBits}}}},
    {"io_uring_register",
     "opcode",
     {{{"IORING_REGISTER_* IORING_UNREGISTER_*"}}}},
    {"io_uring_enter", "flags", {{{"IORING_ENTER_*", kOwnBits}}}},
    {"mlock2", "flags", {{{"MLOCK_ONFAULT", kOwnBits}}}},
    {"mlockall", "flags", {{{"MCL_*", kOwnBits}}}},
    {"mmap mprotect pkey_mprotect",
     "prot",
     {{{"PROT_READ PROT_WRITE PROT_EXEC PROT_SEM PROT_GROWSDOWN PROT_GROWSUP",
        kOwnBits}}}},
    {"mmap",
     "flags",
     {{{"MAP_SHARED MAP_PRIVATE MAP_SHARED_VALIDATE", 0xF},
       {"MAP_ANONYMOUS MAP_FIXED MAP_FIXED_NOREPLACE MAP_GROWSDOWN "
        "MAP_DENYWRITE MAP_EXECUTABLE MAP_LOCKED MAP_NORESERVE MAP_POPULATE "
        "MAP_NONBLOCK MAP_STACK MAP_HUGETLB MAP_SYNC MAP_32BIT",
        kOwnBits}}}},
    {"mbind set_mempolicy",
     "mode",
     {{{"MPOL_DEFAULT MPOL_PREFERRED MPOL_BIND MPOL_INTERLEAVE MPOL_LOCAL "
        "MPOL_PREFERRED_MANY",
        0xFF},
       {"MPOL_F_STATIC_NODES MPOL_F_RELATIVE_NODES MPOL_F_NUMA_BALANCING",
        kOwnBits}}}},
    {"mbind",
     "flags",
     {{{"MPOL_MF_STRICT MPOL_MF_MOVE MPOL_MF_MOVE_ALL", kOwnBits}}}},
    {"move_pages",
     "flags",
     {{{"MPOL_MF_STRICT MPOL_MF_MOVE MPOL_MF_MOVE_ALL", kOwnBits}}}},
    {"splice tee vmsplice",
     "flags",
     {{{"SPLICE_F_* -SPLICE_F_FD_IN_FIXED", kOwnBits}}}},
    {"sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg",
     "flags",
     {{{"MSG_* -MSG_COPY -MSG_EXCEPT -MSG_NOERROR -MSG_STAT* -MSG_INFO",
        kOwnBits}}}},
    {"getsockopt setsockopt", "level", {{{"SOL_*"}}}},
    {"kcmp", "type", {{{"KCMP_* -KCMP_TYPES"}}}},
    {"clock_settime clock_adjtime timer_create timerfd_create",
     "which_clock",
     {{{"CLOCK_*"}}}},
    {"sched_setscheduler",
     "policy",
     {{{"SCHED_OTHER SCHED_FIFO SCHED_RR SCHED_BATCH SCHED_ISO SCHED_IDLE "
        "SCHED_DEADLINE"}}}},
    {"setrlimit prlimit64", "resource", {{{"RLIMIT_* -RLIMIT_OFILE"}}}},
    {"madvise process_madvise", "behavior", {{{"MADV_*"}}}},
    {"reboot", "magic1", {{{"LINUX_REBOOT_MAGIC1"}}}},
    {"reboot",
     "magic2",
     {{{"LINUX_REBOOT_MAGIC2 LINUX_REBOOT_MAGIC2A LINUX_REBOOT_MAGIC2B "
        "LINUX_REBOOT_MAGIC2C"}}}},
    {"reboot", "cmd", {{{"LINUX_REBOOT_CMD_*"}}}},
};

std::vector<std::string_view> Tokens(std::string_view text) {
  std::vector<std::string_view> tokens;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (end != 0) tokens.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tokens;
}

// `pattern` may hold one star.
bool Matches(std::string_view name, std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  const std::string_view head = pattern.substr(0, star);
  const std::string_view tail = pattern.substr(star + 1);
  return name.size() >= head.size() + tail.size() && name.starts_with(head) &&
         name.ends_with(tail);
}

bool Excluded(std::string_view name,
              const std::vector<std::string_view>& tokens) {
  return std::ranges::any_of(tokens, [&](std::string_view token) {
    return token.starts_with('-') && Matches(name, token.substr(1));
  });
}

void AddWords(const Field& field, const SyscallArgument& argument,
              std::vector<Word>& words) {
  static const std::vector<std::string_view> kAll = AllConstants();
  const uint64_t width =
      argument.bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << argument.bits) - 1;
  const auto add = [&](std::string_view name) {
    const uint64_t value = *FindConstant(name) & width;
    const uint64_t mask = field.mask == kOwnBits ? value : field.mask;
    // A flag without bits names nothing; what has more than 32 (two flags of
    // clone3) no bundle has room for.
    if (mask == 0 || (value & ~mask) != 0 || value > 0xFFFFFFFF) return;
    const auto known = [&](const Word& word) {
      return word.mask == mask && word.value == value;
    };
    if (std::ranges::any_of(words, known)) return;
    words.push_back({mask, value, std::string(name)});
  };
  const std::vector<std::string_view> tokens = Tokens(field.names);
  for (const std::string_view token : tokens) {
    if (token.starts_with('-')) continue;
    // They are sorted: those that begin like the pattern stand together.
    const std::string_view head = token.substr(0, token.find('*'));
    for (auto name = std::ranges::lower_bound(kAll, head);
         name != kAll.end() && name->starts_with(head); ++name) {
      if (Matches(*name, token) && !Excluded(*name, tokens)) add(*name);
    }
  }
}

}  // namespace

std::vector<Vocabulary> VocabulariesOf(const Syscall& syscall,
                                       const SyscallArgument& argument) {
  std::vector<Vocabulary> found;
  for (const Entry& entry : kEntries) {
    if (entry.argument != argument.name) continue;
    const auto calls = Tokens(entry.calls);
    if (std::ranges::find(calls, syscall.name) == calls.end()) continue;
    Vocabulary vocabulary;
    for (const Field& field : entry.fields) {
      AddWords(field, argument, vocabulary.words);
    }
    if (!entry.given.empty()) {
      vocabulary.given = entry.given;
      const auto value = FindConstant(entry.equals);
      Check(value.has_value(), "resolve: an unknown constant in a vocabulary");
      vocabulary.equals = *value;
    }
    found.push_back(std::move(vocabulary));
  }
  if (found.empty() && argument.kind == SyscallArgument::Kind::kDescriptor &&
      (argument.name.ends_with("dfd") || argument.name.ends_with("dirfd") ||
       syscall.name == "execveat")) {
    Vocabulary vocabulary;
    AddWords({"AT_FDCWD"}, argument, vocabulary.words);
    found.push_back(std::move(vocabulary));
  }
  return found;
}

std::vector<std::string_view> ConstantsNamed() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kEntries) {
    if (!entry.equals.empty()) names.push_back(entry.equals);
    for (const Field& field : entry.fields) {
      for (std::string_view token : Tokens(field.names)) {
        if (token.starts_with('-')) token.remove_prefix(1);
        if (token.find('*') == std::string_view::npos) names.push_back(token);
      }
    }
  }
  return names;
}

}  // namespace ringfence::resolve
