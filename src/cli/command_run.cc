#include "cli/command_run.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/log.h"
#include "base/unique_fd.h"
#include "cli/cgroup_for.h"
#include "cli/foreign_check.h"
#include "cli/install.h"
#include "cli/workload_text.h"
#include "launch/at_once.h"
#include "launch/events.h"
#include "launch/refusal.h"
#include "launch/text.h"
#include "sys/clock.h"
#include "sys/datagram.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

using launch::ExitCode;

constexpr char kCommandLine[] = "<command line>";
constexpr char kForever[] = "forever";
constexpr uint64_t kForeverMs = uint64_t{1} << 53;

struct RunOptions {
  std::string target;                  // a workload file or a bundle
  std::vector<std::string> arguments;  // behind `--`
  CommandLineWorkload workload;        // with --trust
  std::string profiles;
  int status_fd = -1;
  std::string status_file;
  bool verbose = false;
  std::string cgroup;  // a directory to divide; empty: one is looked for
  std::string wait;    // "60s", or kForever; empty: do not wait
};

int Fail(ExitCode code, const std::string& why, const std::string& remedy) {
  std::fprintf(stderr, "ringfence: refused: %s\n",
               launch::Printable(why).c_str());
  if (!remedy.empty()) {
    std::fprintf(stderr, "ringfence:   help: %s\n", remedy.c_str());
  }
  return static_cast<int>(code);
}

// The same of something that was to run, which the event log has to know.
// The launcher does that for what reaches it.
int Refuse(const RunOptions& options, ExitCode code, const std::string& why,
           const std::string& remedy) {
  const auto entry = launch::RefusalEvent(
      options.target.empty()
          ? launch::JsonMember("level", options.workload.trust)
          : launch::JsonMember("file", options.target),
      {code, why, remedy});
  const auto logged =
      audit::Append(model::HostUid(::geteuid()), std::span(&entry, 1));
  const int refused = Fail(code, why, remedy);
  if (!logged) {
    std::fprintf(stderr, "ringfence: the event log misses this refusal: %s\n",
                 audit::Describe(logged.error()).c_str());
  }
  return refused;
}

// A descriptor that the next program inherits.
bool Inherit(int fd) { return ::fcntl(fd, F_SETFD, 0) == 0; }

int Exec(const std::string& program, std::vector<std::string> words) {
  words.insert(words.begin(), program);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  if (errno == E2BIG) {
    return Fail(
        ExitCode::kInput,
        "the arguments are too long for the kernel (execve(2))",
        "pass them in a file, or raise the limit on the stack, of which "
        "they may take a quarter (`ulimit -s`)");
  }
  return Fail(ExitCode::kInternal,
              "cannot execute " + program + ": " + std::strerror(errno),
              "install Ringfence again");
}

// Runs ringfence-policy, which writes the bundle into `bundle` or says what is
// wrong. 0, or the exit code for `run`.
int Compile(const RunOptions& options, int bundle, int text) {
  const std::string program = FindProgram("ringfence-policy");
  if (program.empty()) {
    return Refuse(options, ExitCode::kInternal,
                  "ringfence-policy is not installed",
                  "install Ringfence again, or run a compiled bundle");
  }
  std::vector<std::string> words = {program, "compile", "--bundle-fd",
                                    std::to_string(bundle)};
  if (!options.profiles.empty()) {
    words.insert(words.end(), {"--profiles", options.profiles});
  }
  if (text >= 0) {
    words.insert(words.end(), {"--text-name", kCommandLine, "-"});
  } else {
    words.insert(words.end(), {"--", options.target});
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (text >= 0) ::posix_spawn_file_actions_adddup2(&actions, text, 0);
  pid_t pid = 0;
  const int spawned = ::posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                    arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) {
    return Refuse(options, ExitCode::kInternal,
                  "cannot execute " + program + ": " + std::strerror(spawned),
                  spawned == EAGAIN ? launch::kTooManyProcesses
                                    : "install Ringfence again");
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  const bool users_fault = WIFEXITED(status) && (WEXITSTATUS(status) == 2 ||
                                                 WEXITSTATUS(status) == 3);
  return Refuse(options, users_fault ? ExitCode::kInput : ExitCode::kInternal,
                "the workload does not compile; nothing has run", "");
}

// Where the service manager that started us waits to hear of readiness
// (sd_notify(3)); empty where nobody does.
UniqueFd CallersNotifySocket() {
  const char* const name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || *name == '\0') return {};
  auto socket = sys::ConnectedDatagramSocket(name);
  if (socket) {
    Inherit(socket->get());
    return std::move(*socket);
  }
  std::fprintf(stderr,
               "ringfence: readiness is not passed on: NOTIFY_SOCKET=%s: %s\n",
               launch::Printable(name).c_str(),
               launch::Describe(socket.error()).c_str());
  return {};
}

