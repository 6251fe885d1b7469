#include "launch/launch.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "admit/ledger.h"
#include "admit/turn.h"
#include "base/check.h"
#include "bpf/allow_list.h"
#include "launch/account.h"
#include "launch/caller.h"
#include "launch/cgroup.h"
#include "launch/disks.h"
#include "launch/events.h"
#include "launch/history.h"
#include "launch/listen.h"
#include "launch/refusal.h"
#include "launch/requirements.h"
#include "launch/sources.h"
#include "launch/spawn.h"
#include "launch/status.h"
#include "launch/stdio.h"
#include "launch/supervise.h"
#include "sys/channel.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace ringfence::launch {
namespace {

// All that init does once the workload runs.
constexpr uint32_t kInitCalls[] = {
    SYS_poll,      SYS_recvmsg,      SYS_sendmsg,        SYS_read,
    SYS_close,     SYS_kill,         SYS_wait4,          SYS_exit_group,
    SYS_signalfd4, SYS_rt_sigreturn, SYS_restart_syscall};

Refusal Internal(const SysError& error) {
  return {ExitCode::kInternal, Describe(error), ""};
}

class Launcher {
 public:
  explicit Launcher(Options options)
      : options_(std::move(options)),
        status_(std::move(options_.status_fd), std::move(options_.status_file),
                options_.verbose) {}

  int Run() {
    const auto ending = Go();
    cgroup_.Remove();
    if (!ending) {
      status_.Refused(ending.error());
      events_.Refused(ending.error());
      if (history_) {
        account_->Refused(ending.error());
        Remember(history_->Close(account_->Text(nullptr)));
      }
      return static_cast<int>(ending.error().code);
    }
    const int code = ExitCodeOf(*ending);
    status_.Ended(*ending, code, denied_);
    return code;
  }

 private:
  std::expected<Ending, Refusal> Go() {
    RF_ASSIGN(caller_, CheckCaller());
    RF_TRY(OpenBundle());
    history_.emplace(model::HostUid{caller_.uid}, bundle_.name);
    account_.emplace(bundle_, scope_);
    // Before anything is opened: a number that is free now would be taken.
    auto stdio = PrepareStdio();
    if (!stdio) return std::unexpected(Internal(stdio.error()));
    Notify notify(std::move(options_.notify));
    facts_ = {.landlock_abi = sys::LandlockAbi(),
              .apparmor = FindAppArmor(bundle_),
              .selinux = FindSelinux(bundle_, model::HostUid{caller_.uid}),
              .terminal = stdio->terminal.start().use,
              .notify = notify.wanted()};
    RF_TRY(CutLimits());
    RF_TRY(LimitInCgroup());
    RF_TRY(CheckRequirements(bundle_, facts_));
    RF_ASSIGN(const auto sources, FindSources(bundle_, options_.base));
    RF_TRY(LimitDisks(bundle_, sources, cgroup_, facts_.cgroup));
    prepared_.plan = MakePlan(bundle_, sources, facts_);
    // Who waits may wait for the one that has these ports.
    if (!options_.wait_ms) RF_TRY(Bind());

    if (const auto blocked = sys::BlockSignals(); !blocked) {
      return std::unexpected(Internal(blocked.error()));
    }
    auto own_status = sys::ReadFile("/proc/self/status", 64 * 1024);
    if (!own_status) return std::unexpected(Internal(own_status.error()));
    own_status_ = *std::move(own_status);
    sys::DefaultSignals(StatusNumber(own_status_, "SigIgn", 16).value_or(0));
    auto signals = sys::SignalQueue();
    auto channel = sys::MakeChannel();
    if (!signals) return std::unexpected(Internal(signals.error()));
    if (!channel) return std::unexpected(Internal(channel.error()));

    RF_ASSIGN(admit::Claim claim, Claim(signals->get()));
    status_.Admitted(scope_);
    if (options_.wait_ms) RF_TRY(Bind());
    RF_TRY(Prepare(*stdio, channel->theirs.get(), claim.fd()));
    RF_TRY(events_.Launch(scope_));
    RF_ASSIGN(Sandbox sandbox, Spawn(prepared_, cgroup_, claim,
                                     std::move(channel->ours), RelayFor()));
    channel->theirs.reset();
    stdio->ends.clear();
    sockets_.clear();
    // From here on nothing of this process is of use to another one of the
    // same user: neither its memory nor its descriptors.
    if (const auto protected_ = Protect(); !protected_) {
      EndProcess(sandbox.init, SIGKILL);
      EndProcess(sandbox.relay.process, SIGKILL);
      return std::unexpected(Internal(protected_.error()));
    }

    Supervisor supervisor(
        {.bundle = bundle_,
         .plan = prepared_.plan,
         .sandbox = sandbox,
         .cgroup = cgroup_,
         .stdio = *stdio,
         .notify = notify,
         .status = status_,
         .on_started =
             [&](std::string_view read_back) {
               const auto protections =
                   Report(bundle_, prepared_.plan, facts_, caller_, read_back);
               status_.Started(bundle_, scope_, sandbox.init.pid, protections);
               account_.emplace(bundle_, scope_);
               account_->Started(sandbox.init.pid, protections);
               Remember(history_->Keep(account_->Text(nullptr)));
               events_.Started(sandbox.init.pid, protections);
             },
         .on_denied =
             [&](const DeniedCalls& denied) {
               Remember(history_->Keep(account_->Text(&denied)));
               events_.Denied(denied);
             },
         .on_ended =
             [&](const Ending& ending) {
               RememberEnd(ending, supervisor.denied());
             }},
        signals->get());
    auto ending = supervisor.Run();
    // Init may have died without a word.
    if (ending && !ended_) RememberEnd(*ending, supervisor.denied());
    denied_.unheard = supervisor.unheard();
    if (const auto released = claim.Release(); !released) {
      status_.Say("the ledger's record stays until the next launch: " +
                  Describe(released.error()));
    }
    return ending;
  }

