#include "compile/apparmor.h"

#include <array>

#include "compile/allows.h"
#include "model/label.h"

namespace ringfence::compile {
namespace {

using Kind = model::ViewEntry::Kind;

// Families and types as AppArmor calls them, with the numbers of socket(2).
// A family that is not here is denied.
struct Family {
  const char* name;
  uint64_t number;
};
constexpr std::array<Family, 7> kFamilies = {{{"inet", 2},
                                              {"inet6", 10},
                                              {"netlink", 16},
                                              {"packet", 17},
                                              {"rds", 21},
                                              {"alg", 38},
                                              {"vsock", 40}}};
constexpr std::array<Family, 5> kTypes = {
    {{"stream", 1}, {"dgram", 2}, {"raw", 3}, {"rdm", 4}, {"seqpacket", 5}}};
constexpr uint64_t kUnix = 1;

class Writer {
 public:
  explicit Writer(std::string name) { profile_.name = std::move(name); }

  void Line(const std::string& text, const model::Source& source = {}) {
    profile_.text += text + "\n";
    profile_.lines.push_back(source);
  }
  void Rule(const std::string& text, const model::Source& source = {}) {
    Line("  " + text + ",", source);
  }

  void Begin(AppArmorAbi abi) {
    Line(abi == AppArmorAbi::k3 ? "abi <abi/3.0>," : "abi <abi/4.0>,");
    Line("");
    // A standard stream that the sandbox was started with may be a device of
    // the host's tree, where no path leads to from inside. It is taken for the
    // device of that name.
    Line("profile " + profile_.name + " flags=(attach_disconnected) {");
  }

  // What the launcher does under the profile, and what every process needs.
  void Basics() {
    const std::string& name = profile_.name;
    // Shared memory in huge pages is a file of this name to AppArmor. The root
    // itself is read-only.
    Rule("/ rw");
    // The stub, and what `ringfence attack` runs in place of a workload. The
    // root is made by Ringfence and read-only: nobody else puts a file there.
    Rule("/.ringfence-* mrix");
    Rule("signal (send) peer=" + name);
    // From anybody: without peer=unconfined not even root could stop it, and a
    // launcher that is confined itself has a label that nobody knows here.
    Rule("signal (receive)");
    Rule("signal (receive) peer=unconfined");
    Rule("ptrace (trace, tracedby, read, readby) peer=" + name);
    Rule("ptrace (readby) peer=unconfined");
  }

  void Capabilities(const std::vector<std::string>& capabilities) {
    for (const std::string& name : capabilities) {
      std::string lower;
      for (const char c : name.substr(4)) {  // after CAP_
        lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      }
      Rule("capability " + lower);
    }
  }

  // The sockets that the filter lets through.
  void Network(const model::SeccompPolicy& policy, AppArmorAbi abi) {
    const model::CallPolicy* socket = FindCall(policy, "socket");
    const model::Source source =
        socket != nullptr ? socket->source : model::Source{};
    for (const Family& family : kFamilies) {
      for (const Family& type : kTypes) {
        if (Allows(policy, "socket", {family.number, type.number})) {
          Rule(std::string("network ") + family.name + " " + type.name, source);
        }
      }
    }
    if (Allows(policy, "socket", {kUnix, kTypes.front().number})) {
      Rule(
          "unix (create, bind, listen, getattr, setattr, getopt, setopt, "
          "shutdown)",
          source);
      Rule("unix (accept, connect, send, receive) peer=(label=" +
               profile_.name + ")",
           source);
    }
    // Standard streams may be sockets of whoever started the workload.
    Rule("unix (send, receive) peer=(label=unconfined)");
    if (abi == AppArmorAbi::k4 && Allows(policy, "mq_open", {})) {
      Rule("mqueue (create, open, delete, read, write, getattr, setattr)");
    }
  }

  void View(const std::vector<model::ViewEntry>& view) {
    for (const model::ViewEntry& entry : view) Entry(entry);
  }

  AppArmorProfile End() {
    Line("}");
    return std::move(profile_);
  }

 private:
  void Entry(const model::ViewEntry& entry) {
    switch (entry.kind) {
      case Kind::kBind:
      case Kind::kScratch:
        Rule(AppArmorPath(entry.at, true) + " " + RightsOf(entry.rights),
             entry.source);
        return;
      case Kind::kFile:
        Rule(AppArmorPath(entry.at, false) + " r", entry.source);
        return;
      case Kind::kProc:
        Rule(AppArmorPath(entry.at, true) + " r", entry.source);
        return;
      case Kind::kDirectory:
        // With a slash at its end a path is a directory to AppArmor.
        Rule(AppArmorPath(entry.at + "/", false) + " r", entry.source);
        return;
      case Kind::kDev:
        Rule("/dev/ r", entry.source);
        Rule("/dev/{null,zero,full,random,urandom,tty,ptmx} rw", entry.source);
        Rule("/dev/notify rw", entry.source);  // sd_notify(3)
        Rule("/dev/pts/ r", entry.source);
        Rule("/dev/pts/* rw", entry.source);
        return;
      case Kind::kSymlink:  // AppArmor sees where it leads
        return;
    }
  }

  static std::string RightsOf(const model::Rights& rights) {
    return std::string(rights.execute ? "m" : "") + "r" +
           (rights.write ? "wkl" : "") + (rights.execute ? "ix" : "");
  }

  AppArmorProfile profile_;
};

}  // namespace

AppArmorProfile LauncherProfile(const std::string& program) {
  AppArmorProfile profile{.name = kLauncherProfile, .text = "", .lines = {}};
  profile.text = "abi <abi/4.0>,\n\nprofile " + profile.name + " " +
                 AppArmorPath(program, false) +
                 " flags=(unconfined) {\n  userns,\n}\n";
  profile.lines.resize(5);
  return profile;
}

std::string AppArmorPath(std::string_view path, bool below) {
  // What means something in a quoted pattern; `@` only before a brace.
  constexpr std::string_view kSpecial = "\\\"*?[]{}^,";
  std::string text = "\"";
  for (const char c : path) {
    if (kSpecial.find(c) != std::string_view::npos) {
      text += {'\\', c};
    } else if (c == '\n') {
      text += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const auto byte = static_cast<unsigned char>(c);
      text += {'\\', static_cast<char>('0' + (byte >> 6)),
               static_cast<char>('0' + (byte >> 3 & 7)),
               static_cast<char>('0' + (byte & 7))};
    } else {
      text += c;
    }
  }
  return text + (below ? "{,/,/**}\"" : "\"");
}

AppArmorProfile CompileAppArmor(const model::Confinement& confinement,
                                const std::vector<model::ViewEntry>& view,
                                AppArmorAbi abi) {
  const model::SeccompPolicy& seccomp = confinement.seccomp.front();
  Writer writer(
      model::WorkloadProfile(confinement.level.name, confinement.name));
  writer.Begin(abi);
  writer.Basics();
  writer.View(view);
  writer.Capabilities(confinement.capabilities);
  writer.Network(seccomp, abi);
  return writer.End();
}

AppArmorProfile CompileAppArmor(const LevelAccess& level, AppArmorAbi abi) {
  Writer writer(model::LevelProfile(level.name));
  writer.Begin(abi);
  writer.Basics();
  writer.Rule("/** rwkl");
  for (const std::string& tree : level.may_execute) {
    writer.Rule(AppArmorPath(tree == "/" ? "" : tree, true) + " mrix");
  }
  writer.Capabilities(level.capabilities);
  writer.Network(level.seccomp, abi);
  return writer.End();
}

}  // namespace ringfence::compile
