#include "launch/sources.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "launch/host_mounts.h"
#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

const std::vector<std::string_view> kForbidden = {"/run",  "/tmp", "/dev",
                                                  "/proc", "/sys", "/var/run"};

constexpr uint64_t kInside = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;

// A path, and where to walk it from without a link.
struct Place {
  UniqueFd tree;  // none: from the root of the host, and links are followed
  std::string rest;
};

// Where `path` comes into a tree that the workload may write, it goes on
// without any link: one there may be the work of the workload's last run. (Of
// what another workload writes nothing is known here.)
Result<Place> PlaceOf(const std::string& path,
                      const std::vector<std::string>& written) {
  const auto is_tree = [](const std::string& tree) { return !tree.empty(); };
  if (std::ranges::none_of(written, is_tree)) return Place{{}, path};
  for (size_t slash = path.find('/', 1); slash != path.npos;
       slash = path.find('/', slash + 1)) {
    if (path.find_first_not_of('/', slash) == path.npos) break;
    auto at = sys::OpenAt2(
        AT_FDCWD, path.substr(0, slash).c_str(),
        {.flags = O_PATH | O_DIRECTORY, .resolve = RESOLVE_NO_MAGICLINKS});
    if (!at && at.error().err == ENOENT) break;
    if (!at) return std::unexpected(at.error());
    RF_ASSIGN(const std::string real, sys::DescriptorPath(at->get()));
    for (const std::string& tree : written) {
      if (is_tree(tree) && IsBelow(real, tree)) {
        return Place{*std::move(at),
                     path.substr(path.find_first_not_of('/', slash))};
      }
    }
  }
  return Place{{}, path};
}

std::unexpected<Refusal> Refuse(ExitCode code, const model::ViewEntry& entry,
                                const std::string& why,
                                const std::string& remedy) {
  std::string place;
  if (entry.source.line != 0) {
    place = Printable(entry.source.file) + ":" +
            std::to_string(entry.source.line) + ": ";
  }
  return std::unexpected(Refusal{code, place + why, remedy});
}

std::unexpected<Refusal> CannotShow(const model::ViewEntry& entry,
                                    const std::string& path,
                                    const SysError& error) {
  return Refuse(
      ExitCode::kMissing, entry,
      "cannot show " + Printable(path) + " to the workload: " + Describe(error),
      "create it, or correct the path");
}

