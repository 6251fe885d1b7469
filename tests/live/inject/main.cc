// inject: runs a launch and makes one of its system calls go wrong.
//
//   inject [--role supervisor|init|workload|relay] [--call NUMBER]
//          [--arg I=VALUE] [--path SUFFIX] [--nth N] [--error ERRNO |
//          --return VALUE | --return-arg I | --kill supervisor|init|both]
//          [--report FILE] -- PROGRAM [ARG...]
//
// The N-th call of that role that matches is not made at all; its caller sees
// the error, or VALUE, or what it gave as argument I: a success without any
// effect. --path: the file behind descriptor argument 0 has a path that ends
// so. --kill: at the call's entry these get a SIGKILL, and the line "inject:
// killed" is written to standard error; init alone where there is one. Without
// any of these nothing is injected.
//
// The roles: the program itself; its first child; the first child of that one,
// until it executes something; the second child. strace(1) counts calls for
// each process apart, so it cannot tell init's setsid(2) from the workload's,
// and it cannot tell prctl(2) options apart at all; hence this.
//
// FILE gets at the end "hits N", and without --call, before it, a line
// "ROLE NUMBER ARG0" for every call of a role, in order. Exit code: the
// program's own, or 128 and the signal; 99 if other processes are still there
// ten seconds after the program ended (they are killed); 98 if inject itself
// failed. x86-64 only.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

enum class Role { kSupervisor, kInit, kWorkload, kRelay, kOther };
constexpr std::array<const char*, 5> kRoleNames = {
    "supervisor", "init", "workload", "relay", "other"};
enum class Victim { kSupervisor, kInit, kBoth };
constexpr unsigned kGraceSeconds = 10;

struct Fault {
  Role role = Role::kSupervisor;
  long call = -1;
  std::optional<std::pair<size_t, uint64_t>> argument;
  std::string path;
  long nth = 1;
  std::optional<long> result;
  std::optional<size_t> result_argument;
  std::optional<Victim> victim;
};

[[noreturn]] void Die(const char* what) {
  std::fprintf(stderr, "inject: %s\n", what);
  std::_Exit(98);
}

void Expire(int) {
  static constexpr char kText[] = "inject: processes are left\n";
  (void)!::write(STDERR_FILENO, kText, sizeof kText - 1);
  ::_exit(99);  // PTRACE_O_EXITKILL takes them along
}

class Tracer {
 public:
  Tracer(Fault fault, std::FILE* report)
      : fault_(std::move(fault)), report_(report) {}

  int Run(char** program) {
    root_ = ::fork();
    if (root_ < 0) Die("fork");
    if (root_ == 0) {
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      ::execv(program[0], program);
      ::_exit(98);
    }
    int status = 0;
    if (::waitpid(root_, &status, 0) != root_ || !WIFSTOPPED(status)) {
      Die("the program did not stop");
    }
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
                              PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
                              PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (::ptrace(PTRACE_SETOPTIONS, root_, nullptr, kOptions) != 0) {
      Die("PTRACE_SETOPTIONS");
    }
    tasks_[root_] = {.role = Role::kSupervisor, .started = true};
    Resume(root_, 0);
    while (Step()) {
    }
    if (report_ != nullptr) std::fprintf(report_, "hits %ld\n", hits_);
    return code_;
  }

 private:
  struct Task {
    Role role = Role::kOther;
    bool known = true;      // its parent's event has come
    bool started = false;   // its first stop has come
    bool injected = false;  // in the call that is not made
    uint64_t result = 0;
    uint64_t argument = 0;  // its first, meanwhile replaced
  };

