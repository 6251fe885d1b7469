// Who this process is and what it was given.
#include <dirent.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "probe.h"

extern char** environ;

namespace probe {
namespace {

void Print(std::string_view key, std::string_view value) {
  WriteLine(std::string("id.") + std::string(key), value);
}

std::string LinkTarget(const std::string& path) {
  char target[4096];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0) return Outcome(size);
  return {target, static_cast<size_t>(size)};
}

std::string Lowered(std::string_view text) {
  std::string lowered(text);
  for (char& letter : lowered) {
    if (letter >= 'A' && letter <= 'Z') letter += 'a' - 'A';
  }
  return lowered;
}

// Lines NAME:\tVALUE of /proc/self/status; white space inside becomes a comma.
void PrintStatus() {
  constexpr std::string_view kWanted[] = {
      "Uid",    "Gid",    "Groups", "CapInh",     "CapPrm",  "CapEff",
      "CapBnd", "CapAmb", "Umask",  "NoNewPrivs", "Seccomp", "Seccomp_filters",
      "NSpid",  "Threads"};
  std::ifstream file("/proc/self/status");
  if (!file) Print("status", Outcome(-1));
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view name = std::string_view(line).substr(0, colon);
    if (std::find(std::begin(kWanted), std::end(kWanted), name) ==
        std::end(kWanted)) {
      continue;
    }
    std::string value;
    for (const char letter : line.substr(colon + 1)) {
      if (letter != ' ' && letter != '\t') {
        value += letter;
      } else if (!value.empty() && value.back() != ',') {
        value += ',';
      }
    }
    if (value.ends_with(',')) value.pop_back();
    Print(Lowered(name), value);
  }
}

// id.fd.N=TARGET MODE, without the descriptor that reads the directory.
void PrintDescriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return Print("fd", Outcome(-1));
  std::vector<int> numbers;
  while (const dirent* entry = ::readdir(directory)) {
    const auto number = ParseValue(entry->d_name);
    if (number && *number != ::dirfd(directory)) {
      numbers.push_back(static_cast<int>(*number));
    }
  }
  ::closedir(directory);
  std::sort(numbers.begin(), numbers.end());
  for (const int number : numbers) {
    const int mode = ::fcntl(number, F_GETFL) & O_ACCMODE;
    Print("fd." + std::to_string(number),
          LinkTarget("/proc/self/fd/" + std::to_string(number)) +
              (mode == O_RDONLY   ? " read"
               : mode == O_WRONLY ? " write"
                                  : " read-write"));
  }
}

std::string LimitText(rlim_t limit) {
  return limit == RLIM_INFINITY ? "unlimited" : std::to_string(limit);
}

// id.limit.NAME=SOFT:HARD.
void PrintLimits() {
  struct Named {
    const char* name;
    int resource;
  };
  constexpr Named kLimits[] = {
      {"as", RLIMIT_AS},
      {"core", RLIMIT_CORE},
      {"cpu", RLIMIT_CPU},
      {"data", RLIMIT_DATA},
      {"fsize", RLIMIT_FSIZE},
      {"memlock", RLIMIT_MEMLOCK},
      {"msgqueue", RLIMIT_MSGQUEUE},
      {"nice", RLIMIT_NICE},
      {"nofile", RLIMIT_NOFILE},
      {"nproc", RLIMIT_NPROC},
      {"rtprio", RLIMIT_RTPRIO},
      {"sigpending", RLIMIT_SIGPENDING},
      {"stack", RLIMIT_STACK},
  };
  for (const Named& limit : kLimits) {
    rlimit value{};
    const std::string key = std::string("limit.") + limit.name;
    if (::getrlimit(static_cast<__rlimit_resource>(limit.resource), &value) !=
        0) {
      Print(key, Outcome(-1));
    } else {
      Print(key, LimitText(value.rlim_cur) + ":" + LimitText(value.rlim_max));
    }
  }
}

// id.mount.TARGET=OPTIONS TYPE ROOT SUPER-OPTIONS, later ones of a target with
// a number behind it. Without the numbers that each launch has of its own.
void PrintMounts() {
  std::ifstream file("/proc/self/mountinfo");
  if (!file) Print("mount", Outcome(-1));
  std::map<std::string, int> times;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string skipped, root, target, options, type, super;
    words >> skipped >> skipped >> skipped >> root >> target >> options;
    while (words >> skipped && skipped != "-") options += "," + skipped;
    words >> type >> skipped >> super;
    if (const int before = times[target]++; before != 0) {
      target += "#" + std::to_string(before);
    }
    Print("mount." + target, options + " " + type + " " + root + " " + super);
  }
}

// Init installs its filter when the workload runs already.
void PrintInit() {
  std::string seccomp;
  for (int i = 0; i < 200 && seccomp != "2"; ++i) {
    std::ifstream file("/proc/1/status");
    for (std::string name; file >> name;) {
      if (name == "Seccomp:") file >> seccomp;
    }
    if (seccomp != "2") ::usleep(1000);
  }
  Print("init.seccomp", seccomp);
}

void PrintNumber(std::string_view key, long value) {
  Print(key, value < 0 ? Outcome(value) : std::to_string(value));
}

}  // namespace

void PrintSandbox() {
  PrintMounts();
  PrintInit();
}

void PrintIdentity() {
  PrintStatus();
  PrintNumber("securebits", ::prctl(PR_GET_SECUREBITS));
  PrintNumber("dumpable", ::prctl(PR_GET_DUMPABLE));
  PrintNumber("pid", ::getpid());
  PrintNumber("ppid", ::getppid());
  PrintNumber("sid", ::getsid(0));
  PrintNumber("pgid", ::getpgid(0));
  char directory[4096];
  Print("cwd", ::getcwd(directory, sizeof directory) != nullptr
                   ? std::string(directory)
                   : Outcome(-1));
  PrintDescriptors();
  PrintLimits();
  for (const char* name :
       {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
    Print(std::string("ns.") + name,
          LinkTarget(std::string("/proc/self/ns/") + name));
  }
  char host[65] = {};
  Print("hostname", ::gethostname(host, sizeof host - 1) == 0
                        ? std::string(host)
                        : Outcome(-1));
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    Print("env." + std::string(text.substr(0, equals)),
          equals == std::string_view::npos ? "" : text.substr(equals + 1));
  }
}

}  // namespace probe