// Makes the directory `path` if it is not there. Its parent has to exist. The
// mode is the one that the workload names, whatever the caller's umask.
Result<void> MakeIfMissing(int dir, const std::string& path, uint32_t mode) {
  const auto made = sys::Mkdirat(dir, path.c_str(), 0700);
  if (!made && made.error().err == EEXIST) return {};
  RF_TRY(made);
  RF_ASSIGN(
      const UniqueFd directory,
      sys::OpenAt(dir, path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  return sys::Fchmod(directory.get(), mode);
}

// The same in a tree that the workload may write: the parent is reached without
// a link.
Result<void> MakeInside(const Place& place, uint32_t mode) {
  const size_t slash = place.rest.rfind('/');
  if (slash == place.rest.npos) {
    return MakeIfMissing(place.tree.get(), place.rest, mode);
  }
  RF_ASSIGN(const UniqueFd parent,
            sys::OpenAt2(place.tree.get(), place.rest.substr(0, slash).c_str(),
                         {.flags = O_PATH | O_DIRECTORY, .resolve = kInside}));
  return MakeIfMissing(parent.get(), place.rest.substr(slash + 1), mode);
}

Result<UniqueFd> OpenSource(const Place& place) {
  if (!place.tree) {
    return sys::OpenAt2(AT_FDCWD, place.rest.c_str(),
                        {.flags = O_PATH, .resolve = RESOLVE_NO_MAGICLINKS});
  }
  return sys::OpenAt2(place.tree.get(), place.rest.c_str(),
                      {.flags = O_PATH, .resolve = kInside});
}

std::expected<HostSource, Refusal> Look(const model::ViewEntry& entry,
                                        const std::string& path,
                                        const std::vector<std::string>& written,
                                        const HostMounts& mounts) {
  const auto found = PlaceOf(path, written);
  if (!found) return CannotShow(entry, path, found.error());
  const Place& place = *found;
  if (entry.create) {
    const auto made = place.tree ? MakeInside(place, entry.mode)
                                 : MakeIfMissing(AT_FDCWD, path, entry.mode);
    if (!made) {
      return Refuse(ExitCode::kMissing, entry,
                    "cannot make the directory " + Printable(path) + ": " +
                        Describe(made.error()),
                    "make it, or its parent directory");
    }
  }
  const auto opened = OpenSource(place);
  if (!opened && place.tree &&
      (opened.error().err == ELOOP || opened.error().err == EXDEV)) {
    return Refuse(ExitCode::kInput, entry,
                  Printable(path) +
                      " leads through a link in a directory that the workload "
                      "can write",
                  "the workload may have made that link: name a path without "
                  "one, or one outside of what it writes");
  }
  if (!opened && opened.error().err == ENOENT && entry.if_present) {
    return HostSource{};
  }
  if (!opened) return CannotShow(entry, path, opened.error());
  const auto status = sys::Fstat(opened->get());
  const auto real = sys::DescriptorPath(opened->get());
  if (!status || !real) {
    return Refuse(ExitCode::kInternal, entry,
                  "cannot look at " + Printable(path), "");
  }
  if (!S_ISDIR(status->st_mode) && !S_ISREG(status->st_mode)) {
    return Refuse(ExitCode::kInput, entry,
                  Printable(path) + " is neither a file nor a directory",
                  "sockets, FIFOs and devices of the host are never shown to "
                  "a workload");
  }
  for (const std::string_view tree : kForbidden) {
    if (IsBelow(*real, tree)) {
      return Refuse(
          ExitCode::kInput, entry,
          Printable(path) + " lies below the host's " + std::string(tree),
          "keep what a workload sees somewhere else; scratch space "
          "gives it a place to write");
    }
  }
  if (const auto why = mounts.Forbids(*real, kForbidden)) {
    return Refuse(ExitCode::kInput, entry, Printable(path + " " + *why),
                  "keep what a workload sees free of mounts of the host's own");
  }
  if (*real == "/") {
    return Refuse(ExitCode::kInput, entry,
                  "the host's root directory cannot be shown", "");
  }
  return HostSource{.present = true,
                    .path = *real,
                    .object = {.device = status->st_dev,
                               .inode = status->st_ino,
                               .is_directory = S_ISDIR(status->st_mode)}};
}

}  // namespace

std::expected<std::vector<HostSource>, Refusal> FindSources(
    const bundle::Bundle& bundle, const std::string& base) {
  const auto mounts = HostMounts::Read();
  if (!mounts) {
    return std::unexpected(Refusal{
        ExitCode::kInternal,
        "cannot read the host's mounts: " + Describe(mounts.error()), ""});
  }
  const auto path_of = [&](const model::ViewEntry& entry) {
    const bool absolute = entry.host.starts_with('/');
    return absolute ? entry.host : base + "/" + entry.host;
  };
  // What the workload may write. An entry's own tree does not count for it.
  std::vector<std::string> written(bundle.view.size());
  for (size_t i = 0; i < bundle.view.size(); ++i) {
    const model::ViewEntry& entry = bundle.view[i];
    if (entry.kind != model::ViewEntry::Kind::kBind || !entry.rights.write) {
      continue;
    }
    const auto tree =
        sys::OpenAt2(AT_FDCWD, path_of(entry).c_str(),
                     {.flags = O_PATH, .resolve = RESOLVE_NO_MAGICLINKS});
    // One that will only be made has no links in it yet.
    if (!tree && tree.error().err == ENOENT) continue;
    auto real = tree ? sys::DescriptorPath(tree->get())
                     : Result<std::string>(std::unexpected(tree.error()));
    if (!real) return CannotShow(entry, path_of(entry), real.error());
    written[i] = *std::move(real);
  }
  std::vector<HostSource> sources;
  sources.reserve(bundle.view.size());
  for (size_t i = 0; i < bundle.view.size(); ++i) {
    const model::ViewEntry& entry = bundle.view[i];
    if (entry.kind != model::ViewEntry::Kind::kBind) {
      sources.emplace_back();
      continue;
    }
    const std::string own = std::exchange(written[i], "");
    RF_ASSIGN(HostSource source, Look(entry, path_of(entry), written, *mounts));
    written[i] = own;
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace ringfence::launch