  void RememberEnd(const Ending& ending, const DeniedCalls& denied) {
    ended_ = true;
    account_->Ended(ending, ExitCodeOf(ending));
    Remember(history_->Close(account_->Text(&denied)));
    denied_.total = denied.total();
    for (const auto& [name, count] : denied.Totals()) {
      denied_.calls.emplace_back(name, count);
    }
    events_.Denied(denied);
    events_.Ended(ending, ExitCodeOf(ending), denied_);
  }

  // A report, and no protection: that there is none is said once.
  void Remember(const Result<void>& kept) {
    if (kept || untold_) return;
    untold_ = true;
    status_.Say("nothing is kept for `ringfence inspect`: " +
                Describe(kept.error()));
  }

  static Result<void> Protect() {
    RF_TRY(sys::SetUndumpable());
    RF_ASSIGN(const bool dumpable, sys::IsDumpable());
    if (dumpable) {
      return std::unexpected(SysError{"the supervisor is still dumpable", 0});
    }
    return {};
  }

  std::expected<void, Refusal> OpenBundle() {
    const auto bytes = sys::ReadAll(options_.bundle.get(), bundle::kMaxSize);
    if (!bytes) {
      return std::unexpected(
          Refusal{ExitCode::kInput,
                  "the bundle cannot be read: " + Describe(bytes.error()), ""});
    }
    auto bundle = bundle::Open(std::span(
        reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()));
    if (!bundle) {
      return std::unexpected(Refusal{
          ExitCode::kInput, "the bundle cannot be used: " + bundle.error().why,
          "compile it again with `ringfence compile`"});
    }
    bundle_ = *std::move(bundle);
    for (std::string& argument : options_.arguments) {
      bundle_.command.push_back(std::move(argument));
    }
    return {};
  }

