#include "bundle/wellformed.h"

#include <algorithm>
#include <string>

namespace ringfence::bundle {
namespace {

constexpr size_t kMaxName = 63;
constexpr int kLastSignal = 64;

std::unexpected<Unusable> Bad(const char* what) {
  return std::unexpected(Unusable{std::string("it holds a bad ") + what});
}

bool HasNul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool HasNul(const std::vector<std::string>& texts) {
  return std::ranges::any_of(
      texts, [](const std::string& text) { return HasNul(text); });
}

// 0 is root, and the last value means "no id" to the kernel.
bool IsId(uint32_t id) { return id != 0 && id != ~uint32_t{0}; }

bool IsEntry(const model::ViewEntry& entry) {
  using Kind = model::ViewEntry::Kind;
  if (!IsNormalPath(entry.at) || entry.mode > 01777 || HasNul(entry.host)) {
    return false;
  }
  switch (entry.kind) {
    case Kind::kBind:
      return !entry.host.empty();
    case Kind::kScratch:
      return entry.size != 0;
    case Kind::kDirectory:
    case Kind::kFile:
    case Kind::kProc:
    case Kind::kDev:
      return true;
    case Kind::kSymlink:
      return !entry.text.empty() && !HasNul(entry.text);
  }
  return false;
}

bool IsPrivateProc(const model::ViewEntry& entry) {
  return entry.kind == model::ViewEntry::Kind::kProc && entry.at == "/proc";
}

bool IsListen(const model::Listen& listen) {
  return !HasNul(listen.bind.host) && !HasNul(listen.to.host) &&
         listen.bind.port != 0 && listen.handover <= model::Handover::kNginx &&
         (listen.handover != model::Handover::kRelay || listen.to.port != 0);
}

bool IsEnvironment(std::string_view text) {
  return !HasNul(text) && text.find('=') != std::string_view::npos &&
         text.front() != '=';
}

}  // namespace

bool IsName(std::string_view text) {
  const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto may_follow = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  };
  return !text.empty() && text.size() <= kMaxName && is_letter(text.front()) &&
         std::ranges::all_of(text, may_follow);
}

bool IsNormalPath(std::string_view path) {
  if (path.empty() || path.front() != '/' || HasNul(path)) return false;
  if (path.size() == 1) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    path.remove_prefix(part.size());
  }
  return true;
}

std::expected<void, Unusable> CheckWellFormed(const Bundle& bundle) {
  if (!IsName(bundle.name)) return Bad("name");
  if (!IsName(bundle.level.name)) return Bad("level");
  if (!bundle.level.tenant.empty() && !IsName(bundle.level.tenant)) {
    return Bad("tenant");
  }
  if (bundle.level.colocate > model::Colocate::kAlone) return Bad("colocate");
  if (!IsId(bundle.user.uid.value) || !IsId(bundle.user.gid.value)) {
    return Bad("user id");
  }
  if (!std::ranges::all_of(bundle.view, IsEntry)) return Bad("view entry");
  if (std::ranges::count_if(bundle.view, IsPrivateProc) != 1) {
    return Bad("view: it needs one private procfs, on /proc");
  }
  for (const auto& rule : bundle.landlock.paths) {
    if (!IsNormalPath(rule.path)) return Bad("Landlock path");
  }
  if (bundle.filters.empty()) return Bad("filter: there is none");
  if (bundle.network.mode > model::NetworkMode::kHost) return Bad("network");
  if (!std::ranges::all_of(bundle.network.listen, IsListen)) {
    return Bad("listening address");
  }
  if (bundle.stop.signal < 1 || bundle.stop.signal > kLastSignal) {
    return Bad("stop signal");
  }
  if (bundle.command.empty() || HasNul(bundle.command) ||
      !IsNormalPath(bundle.command.front())) {
    return Bad("command");
  }
  if (!std::ranges::all_of(bundle.environment, IsEnvironment)) {
    return Bad("environment");
  }
  if (bundle.working_directory != "/" &&
      !IsNormalPath(bundle.working_directory)) {
    return Bad("working directory");
  }
  for (const auto& profile : bundle.profiles) {
    if (profile.digest.size() != kDigestSize || HasNul(profile.path)) {
      return Bad("profile digest");
    }
  }
  return {};
}

}  // namespace ringfence::bundle
