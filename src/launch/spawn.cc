#include "launch/spawn.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "launch/init.h"
#include "launch/message.h"
#include "sys/channel.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/signal.h"

namespace ringfence::launch {
namespace {

constexpr uint64_t kNamespaces = sys::kNewUser | sys::kNewMount | sys::kNewPid |
                                 sys::kNewIpc | sys::kNewUts | sys::kNewCgroup;

Refusal RefuseNamespaces(const SysError& error) {
  return {
      ExitCode::kProtection,
      "cannot make the sandbox's namespaces: " + Describe(error),
      error.err == EAGAIN
          ? kTooManyProcesses
          : "`ringfence doctor` tells what this host forbids and how to allow "
            "it"};
}

Result<void> WriteProcFile(pid_t pid, const char* file,
                           const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  RF_ASSIGN(const UniqueFd fd, sys::Open(path.c_str(), O_WRONLY));
  return sys::WriteAll(fd.get(), text);
}

// A single id each, the caller's own: needs no privilege
// (user_namespaces(7)), and setgroups(2) is denied for good.
Result<void> WriteMaps(pid_t init, const Prepared& prepared) {
  RF_TRY(WriteProcFile(init, "setgroups", "deny"));
  RF_TRY(WriteProcFile(init, "gid_map",
                       std::to_string(prepared.init.gid) + " " +
                           std::to_string(prepared.host_gid) + " 1"));
  return WriteProcFile(init, "uid_map",
                       std::to_string(prepared.init.uid) + " " +
                           std::to_string(prepared.host_uid) + " 1");
}

// In the relay's process, between fork and exec.
[[noreturn]] void BecomeRelay(int init, char* const arguments[],
                              const std::vector<int>& inherited) {
  char* const environment[] = {nullptr};
  bool ready = sys::JoinUserAndNetwork(init).has_value();
  for (const int fd : inherited) {
    ready = ready && ::fcntl(fd, F_SETFD, 0) == 0;
  }
  // It came into the namespace with all of them.
  ready = ready && sys::DropCapabilities(0).has_value() &&
          sys::UnblockSignals().has_value();
  if (ready) (void)sys::Exec(arguments[0], arguments, environment);
  ::_exit(1);
}

Result<Relay> StartRelay(const RelayProgram& program, int init) {
  RF_ASSIGN(sys::Pipe alive, sys::MakePipe());
  RF_ASSIGN(sys::Pipe ready, sys::MakePipe());
  std::vector<std::string> words = {program.path, "--alive",
                                    std::to_string(alive.read.get()), "--ready",
                                    std::to_string(ready.write.get())};
  std::vector<int> inherited = {alive.read.get(), ready.write.get()};
  for (size_t i = 0; i < program.sockets.size(); ++i) {
    words.push_back("--listen");
    words.push_back(std::to_string(program.sockets[i]) + "=" +
                    program.listens[i]);
    inherited.push_back(program.sockets[i]);
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  RF_ASSIGN(sys::Child child, sys::Fork(0));
  if (child.pid == 0) BecomeRelay(init, arguments.data(), inherited);
  ready.write.reset();
  std::byte byte{};
  RF_ASSIGN(const size_t size,
            sys::Read(ready.read.get(), std::span(&byte, 1)));
  if (size == 0) {
    EndProcess(child, SIGKILL);
    return std::unexpected(SysError{"the listen relay did not start", 0});
  }
  return Relay{std::move(child), std::move(alive.write)};
}

}  // namespace

Refusal InitEnded() {
  return {ExitCode::kInternal, "the sandbox's init ended without a word", ""};
}

void EndProcess(const sys::Child& process, int signal) {
  if (!process.pidfd) return;
  (void)sys::PidfdSendSignal(process.pidfd.get(), signal);
  while (::waitpid(process.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::expected<Sandbox, Refusal> Spawn(const Prepared& prepared,
                                      const Cgroup& cgroup, admit::Claim& claim,
                                      UniqueFd control,
                                      const RelayProgram& relay) {
  Sandbox sandbox{.init = {}, .control = std::move(control), .relay = {}};
  auto init =
      sys::Fork(kNamespaces | (prepared.own_network ? sys::kNewNetwork : 0),
                cgroup.work());
  if (!init) return std::unexpected(RefuseNamespaces(init.error()));
  if (init->pid == 0) {
    // Init must see the channel end when the supervisor dies.
    sandbox.control.reset();
    RunInit(prepared);
  }
  sandbox.init = *std::move(init);

  // Closing the channel ends init before its first step.
  const auto give_up = [&](Refusal refusal) {
    // Where init is dead, whatever failed is but what came of that; one that
    // was just killed may still be on its way.
    constexpr int kDyingMs = 1000;
    const auto died = sys::WaitForExit(sandbox.init.pidfd.get(), kDyingMs);
    if (died && *died) refusal = InitEnded();
    sandbox.control.reset();
    EndProcess(sandbox.init, SIGKILL);
    return std::unexpected(std::move(refusal));
  };
  if (const auto held = cgroup.Holds(sandbox.init.pid); !held) {
    return give_up({ExitCode::kProtection,
                    "the sandbox's cgroup: " + Describe(held.error()), ""});
  }
  if (const auto mapped = WriteMaps(sandbox.init.pid, prepared); !mapped) {
    return give_up({ExitCode::kProtection,
                    "cannot write the id maps: " + Describe(mapped.error()),
                    "`ringfence doctor` tells what this host forbids and how "
                    "to allow it"});
  }
  if (const auto noted = claim.RecordInit(sandbox.init.pid); !noted) {
    return give_up(
        {ExitCode::kInternal,
         "cannot note the sandbox in the ledger: " + Describe(noted.error()),
         ""});
  }
  if (!relay.sockets.empty()) {
    auto started = StartRelay(relay, sandbox.init.pidfd.get());
    if (!started) {
      return give_up({ExitCode::kProtection, Describe(started.error()),
                      "`ringfence doctor` tells what this host forbids"});
    }
    sandbox.relay = *std::move(started);
  }
  const Message release{.kind = MessageKind::kRelease};
  if (const auto sent = sys::Send(sandbox.control.get(), release.Bytes());
      !sent) {
    EndProcess(sandbox.relay.process, SIGKILL);
    return give_up({ExitCode::kInternal, Describe(sent.error()), ""});
  }
  return sandbox;
}

}  // namespace ringfence::launch