  // A limit is a ceiling. The caller's own hard limit may be a lower one
  // already, and nobody without privileges can raise it: then that one holds.
  // Not so for core dumps, where 0 would let a piped handler run.
  std::expected<void, Refusal> CutLimits() {
    for (model::ResourceLimit& limit : bundle_.resource_limits) {
      if (limit.resource == RLIMIT_CORE) continue;
      const auto own = sys::GetLimit(limit.resource);
      if (!own) return std::unexpected(Internal(own.error()));
      limit.value = std::min(limit.value, own->hard);
    }
    return {};
  }

  // What has no controller here is left to CheckRequirements.
  std::expected<void, Refusal> LimitInCgroup() {
    if (!options_.cgroup) {
      facts_.cgroup = NoCgroup(options_.no_cgroup, options_.cgroup_remedy);
      return {};
    }
    auto cgroup = Cgroup::Open(std::move(options_.cgroup),
                               std::move(options_.cgroup_home));
    if (!cgroup) {
      return std::unexpected(
          Refusal{ExitCode::kProtection,
                  "the cgroup handed over: " + Describe(cgroup.error()),
                  "hand over one of its own to each workload"});
    }
    cgroup_ = *std::move(cgroup);
    const CgroupWanted wanted = WantedOf(bundle_);
    auto limited = cgroup_.Limit(wanted);
    if (!limited) {
      return std::unexpected(
          Refusal{ExitCode::kProtection, Describe(limited.error()), ""});
    }
    facts_.cgroup = *std::move(limited);
    if (!facts_.cgroup.processes.enforced) return {};
    processes_ = wanted.processes;
    for (model::ResourceLimit& limit : bundle_.resource_limits) {
      if (limit.resource != RLIMIT_NPROC) continue;
      // The kernel asks this one first, and counts only what the cgroup
      // refuses.
      const auto own = sys::GetLimit(RLIMIT_NPROC);
      if (!own) return std::unexpected(Internal(own.error()));
      if (own->hard > limit.value) ++limit.value;
    }
    return {};
  }

  std::expected<void, Refusal> Bind() {
    RF_ASSIGN(sockets_, BindListeners(bundle_.network.listen));
    return {};
  }

  std::expected<admit::Claim, Refusal> Claim(int signals) {
    const model::HostUid uid{caller_.uid};
    const auto ledger = admit::Ledger::Open(uid);
    if (!ledger) {
      return std::unexpected(
          Refusal{ExitCode::kColocation, admit::Describe(ledger.error()), ""});
    }
    scope_ = ledger->scope();
    if (scope_ == admit::Scope::kHost) RF_TRY(CheckProfiles(bundle_));
    admit::Request request{.level = bundle_.level,
                           .name = bundle_.name,
                           .uid = uid,
                           .groups = {model::HostGid(caller_.gid)},
                           .limits = RecordedLimits(),
                           .categories = !facts_.selinux.label.empty()};
    for (const gid_t gid : caller_.groups) request.groups.emplace_back(gid);
    if (options_.wait_ms) return ClaimInTurn(*ledger, request, signals);
    auto claim = ledger->Admit(request);
    if (!claim) return std::unexpected(RefuseClaim(claim.error(), request));
    return *std::move(claim);
  }

  admit::EnforcedLimits RecordedLimits() const {
    admit::EnforcedLimits limits{.time_ms = bundle_.time_ms};
    for (const model::ResourceLimit& limit : bundle_.resource_limits) {
      if (limit.resource == RLIMIT_NPROC) limits.processes = limit.value;
      if (limit.resource == RLIMIT_NOFILE) limits.open_files = limit.value;
    }
    if (processes_ != 0) limits.processes = processes_;
    if (facts_.cgroup.memory.enforced) limits.memory = bundle_.memory.amount;
    if (facts_.cgroup.cpu.enforced) limits.cpu = bundle_.cpu.amount;
    return limits;
  }

