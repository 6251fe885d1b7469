#include "compile/selinux.h"

#include <algorithm>
#include <array>

#include "compile/allows.h"
#include "compile/selinux_files.h"
#include "compile/selinux_writer.h"
#include "model/label.h"

namespace ringfence::compile {
namespace {

// The classes of sockets, and one way each to ask for such a one. What stands
// for a family in the numbers of socket(2): family, type, protocol.
struct SocketClass {
  const char* name;
  std::array<uint64_t, 3> call;
};
constexpr std::array<SocketClass, 15> kSockets = {
    {{"unix_stream_socket", {1, 1, 0}},
     {"unix_stream_socket", {1, 5, 0}},
     {"unix_dgram_socket", {1, 2, 0}},
     {"tcp_socket", {2, 1, 0}},
     {"tcp_socket", {10, 1, 0}},
     {"udp_socket", {2, 2, 0}},
     {"udp_socket", {10, 2, 0}},
     {"rawip_socket", {2, 3, 0}},
     {"rawip_socket", {10, 3, 0}},
     {"netlink_route_socket", {16, 3, 0}},
     {"netlink_route_socket", {16, 2, 0}},
     {"netlink_audit_socket", {16, 3, 9}},
     {"packet_socket", {17, 3, 0}},
     {"alg_socket", {38, 5, 0}},
     {"vsock_socket", {40, 1, 0}}}};
// In the order of above, once each.
constexpr std::array<const char*, 10> kSocketClasses = {
    "unix_stream_socket",   "unix_dgram_socket", "tcp_socket",
    "udp_socket",           "rawip_socket",      "netlink_route_socket",
    "netlink_audit_socket", "packet_socket",     "alg_socket",
    "vsock_socket"};

// Where programs of the system lie.
bool IsSystem(const std::string& tree) {
  return tree == "/usr" || tree.starts_with("/usr/") || tree == "/opt" ||
         tree.starts_with("/opt/");
}

bool IsWritten(const model::ViewEntry& entry) {
  return entry.kind == model::ViewEntry::Kind::kBind && entry.rights.write;
}

class Levels {
 public:
  Levels(SelinuxWriter& to, const std::vector<SelinuxLevel>& levels)
      : to_(to), levels_(levels) {}

  void Write() {
    for (const SelinuxLevel& level : levels_) Declare(level);
    for (const SelinuxLevel& level : levels_) {
      Files(level);
      Processes(level);
      Sockets(level);
    }
    // From here on nothing is allowed: what is wrong above does not compile.
    for (const SelinuxLevel& level : levels_) {
      Bounds(level);
      Apart(level);
    }
  }

 private:
  static std::string TypeOf(const SelinuxLevel& level) {
    return model::LevelType(level.name);
  }
  static std::string DataOf(const SelinuxLevel& level) {
    return model::LevelDataType(level.name);
  }
  // The level, and every one that extends it.
  static std::string WithinOf(const SelinuxLevel& level) {
    return model::LevelType(level.name, "_within");
  }

  void Declare(const SelinuxLevel& level) {
    const std::string type = TypeOf(level);
    const std::string data = DataOf(level);
    to_.Line("(type " + type + ")", level.source);
    to_.Line("(type " + data + ")", level.source);
    to_.Line("(typeattributeset ringfence_workload (" + type + "))");
    to_.Line("(typeattributeset ringfence_data (" + data + "))");
    to_.Line("(typeattribute " + WithinOf(level) + ")");
    to_.Line("(typeattributeset " + WithinOf(level) + " (" + type + "))");
    for (const SelinuxLevel& other : levels_) {
      if (std::ranges::find(level.above, other.name) != level.above.end()) {
        to_.Line("(typeattributeset " + WithinOf(other) + " (" + type + "))",
                 level.source);
      }
    }
  }

  void Files(const SelinuxLevel& level) {
    const std::string type = TypeOf(level);
    const std::string data = DataOf(level);
    to_.Content(type, data);
    for (const char* name : {"file", "dir"}) {
      to_.Line("(typetransition " + type + " ringfence_content " + name + " " +
               data + ")");
    }
    if (std::ranges::all_of(level.may_execute, IsSystem)) return;
    for (const std::string& target : {data, std::string("ringfence_content")}) {
      to_.Allow(type, target, "file", "execute execute_no_trans", level.source);
    }
  }

