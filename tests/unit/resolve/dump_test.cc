#include "dump.h"

#include <cstdio>
#include <map>

namespace ringfence::resolve {
namespace {

using model::Condition;

std::string Hex(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "%#lx", value);
  return text;
}

std::string Text(const Condition& condition) {
  const auto join = [&](const char* word) {
    std::string out;
    for (const Condition& part : condition.of) {
      out += (out.empty() ? "" : std::string(" ") + word + " ") + Text(part);
    }
    return "(" + out + ")";
  };
  switch (condition.kind) {
    case Condition::Kind::kTest: {
      const model::ArgTest& test = condition.test;
      std::string out = "a" + std::to_string(test.arg);
      if (test.width == model::Width::kLow32) out += ".low";
      if (test.relation == model::ArgTest::Relation::kAtLeast) {
        return out + " >= " + Hex(test.value);
      }
      const uint64_t all =
          test.width == model::Width::kLow32 ? 0xFFFFFFFFu : ~uint64_t{0};
      if (test.mask != all) out += " & " + Hex(test.mask);
      return out + " == " + Hex(test.value);
    }
    case Condition::Kind::kAll:
      return condition.of.empty() ? "always" : join("and");
    case Condition::Kind::kAny:
      return condition.of.empty() ? "never" : join("or");
    case Condition::Kind::kNot:
      return "not " + Text(condition.of.front());
  }
  return "?";
}

std::string Text(const model::Answer& answer) {
  if (answer == model::kAllowed) return "allow";
  if (answer == model::kKilled) return "kill";
  if (answer.action == model::Action::kLog) return "log";
  const std::string error = " " + std::to_string(answer.error);
  if (answer.action == model::Action::kExplain) return "explain" + error;
  if (answer.action == model::Action::kQuiet) return "quiet" + error;
  return "?";
}

std::string Place(const model::Source& source) {
  return source.file + ":" + std::to_string(source.line) + ":" +
         std::to_string(source.column);
}

// Calls that are simply denied are only counted, by answer and place.
std::string Text(const model::SeccompPolicy& policy) {
  std::string out = "seccomp " + Hex(policy.arch) + "\n";
  std::map<std::string, size_t> denied;
  for (const model::CallPolicy& call : policy.calls) {
    const std::string place = "  # " + Place(call.source) + "\n";
    if (call.clauses.empty() && call.otherwise != model::kAllowed) {
      ++denied[Text(call.otherwise) + place];
      continue;
    }
    out += "  " + call.name + ": ";
    for (const model::Clause& clause : call.clauses) {
      out += Text(clause.then) + " when " + Text(clause.when) + " else ";
    }
    out += Text(call.otherwise);
    out += place;
  }
  for (const auto& [answer, count] : denied) {
    out += "  " + std::to_string(count) + " calls: " + answer;
  }
  return out + "  unlisted: " + Text(policy.unlisted) + "\n";
}

std::string Text(const model::Rights& rights) {
  return std::string(rights.read ? "r" : "-") + (rights.write ? "w" : "-") +
         (rights.execute ? "x" : "-");
}

std::string Text(const model::ViewEntry& entry) {
  using Kind = model::ViewEntry::Kind;
  std::string out = "  " + entry.at + " " + Text(entry.rights);
  char mode[12];
  std::snprintf(mode, sizeof mode, "%04o", entry.mode);
  switch (entry.kind) {
    case Kind::kBind:
      out += " from " + entry.host;
      if (entry.create) out += " create " + std::string(mode);
      if (entry.if_present) out += " if present";
      break;
    case Kind::kScratch:
      out += " scratch " + std::to_string(entry.size) + " " + mode;
      break;
    case Kind::kDirectory:
      out += " directory";
      break;
    case Kind::kFile:
      out += " file " + std::string(mode) + " of " +
             std::to_string(entry.text.size()) + " bytes";
      break;
    case Kind::kSymlink:
      out += " -> " + entry.text;
      break;
    case Kind::kProc:
      out += " proc";
      break;
    case Kind::kDev:
      out += " dev";
      break;
  }
  if (entry.source.line != 0) out += "  # " + Place(entry.source);
  return out + "\n";
}

std::string Text(const model::CgroupLimit& limit) {
  return std::to_string(limit.amount) +
         (limit.if_available ? " if available" : "");
}

// Few levels have them.
std::string DiskLines(const model::CgroupLimit& read,
                      const model::CgroupLimit& write) {
  std::string lines;
  if (read.amount != 0) lines += "\ndisk read: " + Text(read);
  if (write.amount != 0) lines += "\ndisk write: " + Text(write);
  return lines;
}

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += " " + word;
  return out + "\n";
}