  static Refusal RefuseClaim(const admit::Refusal& why,
                             const admit::Request& request) {
    return {static_cast<ExitCode>(admit::ExitCode(why)),
            admit::Describe(why, request), ""};
  }

  std::expected<admit::Claim, Refusal> ClaimInTurn(
      const admit::Ledger& ledger, const admit::Request& request, int signals) {
    int ended_by = 0;
    auto claim = admit::AdmitInTurn(
        ledger, request,
        {.time_ms = *options_.wait_ms,
         .interrupt = signals,
         .stop =
             [&] {
               ended_by = EndingSignal(signals);
               return ended_by != 0;
             },
         .say =
             [&](const std::string& what) { status_.Say("waiting " + what); }});
    if (claim) return *std::move(claim);
    Refusal refusal = RefuseClaim(claim.error(), request);
    if (ended_by != 0) {
      refusal.code = static_cast<ExitCode>(128 + ended_by);
    } else if (admit::WaitedFor(claim.error())) {
      refusal.code = ExitCode::kColocation;
      refusal.why = "waited " + admit::DescribeAge(*options_.wait_ms) + ": " +
                    refusal.why;
    }
    return std::unexpected(std::move(refusal));
  }

  // Of those that wait in the queue, one that ends an ordinary program; 0:
  // none. Takes them all out.
  static int EndingSignal(int signals) {
    for (;;) {
      const auto signal = sys::NextSignal(signals);
      if (!signal || signal->number == 0) return 0;
      for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
        if (signal->number == number) return number;
      }
    }
  }

  std::expected<void, Refusal> Prepare(const Stdio& stdio, int control,
                                       int claim) {
    const auto filter = std::ranges::find(bundle_.filters, model::kArchX86_64,
                                          &bpf::Program::arch);
    if (filter == bundle_.filters.end()) {
      return std::unexpected(
          Refusal{ExitCode::kInput,
                  "the bundle has no system call filter for this machine",
                  "compile it again with this version"});
    }
    prepared_.workload_filter = CodeOf(*filter);
    prepared_.init_filter = CodeOf(init_program_);
    prepared_.landlock_fs =
        bundle_.landlock.fs & model::landlock::FsRights(facts_.landlock_abi);
    prepared_.landlock_net =
        bundle_.landlock.net & model::landlock::NetRights(facts_.landlock_abi);
    prepared_.landlock_scopes =
        bundle_.landlock.scopes & model::landlock::Scopes(facts_.landlock_abi);
    prepared_.stdio = stdio.child;
    prepared_.on_terminal = stdio.on_terminal;
    prepared_.terminal = stdio.terminal.start();
    prepared_.control = control;
    prepared_.claim = claim;
    HandOver();
    const auto names_terminal = [](const std::string& variable) {
      return variable.starts_with("TERM=");
    };
    if (facts_.terminal == TerminalUse::kSession &&
        !options_.terminal_type.empty() &&
        std::ranges::none_of(bundle_.environment, names_terminal)) {
      bundle_.environment.push_back("TERM=" + options_.terminal_type);
    }
    if (facts_.notify) {
      bundle_.environment.push_back(std::string("NOTIFY_SOCKET=") +
                                    kNotifyPath);
    }
    stub_ = StubArguments(facts_, bundle_.command.front());
    for (std::string& word : stub_) prepared_.arguments.push_back(word.data());
    PointersTo(bundle_.command, prepared_.arguments);
    PointersTo(bundle_.environment, prepared_.environment);
    return Promises();
  }

  static sys::FilterCode CodeOf(const bpf::Program& program) {
    return {program.code().data(),
            static_cast<uint16_t>(program.code().size())};
  }

