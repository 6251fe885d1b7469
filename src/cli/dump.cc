#include "cli/dump.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "compile/idmap.h"

namespace ringfence::cli {
namespace {

using nlohmann::ordered_json;

std::string_view NameOf(model::ViewEntry::Kind kind) {
  switch (kind) {
    case model::ViewEntry::Kind::kBind:
      return "bind";
    case model::ViewEntry::Kind::kScratch:
      return "scratch";
    case model::ViewEntry::Kind::kDirectory:
      return "directory";
    case model::ViewEntry::Kind::kFile:
      return "file";
    case model::ViewEntry::Kind::kSymlink:
      return "link";
    case model::ViewEntry::Kind::kProc:
      return "proc";
    case model::ViewEntry::Kind::kDev:
      return "dev";
  }
  CheckFailed("dump: unknown view entry");
}

std::string_view NameOf(model::Colocate colocate) {
  switch (colocate) {
    case model::Colocate::kSameLevel:
      return "same-level";
    case model::Colocate::kSameTenant:
      return "same-tenant";
    case model::Colocate::kAlone:
      return "alone";
  }
  CheckFailed("dump: unknown colocate");
}

std::string_view NameOf(model::NetworkMode mode) {
  switch (mode) {
    case model::NetworkMode::kNone:
      return "none";
    case model::NetworkMode::kListen:
      return "listen";
    case model::NetworkMode::kHost:
      return "host";
  }
  CheckFailed("dump: unknown network mode");
}

std::string RightsText(const model::Rights& rights) {
  return std::string(rights.read ? "r" : "-") + (rights.write ? "w" : "-") +
         (rights.execute ? "x" : "-");
}

std::string DumpMounts(const std::vector<model::ViewEntry>& view) {
  std::string text;
  for (const model::ViewEntry& entry : view) {
    text += fmt::format("{:9} {} {}", NameOf(entry.kind),
                        RightsText(entry.rights), entry.at);
    if (entry.kind == model::ViewEntry::Kind::kBind) {
      text += " from " + entry.host + (entry.if_present ? " if present" : "");
    }
    if (entry.kind == model::ViewEntry::Kind::kSymlink) {
      text += " to " + entry.text;
    }
    if (entry.kind == model::ViewEntry::Kind::kScratch) {
      text += fmt::format(" of {} bytes", entry.size);
    }
    text += "\n";
  }
  return text;
}

std::string DumpLandlock(const model::landlock::Ruleset& ruleset) {
  std::string text = fmt::format(
      "handled: fs {:#x}, net {:#x}, scopes {:#x}; needs ABI {}\n", ruleset.fs,
      ruleset.net, ruleset.scopes, ruleset.required_abi);
  for (const auto& rule : ruleset.paths) {
    text += fmt::format("{:#07x} {}\n", rule.rights, rule.path);
  }
  return text;
}

std::string DumpConfinement(const Compiled& compiled) {
  const model::Confinement& from = compiled.confinement;
  ordered_json listen = ordered_json::array();
  for (const model::Listen& entry : from.network.listen) {
    listen.push_back({{"bind", entry.bind.host},
                      {"port", entry.bind.port},
                      {"to", entry.to.host},
                      {"to_port", entry.to.port}});
  }
  const ordered_json json = {
      {"name", from.name},
      {"level", from.level.name},
      {"tenant", from.level.tenant},
      {"colocate", NameOf(from.level.colocate)},
      {"uid", from.user.uid.value},
      {"gid", from.user.gid.value},
      {"capabilities", from.capabilities},
      {"command", from.command},
      {"environment", from.environment},
      {"working_directory", from.working_directory},
      {"network", {{"mode", NameOf(from.network.mode)}, {"listen", listen}}},
      {"limits",
       {{"processes", from.limits.processes},
        {"open_files", from.limits.open_files},
        {"memory", from.limits.memory.amount},
        {"cpu", from.limits.cpu.amount},
        {"disk_read", from.limits.disk_read.amount},
        {"disk_write", from.limits.disk_write.amount},
        {"time_ms", from.limits.time_ms}}},
      {"stop",
       {{"signal", from.stop.signal}, {"grace_ms", from.stop.grace_ms}}}};
  return json.dump(2) + "\n";
}

}  // namespace

std::optional<std::string> Dump(const Compiled& compiled,
                                std::string_view stage) {
  if (stage == "confinement") return DumpConfinement(compiled);
  if (stage == "apparmor") return compiled.apparmor.text;
  if (stage == "selinux") return compiled.selinux.text;
  if (stage == "landlock") return DumpLandlock(compiled.landlock);
  if (stage == "mounts") return DumpMounts(compiled.view);
  if (stage == "idmap") return compile::CompileIdMap(compiled.confinement.user);
  return std::nullopt;
}

}  // namespace ringfence::cli