std::string Text(const model::Address& address) {
  return address.host + " " + std::to_string(address.port);
}

std::string Text(const model::MandatoryAccess& access) {
  return std::string("mandatory access:") +
         (access.apparmor ? " apparmor" : "") +
         (access.selinux ? " selinux" : "") +
         (access.landlock ? " landlock" : "") + "\n";
}

std::string Text(const model::Network& network) {
  constexpr const char* kModes[] = {"none", "listen", "host"};
  constexpr const char* kHandovers[] = {"relay", "fds", "nginx"};
  std::string out = std::string("network: ") +
                    kModes[static_cast<size_t>(network.mode)] +
                    (network.needs_landlock ? ", needs landlock\n" : "\n");
  for (const model::Listen& listen : network.listen) {
    out += "  " + Text(listen.bind) + " " +
           kHandovers[static_cast<size_t>(listen.handover)];
    if (listen.handover == model::Handover::kRelay) {
      out += " to " + Text(listen.to);
    }
    out += listen.proxy_protocol ? " proxy" : "";
    out += "  # " + Place(listen.source) + "\n";
  }
  return out;
}

}  // namespace

std::string Dump(const model::Confinement& c) {
  constexpr const char* kColocate[] = {"same-level", "same-tenant", "alone"};
  std::string out = "workload " + c.name + "  # " + Place(c.source) + "\n";
  out += "level: " + c.level.name + " tenant: " + c.level.tenant + " " +
         kColocate[static_cast<size_t>(c.level.colocate)] + "\n";
  out += "user: " + std::to_string(c.user.uid.value) + " " +
         std::to_string(c.user.gid.value) + "\n";
  out += "capabilities:" + Join(c.capabilities) + "view:\n";
  for (const model::ViewEntry& entry : c.view) out += Text(entry);
  out += "may read:" + Join(c.ceilings.may_read);
  out += "may write:" + Join(c.ceilings.may_write);
  out += "may execute:" + Join(c.ceilings.may_execute);
  out += Text(c.network);
  out += "processes: " + std::to_string(c.limits.processes) +
         "\nopen files: " + std::to_string(c.limits.open_files) +
         "\nmemory: " + Text(c.limits.memory) + "\ncpu: " + Text(c.limits.cpu) +
         DiskLines(c.limits.disk_read, c.limits.disk_write) +
         "\ntime: " + std::to_string(c.limits.time_ms) + " ms\n";
  out += "stop: " + std::to_string(c.stop.signal) + " " +
         std::to_string(c.stop.grace_ms) + " ms\n";
  out += Text(c.mandatory_access) + Text(c.seccomp.front());
  out += "command:" + Join(c.command) + "environment:" + Join(c.environment);
  out += "working directory: " + c.working_directory + "\nprofiles:";
  for (const model::ProfileFile& file : c.profiles) {
    out += " " + file.path + " (" + std::to_string(file.digest.size()) + ")";
  }
  return out + "\n";
}

std::string Dump(const ResolvedLevel& level) {
  std::string out = "level " + level.name + "\nchain:" + Join(level.chain);
  out += "capabilities:" + Join(level.capabilities);
  out += "processes: " + std::to_string(level.processes.value) +
         "\nopen files: " + std::to_string(level.open_files.value) +
         "\nmemory: " + Text(level.memory.limit) +
         "\ncpu: " + Text(level.cpu.limit) +
         DiskLines(level.disk_read.limit, level.disk_write.limit) + "\n";
  const auto paths = [](const std::vector<syntax::Text>& texts) {
    std::string line;
    for (const syntax::Text& text : texts) line += " " + text.value;
    return line + "\n";
  };
  out += "may read:" + paths(level.ceilings.may_read);
  out += "may write:" + paths(level.ceilings.may_write);
  out += "may execute:" + paths(level.ceilings.may_execute);
  out +=
      Text(level.mandatory_access) + Text(level.seccomp.front()) + "tests:\n";
  for (const LevelTest& test : level.tests) {
    out += "  " + test.text +
           (Passes(test, level.seccomp) ? " passes" : " fails") + " on " +
           Hex(test.call.arch) + "\n";
  }
  return out;
}

}  // namespace ringfence::resolve
