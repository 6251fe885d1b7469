#include "cli/explain_layers.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "cli/network_text.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

using model::ViewEntry;

// "64Mi", as a file would say it.
std::string SizeText(uint64_t bytes) {
  constexpr std::array<std::pair<std::string_view, int>, 3> kUnits{
      {{"Gi", 30}, {"Mi", 20}, {"Ki", 10}}};
  for (const auto& [unit, shift] : kUnits) {
    if (bytes >> shift << shift == bytes && bytes >> shift != 0) {
      return fmt::format("{}{}", bytes >> shift, unit);
    }
  }
  return fmt::format("{} bytes", bytes);
}

std::string TimeText(uint64_t ms) {
  if (ms == 0) return "none";
  return ms % 1000 == 0 ? fmt::format("{} s", ms / 1000)
                        : fmt::format("{} ms", ms);
}

std::string_view CompatibleText(model::Colocate colocate) {
  switch (colocate) {
    case model::Colocate::kSameLevel:
      return "workloads of its level";
    case model::Colocate::kSameTenant:
      return "workloads of its level and tenant";
    case model::Colocate::kAlone:
      return "nothing";
  }
  CheckFailed("explain: unknown colocate");
}

std::string_view ModeText(model::NetworkMode mode) {
  switch (mode) {
    case model::NetworkMode::kNone:
      return "loopback of its own, and nothing else";
    case model::NetworkMode::kListen:
      return "loopback of its own; reached from outside by";
    case model::NetworkMode::kHost:
      return "that of the host";
  }
  CheckFailed("explain: unknown network mode");
}

std::string ListenText(const model::Listen& listen) {
  switch (listen.handover) {
    case model::Handover::kRelay:
      return "a relay to its " + AddressText(listen.to) +
             (listen.proxy_protocol ? ", with the PROXY protocol" : "");
    case model::Handover::kFds:
      return "the socket itself (LISTEN_FDS)";
    case model::Handover::kNginx:
      return "the socket itself, as nginx takes it";
  }
  CheckFailed("explain: unknown handover");
}

// What an entry of the view is; nothing for what carries no content.
std::string EntryText(const ViewEntry& entry) {
  const std::string name = syntax::Escape(entry.at);
  switch (entry.kind) {
    case ViewEntry::Kind::kBind:
      return name +
             (entry.host == entry.at
                  ? ", the host's"
                  : ", the host's " + syntax::Escape(entry.host)) +
             (entry.if_present ? ", where it has one" : "");
    case ViewEntry::Kind::kScratch:
      return name + ", private memory of " + SizeText(entry.size);
    case ViewEntry::Kind::kDirectory:
      return name + ", a directory for what is listed below it";
    case ViewEntry::Kind::kFile:
      return name + ", a file of Ringfence's";
    case ViewEntry::Kind::kSymlink:
      return name + ", a link to " + syntax::Escape(entry.text);
    case ViewEntry::Kind::kProc:
      return name + ", its own processes only";
    case ViewEntry::Kind::kDev:
      return name + ", null, zero, full, random, urandom, tty and pts";
  }
  CheckFailed("explain: unknown view entry");
}

void PrintUser(const model::User& user,
               const std::vector<std::string>& capabilities) {
  fmt::print("user: uid {}, gid {}; capabilities: {}\n", user.uid.value,
             user.gid.value,
             capabilities.empty()
                 ? "none"
                 : fmt::format("{}", fmt::join(capabilities, " ")));
}

void PrintModules(const model::MandatoryAccess& access) {
  std::vector<std::string_view> names;
  if (access.apparmor) names.emplace_back("apparmor");
  if (access.selinux) names.emplace_back("selinux");
  if (access.landlock) names.emplace_back("landlock");
  fmt::print("mandatory access: {} {}\n",
             names.size() > 1 ? "at least one of" : "by",
             fmt::join(names, ", "));
}

void PrintLimits(const model::Limits& limits) {
  const auto optional = [](const model::CgroupLimit& limit) {
    return limit.if_available ? " (where a cgroup v2 is delegated)" : "";
  };
  fmt::print("limits: {} processes and threads, {} open files",
             limits.processes, limits.open_files);
  if (limits.memory.amount != 0) {
    fmt::print(", {} of memory{}", SizeText(limits.memory.amount),
               optional(limits.memory));
  }
  if (limits.cpu.amount != 0) {
    fmt::print(", {:g} cores{}", static_cast<double>(limits.cpu.amount) / 1000,
               optional(limits.cpu));
  }
  if (limits.disk_read.amount != 0) {
    fmt::print(", {} a second from each disk{}",
               SizeText(limits.disk_read.amount), optional(limits.disk_read));
  }
  if (limits.disk_write.amount != 0) {
    fmt::print(", {} a second to each disk{}",
               SizeText(limits.disk_write.amount), optional(limits.disk_write));
  }
  fmt::print("\n");
}

std::string Joined(const std::vector<syntax::Text>& texts) {
  std::string joined;
  for (const syntax::Text& text : texts) {
    joined += " " + syntax::Escape(text.value);
  }
  return joined.empty() ? " nothing" : joined;
}

}  // namespace

void ExplainLayers(const Compiled& compiled) {
  const model::Confinement& from = compiled.confinement;
  fmt::print("workload {}, at trust level {}{}\n", from.name, from.level.name,
             from.level.tenant.empty() ? "" : ", tenant " + from.level.tenant);
  fmt::print("beside it may run: {}\n\n", CompatibleText(from.level.colocate));
  fmt::print("command:");
  for (const std::string& word : from.command) {
    fmt::print(" {}", syntax::Escape(word));
  }
  fmt::print("\n");
  PrintUser(from.user, from.capabilities);
  PrintModules(from.mandatory_access);
  PrintLimits(from.limits);
  fmt::print("time limit: {}; stop: SIG{}, and SIGKILL after {}\n",
             TimeText(from.limits.time_ms), ::sigabbrev_np(from.stop.signal),
             TimeText(from.stop.grace_ms));
  fmt::print("network: {}\n", ModeText(from.network.mode));
  for (const model::Listen& listen : from.network.listen) {
    fmt::print("  {}: {}\n", AddressText(listen.bind), ListenText(listen));
  }
  fmt::print("\nfile system (what is not listed is not there)\n");
  for (const ViewEntry& entry : compiled.view) {
    fmt::print("  {}{}{} {}\n", entry.rights.read ? 'r' : '-',
               entry.rights.write ? 'w' : '-', entry.rights.execute ? 'x' : '-',
               EntryText(entry));
  }
}

void ExplainLayers(const resolve::ResolvedLevel& level) {
  fmt::print("trust level {}", level.name);
  for (size_t i = 1; i < level.chain.size(); ++i) {
    fmt::print("{}{}", i == 1 ? ", inside " : " inside ", level.chain[i]);
  }
  fmt::print("\nbeside its workloads may run: {}\n\n",
             CompatibleText(level.colocate.value));
  PrintUser(level.user, level.capabilities);
  PrintModules(level.mandatory_access);
  PrintLimits({.processes = level.processes.value,
               .open_files = level.open_files.value,
               .memory = level.memory.limit,
               .cpu = level.cpu.limit,
               .disk_read = level.disk_read.limit,
               .disk_write = level.disk_write.limit});
  fmt::print("network modes:");
  for (const auto& mode : level.modes) fmt::print(" {}", ModeName(mode.value));
  fmt::print("\nmay read:{}\nmay write:{}\nmay execute:{}\n",
             Joined(level.ceilings.may_read), Joined(level.ceilings.may_write),
             Joined(level.ceilings.may_execute));
}

}  // namespace ringfence::cli
