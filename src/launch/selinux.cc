#include "launch/selinux.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "admit/layout.h"
#include "launch/select_label.h"
#include "model/label.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr char kEnforce[] = "/sys/fs/selinux/enforce";
constexpr char kLoad[] = "as root: ringfence host init";

std::string ReadWord(const std::string& path) {
  std::string text = sys::ReadFile(path.c_str(), 4096).value_or("");
  while (!text.empty() && (text.back() == '\0' || text.back() == '\n')) {
    text.pop_back();
  }
  return text;
}

// What the policy says of one class for a pair of labels (security_compute_av,
// security/selinux/selinuxfs.c: sel_write_access).
struct Access {
  uint32_t allowed = 0;
  bool permissive = false;  // the source's domain is
};

std::optional<Access> Ask(const std::string& source, const std::string& target,
                          const std::string& number) {
  const auto file = sys::Open("/sys/fs/selinux/access", O_RDWR);
  if (!file ||
      !sys::WriteAll(file->get(), source + " " + target + " " + number)) {
    return std::nullopt;
  }
  char text[128] = {};
  const auto size =
      sys::Read(file->get(), std::as_writable_bytes(std::span(text)));
  if (!size) return std::nullopt;
  // "ALLOWED ffffffff AUDITALLOW AUDITDENY SEQNO FLAGS", but the two last ones
  // in hexadecimal.
  Access access;
  const char* at = text;
  const char* const end = text + *size;
  uint32_t words[6] = {};
  for (int i = 0; i < 6; ++i) {
    const auto [stop, error] =
        std::from_chars(at, end, words[i], i == 4 ? 10 : 16);
    if (error != std::errc()) return std::nullopt;
    at = stop < end ? stop + 1 : end;
  }
  access.allowed = words[0];
  access.permissive = (words[5] & 1) != 0;  // AVD_FLAGS_PERMISSIVE
  return access;
}

// Bit of a permission, and the number of its class, as the policy has them.
std::string ClassFile(const char* name, const std::string& file) {
  return std::string("/sys/fs/selinux/class/") + name + "/" + file;
}

std::optional<bool> Allowed(const std::string& source,
                            const std::string& target, const char* name,
                            const char* permission) {
  const std::string number = ReadWord(ClassFile(name, "index"));
  const std::string bit =
      ReadWord(ClassFile(name, std::string("perms/") + permission));
  uint32_t which = 0;
  std::from_chars(bit.data(), bit.data() + bit.size(), which);
  const auto access = Ask(source, target, number);
  if (!access || which < 1 || which > 32) return std::nullopt;
  return (access->allowed >> (which - 1) & 1) != 0;
}

// user:role:type:level, from 0. Empty: there is no such one.
std::string_view Field(std::string_view label, int which) {
  for (; which > 0; --which) {
    const size_t end = label.find(':');
    if (end == std::string_view::npos) return {};
    label.remove_prefix(end + 1);
  }
  return label.substr(0, label.find(':'));
}

Selinux& Fail(Selinux& found, std::string why, std::string remedy) {
  found.why = std::move(why);
  found.remedy = std::move(remedy);
  return found;
}

// Whether the policy has this label; one that may not be asked has none.
bool IsLabel(const std::string& label) {
  const auto file = sys::Open("/sys/fs/selinux/context", O_RDWR);
  return file && sys::WriteAll(file->get(), label).has_value();
}

// A label that cannot be: because of the level's type, of the caller's role or
// of the range of its user.
Selinux& NoLabel(Selinux& found, std::string_view own, const std::string& label,
                 const std::string& level) {
  const std::string type = model::LevelType(level);
  const std::string why = "the policy of SELinux has no label " + label;
  if (!IsLabel("system_u:system_r:" + type + ":s0")) {
    return Fail(found, why, kLoad);
  }
  const std::string narrow = label.substr(0, label.rfind(':'));
  if (!IsLabel(narrow)) {
    const std::string role(Field(own, 1));
    return Fail(found, why + ": its role " + role + " lacks the type",
                "in a module: (roletype " + role + " ringfence_workload)");
  }
  const std::string user(Field(own, 0));
  return Fail(found, why + ": its user " + user + " lacks the categories",
              "as root: semanage user -m -r s0-s0:c0.c1023 " + user);
}