  bool Step() {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) return true;
    if (pid < 0) return false;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      tasks_.erase(pid);
      if (pid == root_) {
        code_ =
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        ::alarm(kGraceSeconds);
      }
      return true;
    }
    if (!tasks_.contains(pid)) tasks_[pid] = {.known = false};
    Task& task = tasks_[pid];
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (!task.started) {
      // The stop that every new tracee begins with.
      task.started = true;
      if (task.known) Resume(pid, 0);
    } else if (event != 0) {
      HearEvent(pid, task, event);
      Resume(pid, 0);
    } else if (signal == (SIGTRAP | 0x80)) {
      HearCall(pid, task);
      Resume(pid, 0);
    } else {
      Resume(pid, signal);
    }
    return true;
  }

  void HearEvent(pid_t pid, Task& task, int event) {
    if (event == PTRACE_EVENT_EXEC) {
      // The workload's program is no part of the launch; the relay's is.
      if (task.role != Role::kSupervisor && task.role != Role::kRelay) {
        task.role = Role::kOther;
      }
      return;
    }
    unsigned long child = 0;
    if (::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child) != 0) return;
    const auto child_pid = static_cast<pid_t>(child);
    const Role role = NextRole(task.role);
    if (role == Role::kInit) init_ = child_pid;
    Task& born = tasks_[child_pid];
    born.role = role;
    born.known = true;
    if (born.started) Resume(child_pid, 0);
  }

  Role NextRole(Role parent) {
    if (parent == Role::kSupervisor && !std::exchange(init_made_, true)) {
      return Role::kInit;
    }
    if (parent == Role::kSupervisor && !std::exchange(relay_made_, true)) {
      return Role::kRelay;
    }
    if (parent == Role::kInit && !std::exchange(workload_made_, true)) {
      return Role::kWorkload;
    }
    return Role::kOther;
  }

  void HearCall(pid_t pid, Task& task) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) {
      return;  // killed meanwhile
    }
    if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
      if (std::exchange(task.injected, false)) {
        SetRegister(pid, offsetof(user, regs.rax), task.result);
        SetRegister(pid, offsetof(user, regs.rdi), task.argument);
      }
      return;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY || task.role == Role::kOther) {
      return;
    }
    if (report_ != nullptr && fault_.call < 0) {
      std::fprintf(report_, "%s %llu %llu\n",
                   kRoleNames[static_cast<size_t>(task.role)],
                   static_cast<unsigned long long>(info.entry.nr),
                   static_cast<unsigned long long>(info.entry.args[0]));
    }
    if (!Matches(pid, task.role, info) || ++matches_ != fault_.nth) return;
    if (fault_.victim) return Kill(*fault_.victim);
    if (!fault_.result && !fault_.result_argument) return;
    ++hits_;
    task.injected = true;
    task.result = fault_.result_argument
                      ? info.entry.args[*fault_.result_argument]
                      : static_cast<uint64_t>(*fault_.result);
    // Made instead: close(-1), which no filter of the launch denies. Nor would
    // it deny the number -1, which is no call, but kill for it.
    task.argument = info.entry.args[0];
    SetRegister(pid, offsetof(user, regs.orig_rax), uint64_t{SYS_close});
    SetRegister(pid, offsetof(user, regs.rdi), ~uint64_t{0});
  }

  void Kill(Victim victim) {
    if (victim == Victim::kInit && init_ == 0) return;
    ++hits_;
    if (victim != Victim::kInit) ::kill(root_, SIGKILL);
    if (victim != Victim::kSupervisor && init_ != 0) ::kill(init_, SIGKILL);
    static constexpr char kText[] = "inject: killed\n";
    (void)!::write(STDERR_FILENO, kText, sizeof kText - 1);
  }

  bool Matches(pid_t pid, Role role, const __ptrace_syscall_info& info) const {
    if (role != fault_.role ||
        static_cast<long>(info.entry.nr) != fault_.call) {
      return false;
    }
    if (fault_.argument &&
        info.entry.args[fault_.argument->first] != fault_.argument->second) {
      return false;
    }
    return fault_.path.empty() ||
           PathOf(pid, info.entry.args[0]).ends_with(fault_.path);
  }

  static std::string PathOf(pid_t pid, uint64_t fd) {
    const std::string link =
        "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
    std::array<char, 4096> path{};
    const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
    return size < 0 ? "" : std::string(path.data(), static_cast<size_t>(size));
  }

  static void SetRegister(pid_t pid, size_t offset, uint64_t value) {
    ::ptrace(PTRACE_POKEUSER, pid, offset, value);
  }

  // To stop at each call costs more than the launch: only until the one has
  // come. Those of the other roles stop, too, since how often a process waits
  // depends on how fast the others are.
  bool IsHeard(const Task& task) const {
    if (task.injected) return true;
    if (task.role == Role::kOther) return false;
    return fault_.call < 0 || matches_ < fault_.nth;
  }

  // It may have been killed meanwhile; then its end is reported.
  void Resume(pid_t pid, int signal) {
    ::ptrace(IsHeard(tasks_[pid]) ? PTRACE_SYSCALL : PTRACE_CONT, pid, nullptr,
             static_cast<long>(signal));
  }

  const Fault fault_;
  std::FILE* const report_;
  std::map<pid_t, Task> tasks_;
  pid_t root_ = 0;
  pid_t init_ = 0;
  bool init_made_ = false;
  bool relay_made_ = false;
  bool workload_made_ = false;
  long matches_ = 0;
  long hits_ = 0;
  int code_ = 98;
};

long Number(const char* text) {
  char* end = nullptr;
  const long number = std::strtol(text, &end, 0);
  if (end == text || *end != '\0') Die("not a number");
  return number;
}

std::optional<Role> RoleOf(std::string_view name) {
  for (size_t i = 0; i < kRoleNames.size(); ++i) {
    if (name == kRoleNames[i]) return static_cast<Role>(i);
  }
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  Fault fault;
  std::FILE* report = nullptr;
  int i = 1;
  for (; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    char* const value = argv[i + 1];
    if (option == "--") break;
    if (option == "--role") {
      const auto role = RoleOf(value);
      if (!role) Die("no such role");
      fault.role = *role;
    } else if (option == "--call") {
      fault.call = Number(value);
    } else if (option == "--arg") {
      if (value[0] < '0' || value[0] > '5' || value[1] != '=') Die("--arg");
      fault.argument = {static_cast<size_t>(value[0] - '0'),
                        static_cast<uint64_t>(Number(value + 2))};
    } else if (option == "--path") {
      fault.path = value;
    } else if (option == "--nth") {
      fault.nth = Number(value);
    } else if (option == "--error") {
      fault.result = -Number(value);
    } else if (option == "--return") {
      fault.result = Number(value);
    } else if (option == "--return-arg") {
      fault.result_argument = static_cast<size_t>(Number(value)) % 6;
    } else if (option == "--kill") {
      const std::string_view who = value;
      fault.victim = who == "supervisor" ? Victim::kSupervisor
                     : who == "init"     ? Victim::kInit
                                         : Victim::kBoth;
    } else if (option == "--report") {
      report = std::fopen(value, "we");
      if (report == nullptr) Die("the report cannot be written");
    } else {
      Die("no such option");
    }
  }
  if (i + 1 >= argc) Die("there is no program");
  struct sigaction expire{};
  expire.sa_handler = Expire;
  ::sigaction(SIGALRM, &expire, nullptr);
  const int code = Tracer(std::move(fault), report).Run(argv + i + 1);
  if (report != nullptr) std::fclose(report);
  return code;
}