  // The workload finds its sockets by the variables its kind of program
  // knows. It is process 2 of the sandbox: the first child of init.
  void HandOver() {
    std::string nginx;
    for (size_t i = 0; i < sockets_.size(); ++i) {
      const model::Handover handover = bundle_.network.listen[i].handover;
      if (handover == model::Handover::kRelay) continue;
      prepared_.handed_over.push_back(sockets_[i].get());
      if (handover == model::Handover::kNginx) {
        nginx += std::to_string(2 + prepared_.handed_over.size()) + ";";
      }
    }
    if (prepared_.handed_over.empty()) return;
    if (!nginx.empty()) bundle_.environment.push_back("NGINX=" + nginx);
    bundle_.environment.push_back("LISTEN_FDS=" +
                                  std::to_string(prepared_.handed_over.size()));
    bundle_.environment.push_back("LISTEN_PID=2");
  }

  static void PointersTo(std::vector<std::string>& texts,
                         std::vector<char*>& pointers) {
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
  }

  std::expected<void, Refusal> Promises() {
    const uint64_t filters =
        StatusNumber(own_status_, "Seccomp_filters", 10).value_or(0);
    prepared_.init = {.uid = bundle_.user.uid.value,
                      .gid = bundle_.user.gid.value,
                      .capabilities = bundle_.capabilities,
                      .filters = filters};
    prepared_.workload = prepared_.init;
    ++prepared_.workload.filters;
    prepared_.host_uid = caller_.uid;
    prepared_.host_gid = caller_.gid;
    prepared_.own_network = bundle_.network.mode != model::NetworkMode::kHost;
    for (size_t i = 0; i < kNamespaceFiles.size(); ++i) {
      const std::string path = std::string("/proc/") + kNamespaceFiles[i];
      const auto which = sys::Statat(AT_FDCWD, path.c_str());
      if (!which) return std::unexpected(Internal(which.error()));
      prepared_.supervisor_namespaces[i] = which->st_ino;
    }
    return {};
  }

  RelayProgram RelayFor() const {
    RelayProgram relay{.path = options_.relay, .listens = {}, .sockets = {}};
    for (size_t i = 0; i < sockets_.size(); ++i) {
      const model::Listen& listen = bundle_.network.listen[i];
      if (listen.handover != model::Handover::kRelay) continue;
      const std::string port = ":" + std::to_string(listen.to.port);
      relay.listens.push_back(
          (listen.to.ipv6 ? "[" + listen.to.host + "]" : listen.to.host) +
          port + (listen.proxy_protocol ? ",proxy" : ""));
      relay.sockets.push_back(sockets_[i].get());
    }
    return relay;
  }

  static int ExitCodeOf(const Ending& ending) {
    switch (ending.cause) {
      case Ending::Cause::kExited:
      case Ending::Cause::kStopped:
        return ending.value;
      case Ending::Cause::kSignal:
      case Ending::Cause::kPolicy:
      case Ending::Cause::kMemory:
        return 128 + ending.value;
      case Ending::Cause::kTimeLimit:
        return static_cast<int>(ExitCode::kTimeLimit);
      case Ending::Cause::kFailed:
        return static_cast<int>(ExitCode::kInternal);
    }
    CheckFailed("launch: unknown ending");
  }

  Options options_;
  Status status_;
  sys::Caller caller_;
  std::string own_status_;  // /proc/self/status of the supervisor
  bundle::Bundle bundle_;
  Facts facts_;
  std::vector<UniqueFd> sockets_;
  bpf::Program init_program_ = bpf::AllowOnly(model::kArchX86_64, kInitCalls);
  std::vector<std::string> stub_;  // what goes before the command
  Prepared prepared_;
  Cgroup cgroup_;
  uint64_t processes_ = 0;  // that it holds the workload to; 0: none
  admit::Scope scope_ = admit::Scope::kUser;
  std::optional<History> history_;  // none before the bundle is open
  std::optional<Account> account_;
  Events events_{status_, bundle_};
  bool untold_ = false;
  bool ended_ = false;  // and remembered
  Denied denied_;
};

}  // namespace

int Launch(Options options) { return Launcher(std::move(options)).Run(); }

}  // namespace ringfence::launch