// Permissions of the launcher's domain for that of the level, without which it
// cannot start a program there. rlimitinh: else the kernel would put its own
// resource limits in place of ours.
struct Needed {
  const char* name;
  const char* permission;
};
constexpr Needed kNeeded[] = {{"process", "transition"},
                              {"process", "rlimitinh"},
                              {"process2", "nnp_transition"}};

// The rules of `kNeeded` that the policy lacks, as CIL; nullopt: it cannot be
// asked.
std::optional<std::string> Missing(const std::string& own,
                                   const std::string& label,
                                   const std::string& type) {
  std::string rules;
  for (const Needed& one : kNeeded) {
    const auto allowed = Allowed(own, label, one.name, one.permission);
    if (!allowed) return std::nullopt;
    if (*allowed) continue;
    rules += (rules.empty() ? "" : " ");
    rules += "(allow " + std::string(Field(own, 2)) + " " + type + " (" +
             one.name + " (" + one.permission + ")))";
  }
  return rules;
}

}  // namespace

std::string SelinuxLabel(std::string_view own, const bundle::Bundle& bundle,
                         model::HostUid uid) {
  // user:role:type:level
  size_t end = 0;
  for (int i = 0; i < 2; ++i) {
    end = own.find(':', end);
    if (end == std::string_view::npos) return {};
    ++end;
  }
  const size_t level = own.find(':', end);
  if (level == std::string_view::npos) return {};
  const std::string_view sensitivity =
      own.substr(level + 1, own.find_first_of(":-", level + 1) - level - 1);
  if (!sensitivity.starts_with('s')) return {};
  const model::Categories pair = model::CategoriesOf(
      bundle.level_depth, admit::CategoryPair(bundle.name, uid));
  return std::string(own.substr(0, end)) + model::LevelType(bundle.level.name) +
         ":" + std::string(sensitivity) + ":c" + std::to_string(pair.low) +
         ",c" + std::to_string(pair.high);
}

Selinux FindSelinux(const bundle::Bundle& bundle, model::HostUid uid) {
  Selinux found;
  const auto enforce = sys::ReadFile(kEnforce, 16);
  found.enabled = enforce.has_value();
  if (!found.enabled) {
    return Fail(found, "this kernel has no SELinux, or it is off",
                "boot with security=selinux, and a policy");
  }
  if (!enforce->starts_with('1')) {
    return Fail(found, "SELinux is permissive and denies nothing",
                "as root: setenforce 1");
  }
  const std::string own = ReadWord(kSelinuxCurrentAttribute);
  const std::string label = SelinuxLabel(own, bundle, uid);
  if (label.empty()) {
    return Fail(
        found,
        "the policy of SELinux has no categories: this process is " + own,
        "use a policy with MLS or MCS");
  }
  if (const int refused = TryLabel(kSelinuxExecAttribute, label);
      refused == EINVAL) {
    return NoLabel(found, own, label, bundle.level.name);
  } else if (refused != 0) {
    return Fail(found,
                "the label " + label +
                    " cannot be selected: " + ::strerrordesc_np(refused),
                "allow the domain of " + own + " `process setexec`");
  }
  const std::string type = model::LevelType(bundle.level.name);
  const auto missing = Missing(own, label, type);
  const auto self = Ask(label, label, ReadWord(ClassFile("process", "index")));
  if (!missing || !self) {
    return Fail(found, "the policy of SELinux cannot be asked about " + label,
                "allow the domain of " + own + " `security compute_av`");
  }
  if (!missing->empty()) {
    const std::string domain(Field(own, 2));
    return Fail(found,
                "the policy of SELinux does not let " + own +
                    " start a program as " + label + ": it lacks " + *missing,
                "let the domain start levels, in a module: (typeattributeset "
                "ringfence_launcher (" +
                    domain +
                    ")); its range has to hold "
                    "the categories");
  }
  if (self->permissive) {
    return Fail(found,
                "the policy of SELinux denies nothing to " + type +
                    ": it is permissive",
                "as root: semanage permissive -d " + type);
  }
  found.label = label;
  return found;
}

}  // namespace ringfence::launch