// Milliseconds; nullopt: not a time. At most a year, as in workload files.
std::optional<uint64_t> WaitMs(const RunOptions& options) {
  if (options.wait == kForever) return kForeverMs;
  constexpr std::pair<std::string_view, uint64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  constexpr uint64_t kYearMs = uint64_t{365} * 24 * 3'600'000;
  const std::string& text = options.wait;
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, text.data() + text.size());
  for (const auto& [name, factor] : kUnits) {
    if (error == std::errc() && unit == name && number <= kYearMs / factor) {
      return number * factor;
    }
  }
  return std::nullopt;
}

// Waits, at most `left_ms`, until nothing is in the way that Ringfence did not
// start, and takes the time off `left_ms`. What still is when it is over.
std::optional<InTheWay> AwaitForeign(uint64_t& left_ms) {
  constexpr uint64_t kLookAgainMs = 500;
  std::string said;
  for (;;) {
    auto found = FindForeignInTheWay();
    if (!found || left_ms == 0) return found;
    if (found->waiting != said) {
      said = found->waiting;
      std::fprintf(stderr, "ringfence: waiting %s\n",
                   launch::Printable(said).c_str());
    }
    const uint64_t nap = std::min(left_ms, kLookAgainMs);
    sys::SleepMs(nap);
    left_ms -= nap;
  }
}

int Launch(const RunOptions& options, int bundle, const std::string& base) {
  const std::string program = FindProgram("ringfence-launch");
  const std::string relay = FindProgram("ringfence-relay");
  if (program.empty() || relay.empty()) {
    return Refuse(options, ExitCode::kInternal,
                  "ringfence-launch or ringfence-relay is not installed",
                  "install Ringfence again");
  }
  std::vector<std::string> words = {
      "--bundle", std::to_string(bundle), "--base", base, "--relay", relay};
  if (options.status_fd >= 0) {
    words.insert(words.end(),
                 {"--status-fd", std::to_string(options.status_fd)});
  }
  UniqueFd status_file;
  if (!options.status_file.empty()) {
    status_file.reset(::open(options.status_file.c_str(),
                             O_WRONLY | O_CREAT | O_TRUNC, 0644));
    if (!status_file) {
      return Refuse(
          options, ExitCode::kMissing,
          "cannot write " + options.status_file + ": " + std::strerror(errno),
          "");
    }
    words.insert(words.end(),
                 {"--status-file", std::to_string(status_file.get())});
  }
  if (const char* const type = std::getenv("TERM"); type != nullptr) {
    words.insert(words.end(), {"--terminal-type", type});
  }
  const UniqueFd notify = CallersNotifySocket();
  if (notify) {
    words.insert(words.end(), {"--notify", std::to_string(notify.get())});
  }
  const CgroupFor cgroup = FindCgroup(options.cgroup, options.target);
  if (cgroup.divided) {
    const int node = cgroup.divided->node.get();
    const int home = cgroup.divided->home.get();
    if (!Inherit(node) || !Inherit(home)) {
      return Refuse(options, ExitCode::kInternal, std::strerror(errno), "");
    }
    words.insert(words.end(), {"--cgroup", std::to_string(node),
                               "--cgroup-home", std::to_string(home)});
  } else if (!options.cgroup.empty()) {
    return Refuse(options, ExitCode::kProtection, cgroup.why, cgroup.remedy);
  } else {
    words.insert(words.end(), {"--no-cgroup", cgroup.why, cgroup.remedy});
  }
  if (options.verbose) words.emplace_back("--verbose");
  uint64_t wait_ms = options.wait.empty() ? 0 : *WaitMs(options);
  if (const auto why = AwaitForeign(wait_ms)) {
    return Refuse(options, ExitCode::kColocation, why->what, why->remedy);
  }
  if (!options.wait.empty()) {
    words.insert(words.end(), {"--wait", std::to_string(wait_ms)});
  }
  if (!options.arguments.empty()) {
    words.emplace_back("--");
    words.insert(words.end(), options.arguments.begin(),
                 options.arguments.end());
  }
  return Exec(program, std::move(words));
}

