#include "compile/selinux_writer.h"

namespace ringfence::compile {
namespace {

constexpr char kRead[] = "getattr open read lock ioctl map watch watch_reads";
constexpr char kChange[] = "write append create setattr link unlink rename";
constexpr char kReadDirectory[] =
    "getattr open read search lock ioctl watch watch_reads";
constexpr char kChangeDirectory[] =
    "write add_name remove_name create rmdir rename reparent setattr";

}  // namespace

void SelinuxWriter::Line(const std::string& text, const model::Source& source) {
  module_.text += text + "\n";
  module_.lines.push_back(source);
}

void SelinuxWriter::Allow(const std::string& source, const std::string& target,
                          const std::string& name,
                          const std::string& permissions,
                          const model::Source& place) {
  Rule("allow", source, target, name, permissions, place);
}

void SelinuxWriter::Never(const std::string& source, const std::string& target,
                          const std::string& name,
                          const std::string& permissions,
                          const model::Source& place) {
  Rule("neverallow", source, target, name, permissions, place);
}

void SelinuxWriter::Never(const std::string& source, const std::string& target,
                          const std::string& set, const model::Source& place) {
  Line("(neverallow " + source + " " + target + " " + set + ")", place);
}

void SelinuxWriter::PermissionSet(
    const std::string& set, const std::vector<ClassPermissions>& permissions,
    const model::Source& place) {
  Line("(classpermission " + set + ")", place);
  for (const auto& [name, of] : permissions) {
    Line("(classpermissionset " + set + " (" + name + " (" + of + ")))", place);
  }
}

void SelinuxWriter::Rule(const char* kind, const std::string& source,
                         const std::string& target, const std::string& name,
                         const std::string& permissions,
                         const model::Source& place) {
  Line("(" + std::string(kind) + " " + source + " " + target + " (" + name +
           " (" + permissions + ")))",
       place);
}

void SelinuxWriter::Optional(const std::string& name,
                             const std::vector<std::string>& statements) {
  Line("(optional ringfence_" + name);
  for (const std::string& statement : statements) Line("  " + statement);
  Line(")");
}

void SelinuxWriter::Content(const std::string& source,
                            const std::string& target) {
  Allow(source, target, "file", std::string(kRead) + " " + kChange);
  Allow(source, target, "dir",
        std::string(kReadDirectory) + " " + kChangeDirectory);
  Allow(source, target, "lnk_file",
        "getattr read create unlink link rename setattr");
  for (const char* name : {"sock_file", "fifo_file"}) {
    Allow(source, target, name,
          "getattr open read write append lock create unlink link rename "
          "setattr");
  }
}

void SelinuxWriter::Basics() {
  Attributes();
  Launchers();
  Processes();
  Files();
  Descriptors();
  Apart();
  Constraints();
}

void SelinuxWriter::Attributes() {
  for (const char* name :
       {"workload", "data", "launcher", "host", "content", "program"}) {
    Line(std::string("(typeattribute ringfence_") + name + ")");
  }
  Line("(typeattributeset domain (ringfence_workload))");
  Line(
      "(typeattributeset ringfence_host (and domain (not "
      "ringfence_workload)))");
  Line("(typeattributeset file_type (ringfence_data))");
  Line("(typeattributeset non_security_file_type (ringfence_data))");
  Line("(type ringfence_stub_t)");
  Line("(roletype object_r ringfence_stub_t)");
  for (const char* name : {"file_type", "entry_type", "exec_type"}) {
    Line(std::string("(typeattributeset ") + name + " (ringfence_stub_t))");
  }
  // What is no secret of the system's, and no workload's. Which of it a
  // workload reads or writes is left to its mounts and to Landlock.
  Line(
      "(typeattributeset ringfence_content (and non_security_file_type (not "
      "(or ringfence_data ringfence_stub_t))))");
  Line("(typeattributeset ringfence_program (exec_type))");
  for (const char* type : {"usr_t", "bin_t", "lib_t", "ld_so_t", "shell_exec_t",
                           "textrel_shlib_t"}) {
    Optional(
        std::string("program_") + type,
        {std::string("(typeattributeset ringfence_program (") + type + "))"});
  }
  Line("(roletype system_r ringfence_workload)");
  for (const char* role : {"unconfined_r", "sysadm_r", "staff_r", "user_r"}) {
    Optional(role, {std::string("(roletype ") + role + " ringfence_workload)"});
  }
  Line("(roletype object_r ringfence_data)");
}

// Who may start workloads: what people and services run in where nothing
// else confines them.
void SelinuxWriter::Launchers() {
  for (const char* type : {"unconfined_t", "unconfined_service_t", "initrc_t",
                           "init_t", "sysadm_t", "staff_t", "user_t"}) {
    Optional(
        std::string("launcher_") + type,
        {std::string("(typeattributeset ringfence_launcher (") + type + "))"});
  }
  // siginh and rlimitinh: else the kernel takes back what the launcher set.
  Allow("ringfence_launcher", "ringfence_workload", "process",
        "transition siginh rlimitinh getattr getsched setsched getpgid "
        "getsession signull signal sigkill sigstop");
  Allow("ringfence_launcher", "ringfence_workload", "process2",
        "nnp_transition nosuid_transition");
  Allow("ringfence_launcher", "ringfence_workload", "fd", "use");
  Allow("ringfence_launcher", "ringfence_workload", "dir",
        "getattr open read search");
  Allow("ringfence_launcher", "ringfence_workload", "file",
        "getattr open read");
  Allow("ringfence_launcher", "ringfence_workload", "lnk_file", "getattr read");
  // The stub is known by its name, in the root that the launcher makes.
  Line(
      "(typetransition ringfence_launcher tmpfs_t file \".ringfence-stub\" "
      "ringfence_stub_t)");
  Optional("user_tmpfs",
           {"(typetransition ringfence_launcher user_tmpfs_t file "
            "\".ringfence-stub\" ringfence_stub_t)"});
  Allow("ringfence_launcher", "ringfence_stub_t", "file",
        "getattr open read write create map execute");
  Allow("ringfence_workload", "ringfence_stub_t", "file",
        "getattr open read map execute entrypoint");
}

void SelinuxWriter::Processes() {
  Allow("ringfence_workload", "self", "process",
        "fork sigchld sigkill sigstop signull signal getsched setsched "
        "getsession getpgid setpgid getcap setcap getattr getrlimit "
        "setrlimit execmem");
  Allow("ringfence_workload", "self", "fd", "use");
  Allow("ringfence_workload", "self", "dir", kReadDirectory);
  // A process writes to its own oom_score_adj, comm and the like.
  Allow("ringfence_workload", "self", "file",
        std::string(kRead) + " write append");
  Allow("ringfence_workload", "self", "lnk_file", "getattr read");
  Allow("ringfence_workload", "self", "fifo_file",
        std::string(kRead) + " write append create setattr");
  Never("ringfence_workload", "self", "process",
        "setexec setfscreate setcurrent dyntransition execheap");
  Never("ringfence_workload", "ringfence_host", "process",
        "transition dyntransition ptrace sigkill sigstop signal");
  Optional("user_namespace",
           {"(neverallow ringfence_workload self (user_namespace "
            "(create)))"});
}

void SelinuxWriter::Files() {
  for (const char* name : {"ringfence_stub_t", "ringfence_data"}) {
    Allow(name, "filesystem_type", "filesystem", "associate");
  }
  Allow("ringfence_workload", "filesystem_type", "filesystem", "getattr");
  Content("ringfence_workload", "ringfence_content");
  Allow("ringfence_workload", "ringfence_program", "file",
        "getattr open read lock ioctl map execute execute_no_trans");
  Allow("ringfence_workload", "ringfence_program", "lnk_file", "getattr read");
  Allow("ringfence_workload", "proc_t", "dir", kReadDirectory);
  Allow("ringfence_workload", "proc_t", "file", kRead);
  Allow("ringfence_workload", "proc_t", "lnk_file", "getattr read");
  Optional("sysctl", {"(allow ringfence_workload sysctl_type (dir "
                      "(getattr open read search)))",
                      "(allow ringfence_workload sysctl_type (file "
                      "(getattr open read)))"});
  Optional("nsfs",
           {"(allow ringfence_workload nsfs_t (file (getattr open read)))"});
  Optional("hugetlbfs",
           {"(allow ringfence_workload hugetlbfs_t (file (getattr open read "
            "write create map)))"});
  for (const char* type :
       {"null_device_t", "zero_device_t", "random_device_t", "urandom_device_t",
        "devtty_t", "devpts_t", "user_devpts_t"}) {
    Optional(std::string("device_") + type,
             {std::string("(allow ringfence_workload ") + type +
                  " (chr_file (getattr open read write append ioctl lock "
                  "map)))",
              std::string("(allow ringfence_workload ") + type +
                  " (dir (getattr open read search)))"});
  }
}

// Standard streams, and sockets that are handed over. A stream that is not
// allowed would be exchanged for /dev/null without a word.
void SelinuxWriter::Descriptors() {
  Allow("ringfence_workload", "ringfence_host", "fd", "use");
  Allow("ringfence_workload", "ringfence_host", "fifo_file",
        "getattr open read write append ioctl lock");
  Allow("ringfence_workload", "ringfence_host", "unix_stream_socket",
        "getattr getopt read write ioctl shutdown");
  Allow("ringfence_workload", "ringfence_launcher", "process", "sigchld");
  // sd_notify(3): init holds the socket.
  Allow("ringfence_workload", "ringfence_launcher", "unix_dgram_socket",
        "sendto write");
  Allow("ringfence_workload", "ringfence_launcher", "tcp_socket",
        "accept listen getattr getopt setopt read write ioctl shutdown");
}

// What a workload may not do to another level's, by their types and by those of
// their data.
void SelinuxWriter::Apart() {
  PermissionSet("ringfence_reach",
                {{"process",
                  "transition dyntransition ptrace sigkill sigstop signal "
                  "signull sigchld getattr setsched share"},
                 {"unix_stream_socket", "read write connectto"},
                 {"unix_dgram_socket", "read write sendto"},
                 {"shm", "unix_read unix_write"},
                 {"sem", "unix_read unix_write"},
                 {"msgq", "unix_read unix_write"},
                 {"fd", "use"}});
  std::vector<ClassPermissions> touch;
  for (const char* name :
       {"file", "dir", "lnk_file", "sock_file", "fifo_file"}) {
    touch.push_back({name,
                     "getattr read write append create setattr unlink link "
                     "rename open"});
  }
  PermissionSet("ringfence_touch", touch);
}

// The site's own rules for categories need not know our types, and where
// they do they forbid standard streams of whoever has all categories.
void SelinuxWriter::Constraints() {
  const std::string reach = " (or (dom h1 h2) (neq t1 ringfence_workload)))";
  Line(
      "(mlsconstrain (file (ioctl read write create getattr setattr lock "
      "append map unlink link rename execute open execute_no_trans))" +
      reach);
  Line(
      "(mlsconstrain (dir (ioctl read write create getattr setattr search "
      "add_name remove_name reparent rmdir open))" +
      reach);
  Line("(mlsconstrain (lnk_file (read create unlink rename setattr))" + reach);
  Line("(mlsconstrain (sock_file (write create unlink rename setattr))" +
       reach);
  Line(
      "(mlsconstrain (process (transition dyntransition ptrace sigkill "
      "sigstop signal signull getattr getsched setsched))" +
      reach);
  for (const char* name : {"shm", "sem", "msgq"}) {
    Line(std::string("(mlsconstrain (") + name + " (unix_read unix_write))" +
         reach);
  }
  Line("(mlsconstrain (unix_stream_socket (connectto))" + reach);
}

}  // namespace ringfence::compile
