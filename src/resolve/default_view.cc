#include "resolve/default_view.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "resolve/paths.h"
#include "resolve/view.h"

namespace ringfence::resolve {
namespace {

using model::ViewEntry;
using Kind = ViewEntry::Kind;

// The kernel shows ids that have no mapping as this one.
constexpr uint32_t kOverflowId = 65534;

bool Covers(const std::vector<syntax::Text>& trees, std::string_view path) {
  return std::ranges::any_of(trees, [&](const syntax::Text& tree) {
    return IsInside(path, tree.value);
  });
}

std::string Passwd(const model::User& user) {
  std::string out =
      std::string(kUserName) + ":x:" + std::to_string(user.uid.value) + ":" +
      std::to_string(user.gid.value) + "::" + kHome + ":/bin/sh\n";
  if (user.uid.value != kOverflowId) {
    out += "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n";
  }
  return out;
}

std::string Group(const model::User& user) {
  std::string out =
      std::string(kUserName) + ":x:" + std::to_string(user.gid.value) + ":\n";
  if (user.gid.value != kOverflowId) out += "nogroup:x:65534:\n";
  return out;
}

ViewEntry HostFile(std::string at) {
  ViewEntry entry;
  entry.host = at;
  entry.at = std::move(at);
  entry.rights.read = true;
  entry.if_present = true;
  return entry;
}

ViewEntry File(std::string at, std::string text) {
  ViewEntry entry;
  entry.kind = Kind::kFile;
  entry.at = std::move(at);
  entry.text = std::move(text);
  entry.rights.read = true;
  entry.mode = 0444;
  return entry;
}

ViewEntry Link(std::string at, std::string text) {
  ViewEntry entry;
  entry.kind = Kind::kSymlink;
  entry.at = std::move(at);
  entry.text = std::move(text);
  return entry;
}

ViewEntry Scratch(std::string at, uint64_t size) {
  ViewEntry entry;
  entry.kind = Kind::kScratch;
  entry.at = std::move(at);
  entry.rights = {.read = true, .write = true};
  entry.size = size;
  entry.mode = 01777;  // as programs expect of /tmp and /dev/shm
  return entry;
}

ViewEntry Special(Kind kind, std::string at, bool write) {
  ViewEntry entry;
  entry.kind = kind;
  entry.at = std::move(at);
  entry.rights = {.read = true, .write = write};
  return entry;
}

}  // namespace

std::vector<ViewEntry> DefaultView(const LevelCeilings& ceilings,
                                   const model::User& user, uint64_t shm) {
  std::vector<ViewEntry> view;
  if (Covers(ceilings.may_read, "/usr")) {
    ViewEntry usr = HostFile("/usr");
    usr.if_present = false;
    usr.rights.execute = Covers(ceilings.may_execute, "/usr");
    view.push_back(std::move(usr));
  }
  // Debian 12's /usr is merged. Where an architecture has no lib64 the link
  // leads nowhere, which is what a missing one would do.
  for (const std::string_view name : {"bin", "sbin", "lib", "lib64"}) {
    view.push_back(Link("/" + std::string(name), "usr/" + std::string(name)));
  }
  view.push_back(File("/etc/passwd", Passwd(user)));
  view.push_back(File("/etc/group", Group(user)));
  view.push_back(File("/etc/hosts",
                      "127.0.0.1 localhost\n"
                      "::1 localhost ip6-localhost ip6-loopback\n"));
  view.push_back(File("/etc/nsswitch.conf",
                      "passwd: files\n"
                      "group: files\n"
                      "hosts: files dns\n"));
  for (const char* path : {"/etc/localtime", "/etc/ld.so.cache", "/etc/ssl",
                           "/etc/alternatives"}) {
    if (Covers(ceilings.may_read, path)) view.push_back(HostFile(path));
  }
  view.push_back(Special(Kind::kDev, "/dev", true));
  view.push_back(Scratch("/dev/shm", shm));
  view.push_back(Special(Kind::kProc, "/proc", false));
  view.push_back(Scratch("/tmp", kDefaultScratch));
  return view;
}

}  // namespace ringfence::resolve
