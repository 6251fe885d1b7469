#include "cli/layers_of.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include "base/capabilities.h"
#include "base/check.h"
#include "cli/network_text.h"

namespace ringfence::cli {
namespace {

using prove::Layers;

std::set<std::string> Capabilities(uint64_t mask) {
  std::set<std::string> names;
  for (size_t i = 0; i < kCapabilityNames.size(); ++i) {
    if ((mask >> i & 1) != 0) names.emplace(kCapabilityNames[i]);
  }
  return names;
}

std::set<std::string> Modules(const model::MandatoryAccess& access) {
  std::set<std::string> names;
  if (access.apparmor) names.emplace("apparmor");
  if (access.selinux) names.emplace("selinux");
  if (access.landlock) names.emplace("landlock");
  return names;
}

prove::Limit LimitOf(const model::CgroupLimit& limit) {
  if (limit.amount == 0) return {};
  return {limit.amount, !limit.if_available};
}

std::string ListenText(const model::Listen& listen) {
  const std::string bind = AddressText(listen.bind);
  switch (listen.handover) {
    case model::Handover::kRelay:
      return bind + " through a relay to " + AddressText(listen.to) +
             (listen.proxy_protocol ? " with the PROXY protocol" : "");
    case model::Handover::kFds:
      return bind + " handed over as LISTEN_FDS";
    case model::Handover::kNginx:
      return bind + " handed over to nginx";
  }
  CheckFailed("diff: unknown handover");
}

// Each mode has what the ones before it have.
std::set<std::string> Modes(model::NetworkMode mode) {
  switch (mode) {
    case model::NetworkMode::kNone:
      return {};
    case model::NetworkMode::kListen:
      return {"listen"};
    case model::NetworkMode::kHost:
      return {"listen", "host"};
  }
  CheckFailed("diff: unknown network mode");
}

std::string ResourceName(uint32_t resource) {
  if (resource == RLIMIT_NPROC) return "processes";
  if (resource == RLIMIT_NOFILE) return "open files";
  return fmt::format("resource {}", resource);
}

std::string UserText(const model::User& user) {
  return fmt::format("uid {} gid {}", user.uid.value, user.gid.value);
}

// The parts of a workload, wherever they come from.
struct Parts {
  const std::vector<model::ViewEntry>& view;
  const model::landlock::Ruleset& landlock;
  const std::vector<model::ResourceLimit>& resource_limits;
  uint64_t capabilities;
  const model::CgroupLimit& memory;
  const model::CgroupLimit& cpu;
  const model::CgroupLimit& disk_read;
  const model::CgroupLimit& disk_write;
  uint64_t time_ms;
  const model::Network& network;
  const model::MandatoryAccess& mandatory_access;
  const model::TrustLevel& level;
  const model::User& user;
  const model::Stop& stop;
  const std::vector<std::string>& command;
  const std::vector<std::string>& environment;
  const std::string& working_directory;
};

Layers LayersOf(const Parts& parts) {
  Layers layers;
  layers.capabilities = Capabilities(parts.capabilities);
  layers.trees = prove::TreesOf(parts.view);
  layers.network_modes = Modes(parts.network.mode);
  for (const model::Listen& listen : parts.network.listen) {
    layers.listens.insert(ListenText(listen));
  }
  for (const model::ResourceLimit& limit : parts.resource_limits) {
    layers.limits[ResourceName(limit.resource)] = {limit.value, true};
  }
  layers.limits["memory"] = LimitOf(parts.memory);
  layers.limits["cpu"] = LimitOf(parts.cpu);
  layers.limits["disk_read"] = LimitOf(parts.disk_read);
  layers.limits["disk_write"] = LimitOf(parts.disk_write);
  layers.limits["time in ms"] =
      parts.time_ms == 0 ? prove::Limit{} : prove::Limit{parts.time_ms, true};
  for (const model::ViewEntry& entry : parts.view) {
    if (entry.kind == model::ViewEntry::Kind::kScratch) {
      layers.limits["bytes in " + entry.at] = {entry.size, true};
    }
  }
  layers.mandatory_access = Modules(parts.mandatory_access);
  layers.colocate = static_cast<int>(parts.level.colocate);
  layers.landlock = parts.landlock;
  layers.other["trust level"] = parts.level.name;
  layers.other["tenant"] =
      parts.level.tenant.empty() ? "nothing" : parts.level.tenant;
  layers.other["user"] = UserText(parts.user);
  layers.other["stop"] = fmt::format("signal {}, grace {} ms",
                                     parts.stop.signal, parts.stop.grace_ms);
  layers.other["command"] = fmt::format("{}", fmt::join(parts.command, " "));
  layers.other["working directory"] = parts.working_directory;
  for (const std::string& variable : parts.environment) {
    const size_t equals = variable.find('=');
    layers.other["variable " + variable.substr(0, equals)] =
        variable.substr(equals + 1);
  }
  return layers;
}

}  // namespace

Layers LayersOf(const resolve::ResolvedLevel& level) {
  const auto paths = [](const std::vector<syntax::Text>& texts) {
    std::vector<std::string> out;
    for (const syntax::Text& text : texts) out.push_back(text.value);
    return out;
  };
  Layers layers = BoundsOf(level);
  layers.trees = prove::TreesOf(
      model::Ceilings{.may_read = paths(level.ceilings.may_read),
                      .may_write = paths(level.ceilings.may_write),
                      .may_execute = paths(level.ceilings.may_execute)});
  for (const auto& mode : level.modes) {
    layers.network_modes.emplace(ModeName(mode.value));
  }
  layers.other["user"] = UserText(level.user);
  return layers;
}

Layers LayersOf(const Compiled& from) {
  const model::Confinement& c = from.confinement;
  return LayersOf(Parts{.view = from.view,
                        .landlock = from.landlock,
                        .resource_limits = from.resource_limits,
                        .capabilities = from.capabilities,
                        .memory = c.limits.memory,
                        .cpu = c.limits.cpu,
                        .disk_read = c.limits.disk_read,
                        .disk_write = c.limits.disk_write,
                        .time_ms = c.limits.time_ms,
                        .network = c.network,
                        .mandatory_access = c.mandatory_access,
                        .level = c.level,
                        .user = c.user,
                        .stop = c.stop,
                        .command = c.command,
                        .environment = c.environment,
                        .working_directory = c.working_directory});
}

Layers LayersOf(const bundle::Bundle& from) {
  return LayersOf(Parts{.view = from.view,
                        .landlock = from.landlock,
                        .resource_limits = from.resource_limits,
                        .capabilities = from.capabilities,
                        .memory = from.memory,
                        .cpu = from.cpu,
                        .disk_read = from.disk_read,
                        .disk_write = from.disk_write,
                        .time_ms = from.time_ms,
                        .network = from.network,
                        .mandatory_access = from.mandatory_access,
                        .level = from.level,
                        .user = from.user,
                        .stop = from.stop,
                        .command = from.command,
                        .environment = from.environment,
                        .working_directory = from.working_directory});
}

Layers BoundsOf(const resolve::ResolvedLevel& level) {
  Layers bounds;
  bounds.capabilities = {level.capabilities.begin(), level.capabilities.end()};
  bounds.limits["processes"] = {level.processes.value, true};
  bounds.limits["open files"] = {level.open_files.value, true};
  bounds.limits["memory"] = LimitOf(level.memory.limit);
  bounds.limits["cpu"] = LimitOf(level.cpu.limit);
  bounds.limits["disk_read"] = LimitOf(level.disk_read.limit);
  bounds.limits["disk_write"] = LimitOf(level.disk_write.limit);
  bounds.mandatory_access = Modules(level.mandatory_access);
  bounds.colocate = static_cast<int>(level.colocate.value);
  return bounds;
}

Layers BoundsOf(const Compiled& arranged) {
  const Layers all = LayersOf(arranged);
  Layers bounds;
  bounds.capabilities = all.capabilities;
  for (const char* name : {"processes", "open files", "memory", "cpu",
                           "disk_read", "disk_write"}) {
    const auto limit = all.limits.find(name);
    if (limit != all.limits.end()) bounds.limits[name] = limit->second;
  }
  bounds.mandatory_access = all.mandatory_access;
  bounds.colocate = all.colocate;
  return bounds;
}

}  // namespace ringfence::cli
