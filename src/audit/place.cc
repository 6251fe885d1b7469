#include "audit/place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include "audit/head.h"
#include "sys/file.h"

namespace ringfence::audit {
namespace {

constexpr char kLogs[] = "/var/log";
constexpr char kUserDirectory[] = "log";
constexpr char kInitRemedy[] = "as root: ringfence host init";
constexpr uint64_t kResolve =
    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
constexpr mode_t kHostMode = 0660;
constexpr mode_t kHostDirectoryMode = 0750;
// Eight of them: 64 MiB on a disk, 8 MiB of the user's tmpfs.
constexpr uint64_t kHostSegment = 8u << 20;
constexpr uint64_t kUserSegment = 1u << 20;

std::unexpected<Problem> No(std::string path, std::string what,
                            std::string remedy, int err = 0) {
  return std::unexpected(
      Problem{std::move(path), std::move(what), std::move(remedy), err});
}

std::string KeepRemedy(const Place& place) {
  const std::string aside =
      "keep it as evidence: mv " + place.path + " " + place.path + ".kept";
  return place.scope == admit::Scope::kHost
             ? "as root, " + aside + "; then ringfence host init"
             : aside;
}

// What is wrong with it; empty: nothing.
std::string Wrong(const struct stat& status, model::HostUid owner,
                  mode_t mode) {
  if (status.st_uid != owner.value) {
    return "is owned by uid " + std::to_string(status.st_uid) + ", not by " +
           std::to_string(owner.value);
  }
  if ((status.st_mode & 07777) != mode) {
    char modes[64];
    std::snprintf(modes, sizeof modes, "has mode %04o, not %04o",
                  status.st_mode & 07777, mode);
    return modes;
  }
  return {};
}

// Checks the directory of `place`, and opens it for use.
std::expected<Place, Problem> Enter(Place place, int parent, const char* name,
                                    mode_t mode, const std::string& missing) {
  const auto opened =
      sys::OpenAt2(parent, name, {O_PATH | O_NOFOLLOW, 0, kResolve});
  if (!opened) {
    return No(place.path,
              opened.error().err == ENOENT ? "is missing" : "cannot be opened",
              missing, opened.error().err);
  }
  const auto status = sys::Fstat(opened->get());
  if (!status) return No(place.path, "cannot be read", "", status.error().err);
  if (!S_ISDIR(status->st_mode)) {
    return No(place.path, "is not a directory", KeepRemedy(place));
  }
  if (std::string wrong = Wrong(*status, place.owner, mode); !wrong.empty()) {
    return No(place.path, std::move(wrong), KeepRemedy(place));
  }
  auto directory = sys::OpenAt(opened->get(), ".", O_RDONLY | O_DIRECTORY);
  if (!directory) {
    return No(place.path, "is closed to you",
              "as root: usermod -aG ringfence USER, then log in again",
              directory.error().err);
  }
  place.directory = *std::move(directory);
  return place;
}

Place HostPlace(const std::string& logs) {
  return Place{.scope = admit::Scope::kHost,
               .path = logs + "/" + admit::kDirectory,
               .directory = {},
               .owner = model::HostUid(0),
               .mode = kHostMode,
               .segment_bytes = kHostSegment};
}

std::expected<Place, Problem> FindHostPlace(const std::string& logs) {
  const auto parent = sys::Open(logs.c_str(), O_PATH | O_DIRECTORY);
  if (!parent) {
    return No(logs, "cannot be opened", kInitRemedy, parent.error().err);
  }
  return Enter(HostPlace(logs), parent->get(), admit::kDirectory,
               kHostDirectoryMode, kInitRemedy);
}

std::expected<Place, Problem> FindUserPlace(int run, model::HostUid uid) {
  const auto beside = admit::FindUserPlace(run, uid);
  if (!beside) {
    const admit::Unusable& why = beside.error();
    return No(why.path, why.reason, why.remedy, why.err);
  }
  Place place{.scope = admit::Scope::kUser,
              .path = beside->path.substr(0, beside->path.rfind('/') + 1) +
                      kUserDirectory,
              .directory = {},
              .owner = uid,
              .mode = 0600,
              .segment_bytes = kUserSegment};
  if (const auto made =
          sys::Mkdirat(beside->directory.get(), kUserDirectory, 0700);
      !made && made.error().err != EEXIST) {
    return No(place.path, "cannot be made", "", made.error().err);
  }
  return Enter(std::move(place), beside->directory.get(), kUserDirectory, 0700,
               "");
}

}  // namespace

std::string FileOf(uint64_t segment) {
  return "events-" + std::to_string(segment % kFiles) + ".jsonl";
}

std::string Describe(const Problem& problem) {
  std::string text = problem.path + " " + problem.what;
  if (problem.err != 0) text += std::string(": ") + std::strerror(problem.err);
  return text;
}

std::expected<Place, Problem> FindPlace(model::HostUid uid) {
  const auto run = sys::Open("/run", O_PATH | O_DIRECTORY);
  if (!run) return No("/run", "cannot be opened", "", run.error().err);
  return FindPlaceBelow(run->get(), kLogs,
                        sys::Lstatat(AT_FDCWD, admit::kHostFile).has_value(),
                        uid);
}

std::expected<Place, Problem> FindPlaceBelow(int run, const std::string& logs,
                                             bool configured,
                                             model::HostUid uid) {
  const auto host = sys::Lstatat(run, admit::kDirectory);
  // What cannot be looked at is the host's, as for the ledger.
  if (configured || host || host.error().err != ENOENT) {
    return FindHostPlace(logs);
  }
  return FindUserPlace(run, uid);
}

std::expected<Place, Problem> OpenCopy(const std::string& path) {
  auto directory = sys::Open(path.c_str(), O_RDONLY | O_DIRECTORY);
  if (!directory) {
    return No(path, "cannot be opened",
              "name a directory with the files of a "
              "log",
              directory.error().err);
  }
  Place place;
  place.path = path;
  place.directory = *std::move(directory);
  place.checked = false;
  return place;
}

std::expected<UniqueFd, Problem> OpenFile(const Place& place,
                                          const std::string& name,
                                          bool writable) {
  const std::string path = place.path + "/" + name;
  const int dir = place.directory.get();
  // O_NONBLOCK: a FIFO in its place must not stop us.
  const sys::How how{(writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK,
                     0, kResolve};
  auto file = sys::OpenAt2(dir, name.c_str(), how);
  if (!file && file.error().err == ENOENT && writable &&
      place.scope == admit::Scope::kUser) {
    const auto made = sys::OpenAt(dir, name.c_str(),
                                  O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (made) {
      if (const auto mode = sys::Fchmod(made->get(), 0600); !mode) {
        return No(path, "cannot be made", "", mode.error().err);
      }
    } else if (made.error().err != EEXIST) {
      return No(path, "cannot be made", "", made.error().err);
    }
    file = sys::OpenAt2(dir, name.c_str(), how);
  }
  if (!file) {
    const bool missing = file.error().err == ENOENT;
    return No(path, missing ? "is missing" : "cannot be opened",
              missing ? KeepRemedy(place) : "", file.error().err);
  }
  const auto status = sys::Fstat(file->get());
  if (!status) return No(path, "cannot be read", "", status.error().err);
  if (!S_ISREG(status->st_mode)) {
    return No(path, "is not a regular file", KeepRemedy(place));
  }
  if (!place.checked) return *std::move(file);
  if (std::string wrong = Wrong(*status, place.owner, place.mode);
      !wrong.empty()) {
    return No(path, std::move(wrong), KeepRemedy(place));
  }
  return *std::move(file);
}

std::expected<void, Problem> MakeHostPlace(const std::string& logs,
                                           model::HostGid group) {
  const Place wanted = HostPlace(logs);
  const auto failed = [&](const std::string& path, const SysError& error) {
    return No(path, std::string("cannot be made (") + error.call + ")",
              "make " + logs + " writable for root", error.err);
  };
  const auto parent = sys::Open(logs.c_str(), O_PATH | O_DIRECTORY);
  if (!parent) return failed(logs, parent.error());
  const auto made = sys::Mkdirat(parent->get(), admit::kDirectory, 0700);
  if (!made && made.error().err != EEXIST) {
    return failed(wanted.path, made.error());
  }
  const auto there = sys::Lstatat(parent->get(), admit::kDirectory);
  // One that was stopped before it was ready is made on.
  const bool ready = there && (there->st_mode & 07777) != 0700;
  auto place = Enter(HostPlace(logs), parent->get(), admit::kDirectory,
                     ready ? kHostDirectoryMode : 0700, kInitRemedy);
  if (!place) return std::unexpected(std::move(place).error());
  std::vector<std::string> names = {kHead};
  for (uint64_t i = 0; i < kFiles; ++i) names.push_back(FileOf(i));
  const int dir = place->directory.get();
  for (const std::string& name : names) {
    const std::string path = wanted.path + "/" + name;
    auto file = sys::OpenAt(dir, name.c_str(),
                            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!file && file.error().err == EEXIST) {
      RF_ASSIGN(file, OpenFile(*place, name, true));
    } else if (file && name == kHead) {
      if (const auto written = sys::WriteAll(file->get(), Encode(Head{}));
          !written) {
        return failed(path, written.error());
      }
    }
    if (!file) return failed(path, file.error());
    if (const auto own = sys::Fchown(file->get(), 0, group.value); !own) {
      return failed(path, own.error());
    }
    if (const auto mode = sys::Fchmod(file->get(), kHostMode); !mode) {
      return failed(path, mode.error());
    }
  }
  // Last: nobody else comes in before the files are there.
  if (const auto own = sys::Fchown(dir, 0, group.value); !own) {
    return failed(wanted.path, own.error());
  }
  if (const auto mode = sys::Fchmod(dir, kHostDirectoryMode); !mode) {
    return failed(wanted.path, mode.error());
  }
  return {};
}

}  // namespace ringfence::audit
