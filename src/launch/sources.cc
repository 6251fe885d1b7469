#include "launch/sources.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr std::array<std::string_view, 6> kForbidden = {
    "/run", "/tmp", "/dev", "/proc", "/sys", "/var/run"};

bool IsBelow(std::string_view path, std::string_view tree) {
  return path == tree || (path.starts_with(tree) && path[tree.size()] == '/');
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

// Makes the directory `path` if it is not there. Its parent has to exist. The
// mode is the one that the workload names, whatever the caller's umask.
Result<void> MakeIfMissing(const std::string& path, uint32_t mode) {
  const auto made = sys::Mkdirat(AT_FDCWD, path.c_str(), 0700);
  if (!made && made.error().err == EEXIST) return {};
  RF_TRY(made);
  RF_ASSIGN(const UniqueFd directory,
            sys::Open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  return sys::Fchmod(directory.get(), mode);
}

std::expected<HostSource, Refusal> Look(const model::ViewEntry& entry,
                                        const std::string& path) {
  if (entry.create) {
    if (const auto made = MakeIfMissing(path, entry.mode); !made) {
      return Refuse(ExitCode::kMissing, entry,
                    "cannot make the directory " + Printable(path) + ": " +
                        Describe(made.error()),
                    "make it, or its parent directory");
    }
  }
  const auto opened =
      sys::OpenAt2(AT_FDCWD, path.c_str(),
                   {.flags = O_PATH, .resolve = RESOLVE_NO_MAGICLINKS});
  if (!opened && opened.error().err == ENOENT && entry.if_present) {
    return HostSource{};
  }
  if (!opened) {
    return Refuse(ExitCode::kMissing, entry,
                  "cannot show " + Printable(path) +
                      " to the workload: " + Describe(opened.error()),
                  "create it, or correct the path");
  }
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
  std::vector<HostSource> sources;
  sources.reserve(bundle.view.size());
  for (const model::ViewEntry& entry : bundle.view) {
    if (entry.kind != model::ViewEntry::Kind::kBind) {
      sources.emplace_back();
      continue;
    }
    const bool absolute = entry.host.starts_with('/');
    RF_ASSIGN(HostSource source,
              Look(entry, absolute ? entry.host : base + "/" + entry.host));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace ringfence::launch