  void Processes(const SelinuxLevel& level) {
    const std::string type = TypeOf(level);
    const model::SeccompPolicy& policy = level.seccomp;
    if (Allows(policy, "ptrace") || Allows(policy, "process_vm_readv")) {
      to_.Allow(type, "self", "process", "ptrace", level.source);
    }
    if (Allows(policy, "shmget")) {
      to_.Allow(type, "self", "shm",
                "create destroy getattr setattr read write associate "
                "unix_read unix_write lock");
    }
    if (Allows(policy, "semget")) {
      to_.Allow(type, "self", "sem",
                "create destroy getattr setattr read write associate "
                "unix_read unix_write");
    }
    if (Allows(policy, "msgget")) {
      to_.Allow(type, "self", "msgq",
                "create destroy getattr setattr read write associate "
                "unix_read unix_write enqueue");
      to_.Allow(type, "self", "msg", "send receive");
    }
    std::string capabilities;
    for (const std::string& name : level.capabilities) {
      capabilities += capabilities.empty() ? "" : " ";
      for (const char c : name.substr(4)) {  // after CAP_
        capabilities +=
            c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    if (!capabilities.empty()) {
      to_.Allow(type, "self", "cap_userns", capabilities, level.source);
    }
  }

  static bool Creates(const SelinuxLevel& level, std::string_view name) {
    return std::ranges::any_of(kSockets, [&](const SocketClass& one) {
      return one.name == name &&
             Allows(level.seccomp, "socket",
                    {one.call[0], one.call[1], one.call[2]});
    });
  }

  void Sockets(const SelinuxLevel& level) {
    const std::string type = TypeOf(level);
    const model::CallPolicy* call = FindCall(level.seccomp, "socket");
    const model::Source source =
        call != nullptr ? call->source : model::Source{};
    const bool binds = Allows(level.seccomp, "bind");
    const bool connects = Allows(level.seccomp, "connect");
    const bool listens = Allows(level.seccomp, "listen");
    for (const std::string_view name : kSocketClasses) {
      if (!Creates(level, name)) continue;
      std::string permissions =
          "create read write append getattr setattr getopt setopt ioctl lock "
          "shutdown";
      if (binds) permissions += " bind";
      if (connects) permissions += " connect";
      if (listens) permissions += " listen accept";
      if (name == "unix_stream_socket" && connects) permissions += " connectto";
      if (name == "unix_dgram_socket") permissions += " sendto";
      if (name == "netlink_route_socket") permissions += " nlmsg_read";
      to_.Allow(type, "self", std::string(name), permissions, source);
      if (name != "tcp_socket" && name != "udp_socket" &&
          name != "rawip_socket") {
        continue;
      }
      if (binds) {
        to_.Allow(type, "node_type", std::string(name), "node_bind", source);
        if (name != "rawip_socket") {
          to_.Allow(type, "port_type", std::string(name), "name_bind", source);
        }
      }
      if (name == "tcp_socket" && connects) {
        to_.Allow(type, "port_type", std::string(name), "name_connect", source);
      }
    }
  }

  // What a level may not, no level that extends it may.
  void Bounds(const SelinuxLevel& level) {
    const std::string within = WithinOf(level);
    std::vector<ClassPermissions> lacks;
    for (const std::string_view name : kSocketClasses) {
      if (!Creates(level, name)) lacks.push_back({std::string(name), "create"});
    }
    if (level.capabilities.empty()) lacks.push_back({"cap_userns", "all"});
    if (!lacks.empty()) {
      const std::string set = model::LevelType(level.name, "_lacks");
      to_.PermissionSet(set, lacks, level.source);
      to_.Never(within, "self", set, level.source);
    }
    if (std::ranges::all_of(level.may_execute, IsSystem)) {
      to_.Never(within, "ringfence_data", "file", "execute", level.source);
    }
  }

  // Nothing of any other level's, in whatever module that one is.
  void Apart(const SelinuxLevel& level) {
    const std::string others = model::LevelType(level.name, "_others");
    const std::string data = model::LevelType(level.name, "_others_data");
    to_.Line("(typeattribute " + others + ")");
    to_.Line("(typeattributeset " + others + " (and ringfence_workload (not " +
             TypeOf(level) + ")))");
    to_.Line("(typeattribute " + data + ")");
    to_.Line("(typeattributeset " + data + " (and ringfence_data (not " +
             DataOf(level) + ")))");
    to_.Never(TypeOf(level), others, "ringfence_reach", level.source);
    to_.Never(TypeOf(level), data, "ringfence_touch", level.source);
  }

  SelinuxWriter& to_;
  const std::vector<SelinuxLevel>& levels_;
};

}  // namespace

std::string SelinuxPath(std::string_view path) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '/' || c == '_' ||
                       c == '-';
    if (plain) {
      text += c;
    } else if (c == '.') {
      text += "[.]";
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += std::string("[\\x") + kHex[byte >> 4] + kHex[byte & 15] + "]";
    }
  }
  return text + (text == "/" ? ".*" : "(/.*)?");
}

SelinuxModule CompileSelinux(const std::string& name,
                             const std::vector<SelinuxLevel>& levels) {
  SelinuxWriter writer(name);
  writer.Line(
      "; Ringfence: types for trust levels. Load it with semodule -i, "
      "or let `ringfence host init` do so.");
  writer.Basics();
  Levels(writer, levels).Write();
  return writer.End();
}

bool IsUnlabelled(const model::ViewEntry& entry) {
  return IsWritten(entry) && !entry.host.starts_with('/');
}

SelinuxModule CompileSelinux(const model::Confinement& confinement,
                             const std::vector<model::ViewEntry>& view) {
  SelinuxWriter writer(confinement.name);
  writer.Line(
      "; Ringfence: the files that a workload writes. Load it with "
      "semodule -i beside the module of its level, then restorecon.");
  const std::string context = " any (system_u object_r " +
                              model::LevelDataType(confinement.level.name) +
                              " ((s0) (s0))))";
  for (const model::ViewEntry& entry : view) {
    if (!IsWritten(entry)) continue;
    // Where a path that is relative to the workload's file leads to is known
    // at the launch only: the same input gives the same module anywhere.
    if (IsUnlabelled(entry)) {
      writer.Line("; relative, so to be labelled by hand as " +
                      model::LevelDataType(confinement.level.name) + ": " +
                      SelinuxPath(entry.host),
                  entry.source);
      continue;
    }
    writer.Line("(filecon \"" + SelinuxPath(entry.host) + "\"" + context,
                entry.source);
  }
  return writer.End();
}

}  // namespace ringfence::compile