Result<UniqueFd> Memory(const std::string& name, const std::string& text) {
  UniqueFd memory(::memfd_create(name.c_str(), 0));
  if (!memory) return std::unexpected(SysError{"memfd_create", errno});
  RF_TRY(sys::WriteAll(memory.get(), text));
  if (::lseek(memory.get(), 0, SEEK_SET) < 0) {
    return std::unexpected(SysError{"lseek", errno});
  }
  return memory;
}

// `ringfence run --trust LEVEL ... -- COMMAND`.
int RunCommandLine(RunOptions options) {
  if (!options.target.empty()) {
    options.arguments.insert(options.arguments.begin(), options.target);
  }
  if (options.arguments.empty()) {
    return Fail(ExitCode::kInput, "there is no command",
                "ringfence run --trust LEVEL -- COMMAND [ARG...]");
  }
  options.workload.program = options.arguments.front();
  options.arguments.erase(options.arguments.begin());
  const auto text = WorkloadText(options.workload);
  if (!text) {
    return Fail(ExitCode::kInput, "a name or a path is not valid UTF-8", "");
  }
  const auto input = Memory("workload", *text);
  const auto bundle = Memory("bundle", "");
  if (!input || !bundle) {
    return Fail(ExitCode::kInternal,
                launch::Describe(!input ? input.error() : bundle.error()), "");
  }
  if (const int code = Compile(options, bundle->get(), input->get());
      code != 0) {
    return code;
  }
  ::lseek(bundle->get(), 0, SEEK_SET);
  return Launch(options, bundle->get(),
                std::filesystem::current_path().string());
}

// Whether it is what exec would take, an easy thing to name by mistake.
bool IsProgram(int fd) {
  std::array<std::byte, 4> start{};
  const auto size = sys::Pread(fd, start, 0);
  const auto begins = [&](std::string_view with) {
    return size && *size >= with.size() &&
           std::memcmp(start.data(), with.data(), with.size()) == 0;
  };
  return begins(
             "\x7f"
             "ELF") ||
         begins("#!");
}

// `ringfence run WORKLOAD.yaml|BUNDLE`.
int RunFile(const RunOptions& options) {
  const auto file = sys::Open(options.target.c_str(), O_RDONLY);
  std::error_code error;
  const auto path = std::filesystem::canonical(options.target, error);
  if (!file || error) {
    return Refuse(options, ExitCode::kMissing,
                  "cannot read " + options.target + ": " +
                      (file ? error.message() : launch::Describe(file.error())),
                  "name a workload file or a bundle");
  }
  const std::string base = path.parent_path();
  if (launch::IsBundle(file->get())) {
    if (!Inherit(file->get())) {
      return Refuse(options, ExitCode::kInternal, std::strerror(errno), "");
    }
    return Launch(options, file->get(), base);
  }
  if (IsProgram(file->get())) {
    return Refuse(
        options, ExitCode::kInput,
        options.target + " is a program, not a workload file or bundle",
        "ringfence run --trust LEVEL -- COMMAND [ARG...]");
  }
  const auto bundle = Memory("bundle", "");
  if (!bundle) {
    return Refuse(options, ExitCode::kInternal,
                  launch::Describe(bundle.error()), "");
  }
  if (const int code = Compile(options, bundle->get(), -1); code != 0) {
    return code;
  }
  ::lseek(bundle->get(), 0, SEEK_SET);
  return Launch(options, bundle->get(), base);
}

}  // namespace

int RunRun(int argc, char** argv) {
  RunOptions options;
  CLI::App app("Run a workload confined, in the foreground", "ringfence run");
  // Behind `--` everything is the workload's, whatever it looks like.
  std::vector<char*> own(argv, argv + argc);
  std::string wait_forever = std::string("--wait=") + kForever;
  for (size_t i = 1; i < own.size(); ++i) {
    if (std::string_view(own[i]) == "--") {
      options.arguments.assign(own.begin() + static_cast<ptrdiff_t>(i) + 1,
                               own.end());
      own.resize(i);
      break;
    }
    // A value only behind `=`: what follows may be the workload.
    if (std::string_view(own[i]) == "--wait") own[i] = wait_forever.data();
  }
  app.add_option("target", options.target, "A workload file or a bundle")
      ->type_name("WORKLOAD|BUNDLE");
  app.add_option("--trust", options.workload.trust,
                 "Run the command behind `--` at this trust level");
  app.add_option("--name", options.workload.name, "Its name, with --trust");
  app.add_option("--tenant", options.workload.tenant,
                 "Its tenant, with --trust");
  app.add_option("--read", options.workload.read,
                 "Show this host path read-only, with --trust")
      ->type_name("PATH[:INSIDE]")
      ->expected(1)
      ->take_all();
  app.add_option("--write", options.workload.write,
                 "Show this host path writable, with --trust")
      ->type_name("PATH[:INSIDE]")
      ->expected(1)
      ->take_all();
  app.add_option("--listen", options.workload.listen,
                 "Relay this host address to it, with --trust")
      ->type_name("ADDRESS")
      ->expected(1)
      ->take_all();
  app.add_option("--time-limit", options.workload.time_limit,
                 "Stop it after this time (60s), with --trust");
  app.add_option("--profiles", options.profiles,
                 "Look profiles up in this folder only")
      ->type_name("DIR");
  app.add_option("--status-fd", options.status_fd,
                 "Write the status as JSON lines to this descriptor")
      ->type_name("FD");
  app.add_option("--status-file", options.status_file,
                 "Write the status as JSON lines to this file")
      ->type_name("FILE");
  app.add_option(
         "--wait", options.wait,
         "Wait, at most this time (--wait=60s), until the host takes it")
      ->type_name("[=TIME]");
  app.add_option("--cgroup", options.cgroup,
                 "Limit it in this directory of a cgroup v2, which is yours")
      ->type_name("DIR");
  app.add_flag("-v,--verbose", options.verbose,
               "Say what the kernel enforces, as read back");
  try {
    app.parse(static_cast<int>(own.size()), own.data());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return Fail(ExitCode::kInput, error.what(), "ringfence run --help");
  }
  if (app.count("--status-fd") > 0 &&
      (options.status_fd < 0 || ::fcntl(options.status_fd, F_GETFD) < 0)) {
    return Fail(ExitCode::kInput, "--status-fd names no open descriptor", "");
  }
  if (!options.wait.empty() && !WaitMs(options)) {
    return Fail(ExitCode::kInput, "`" + options.wait + "` is not a time",
                "--wait alone, or --wait=TIME: 500ms, 60s, 5m or 1h");
  }
  if (!options.profiles.empty() &&
      !std::filesystem::is_directory(options.profiles)) {
    return Fail(ExitCode::kMissing,
                "there is no folder " + options.profiles + " of profiles", "");
  }
  if (!options.workload.trust.empty()) return RunCommandLine(options);
  if (options.target.empty()) {
    return Fail(ExitCode::kInput, "there is nothing to run",
                "ringfence run WORKLOAD.yaml, or ringfence run --trust LEVEL "
                "-- COMMAND");
  }
  return RunFile(options);
}

}  // namespace ringfence::cli
