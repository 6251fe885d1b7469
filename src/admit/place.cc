#include "admit/place.h"

#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "sys/file.h"
#include "sys/user.h"

namespace ringfence::admit {
namespace {

constexpr char kInitRemedy[] = "as root: ringfence host init";
constexpr char kRemakeRemedy[] =
    "as root: ringfence host deinit --keep-rules, then ringfence host init";
constexpr uint64_t kResolve =
    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

// Where nothing is wrong with the ledger itself; null: something is.
const char* RemedyFor(int err) {
  switch (err) {
    case EMFILE:
      return "raise the limit on open files (`ulimit -n`)";
    case ENFILE:
      return "the kernel's limit on open files is reached (fs.file-max)";
    case ENOSPC:
    case EDQUOT:
      return "free space on its file system; what runs is not touched";
    case ENOMEM:
      return "free memory, then start again";
    default:
      return nullptr;
  }
}

std::unexpected<Unusable> No(std::string path, std::string reason,
                             std::string remedy, int err = 0) {
  if (const char* const other = RemedyFor(err)) remedy = other;
  if (err != 0) reason += std::string(": ") + std::strerror(err);
  return std::unexpected(
      Unusable{std::move(path), std::move(reason), std::move(remedy), err});
}

std::string Octal(mode_t mode) {
  std::string digits = "0000";
  for (size_t i = 4; i-- > 0; mode >>= 3) {
    digits[i] = static_cast<char>('0' + (mode & 7));
  }
  return digits;
}

std::string PathOf(const Place& place, const char* name) {
  return place.path.substr(0, place.path.rfind('/') + 1) + name;
}

std::string UserName(model::HostUid uid) {
  const auto users = sys::ReadUsers();
  return users ? sys::NameOf(*users, uid.value) : std::to_string(uid.value);
}

// What is wrong with a file's owner or mode; empty: nothing.
std::string WrongOwnerOrMode(const struct stat& status, model::HostUid owner,
                             mode_t mode) {
  if (status.st_uid != owner.value) {
    return "is owned by uid " + std::to_string(status.st_uid) + ", not by " +
           std::to_string(owner.value);
  }
  if ((status.st_mode & 07777) != mode) {
    return "has mode " + Octal(status.st_mode & 07777) + ", not " + Octal(mode);
  }
  return {};
}

std::expected<Place, Unusable> HostPlace(int run, model::HostUid uid,
                                         std::optional<model::HostGid> group) {
  const std::string path = "/run/ringfence";
  auto directory =
      sys::OpenAt2(run, kDirectory, {O_PATH | O_NOFOLLOW, 0, kResolve});
  if (!directory) {
    return No(path, "cannot be opened", kRemakeRemedy, directory.error().err);
  }
  const auto status = sys::Fstat(directory->get());
  if (!status) return No(path, "cannot be read", "", status.error().err);
  if (!S_ISDIR(status->st_mode)) {
    return No(path, "is not a directory",
              "as root: remove it, then ringfence host init");
  }
  constexpr model::HostUid kRoot{0};
  if (std::string wrong = WrongOwnerOrMode(*status, kRoot, 0750);
      !wrong.empty()) {
    return No(path, wrong, kRemakeRemedy);
  }
  if (!group) {
    return No(path, "is there, but /etc/group has no group ringfence",
              kRemakeRemedy);
  }
  if (status->st_gid != group->value) {
    return No(path,
              "belongs to group " + std::to_string(status->st_gid) +
                  ", not to ringfence",
              kRemakeRemedy);
  }
  if (const auto access = sys::Accessat(run, kDirectory, X_OK); !access) {
    return No(path, "is closed to you: you are not in group ringfence",
              "as root: usermod -aG ringfence " + UserName(uid) +
                  ", then log in again",
              access.error().err);
  }
  return Place{.scope = Scope::kHost,
               .path = path + "/" + kFile,
               .directory = std::move(*directory),
               .owner = kRoot,
               .mode = 0660};
}

Result<Boot> AskBoot() {
  Boot boot;
  RF_ASSIGN(std::string id,
            sys::ReadFile("/proc/sys/kernel/random/boot_id", 64));
  if (id.size() < 2 || id.size() > boot.id.size()) {
    return std::unexpected(SysError{"boot_id", EBADMSG});
  }
  id.pop_back();  // the newline
  id.copy(boot.id.data(), boot.id.size());
  RF_ASSIGN(const UniqueFd pids, sys::Open("/proc/self/ns/pid", O_RDONLY));
  RF_ASSIGN(const struct stat status, sys::Fstat(pids.get()));
  boot.pid_namespace = status.st_ino;
  return boot;
}

// A file without a name, as the others may see it.
Result<UniqueFd> MakeNameless(int directory, uint32_t mode,
                              std::optional<model::HostGid> group) {
  RF_ASSIGN(UniqueFd file,
            sys::OpenAt(directory, ".", O_TMPFILE | O_RDWR, 0600));
  if (group) {
    RF_TRY(sys::Fchown(file.get(), static_cast<uid_t>(-1), group->value));
  }
  RF_TRY(sys::Fchmod(file.get(), mode));
  return file;
}

// Opens `name` and checks what it is; nullopt: it is not there.
std::expected<std::optional<UniqueFd>, Unusable> OpenChecked(const Place& place,
                                                             const char* name,
                                                             off_t size) {
  const auto damaged = [&](std::string reason, int err = 0) {
    Unusable unusable = Damaged(place, std::move(reason));
    unusable.path = PathOf(place, name);
    return No(unusable.path, unusable.reason, unusable.remedy, err);
  };
  // O_NONBLOCK: a FIFO in its place must not stop us.
  auto file = sys::OpenAt2(place.directory.get(), name,
                           {O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0, kResolve});
  if (!file && file.error().err == ENOENT) return std::nullopt;
  if (!file) return damaged("cannot be opened", file.error().err);
  const auto status = sys::Fstat(file->get());
  if (!status) return damaged("cannot be read");
  if (!S_ISREG(status->st_mode)) return damaged("is not a regular file");
  if (std::string wrong = WrongOwnerOrMode(*status, place.owner, place.mode);
      !wrong.empty()) {
    return damaged(wrong);
  }
  if (status->st_size != size) {
    return damaged("has " + std::to_string(status->st_size) + " bytes, not " +
                   std::to_string(size));
  }
  return std::move(*file);
}

}  // namespace

std::expected<Place, Unusable> FindPlace(int run, model::HostUid uid,
                                         std::optional<model::HostGid> group) {
  const auto host = sys::Lstatat(run, kDirectory);
  if (host) return HostPlace(run, uid, group);
  if (host.error().err != ENOENT) {
    return No("/run/ringfence", "cannot be looked at", kInitRemedy,
              host.error().err);
  }
  return FindUserPlace(run, uid);
}

std::expected<Place, Unusable> FindUserPlace(int run, model::HostUid uid) {
  const std::string relative = "user/" + std::to_string(uid.value);
  const std::string base_path = "/run/" + relative;
  const auto base =
      sys::OpenAt2(run, relative.c_str(), {O_PATH | O_DIRECTORY, 0, kResolve});
  if (!base) {
    return No(base_path, "cannot be opened", kInitRemedy, base.error().err);
  }
  const auto base_status = sys::Fstat(base->get());
  if (!base_status) {
    return No(base_path, "cannot be read", kInitRemedy,
              base_status.error().err);
  }
  if (base_status->st_uid != uid.value ||
      (base_status->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return No(base_path,
              "is not yours alone: owner " +
                  std::to_string(base_status->st_uid) + ", mode " +
                  Octal(base_status->st_mode & 07777),
              kInitRemedy);
  }
  const std::string path = base_path + "/" + kDirectory;
  const std::string remedy = "remove " + path + ", then start again";
  if (const auto made = sys::Mkdirat(base->get(), kDirectory, 0700);
      !made && made.error().err != EEXIST) {
    return No(path, "cannot be made", kInitRemedy, made.error().err);
  }
  auto directory =
      sys::OpenAt2(base->get(), kDirectory, {O_PATH | O_NOFOLLOW, 0, kResolve});
  if (!directory) {
    return No(path, "cannot be opened", remedy, directory.error().err);
  }
  const auto status = sys::Fstat(directory->get());
  if (!status) return No(path, "cannot be read", remedy, status.error().err);
  if (!S_ISDIR(status->st_mode)) return No(path, "is not a directory", remedy);
  if (std::string wrong = WrongOwnerOrMode(*status, uid, 0700);
      !wrong.empty()) {
    return No(path, wrong, remedy);
  }
  auto own_run = sys::OpenAt(run, ".", O_PATH | O_DIRECTORY);
  if (!own_run) {
    return No("/run", "cannot be opened", "", own_run.error().err);
  }
  return Place{.scope = Scope::kUser,
               .path = path + "/" + kFile,
               .run = std::move(*own_run),
               .directory = std::move(*directory),
               .owner = uid,
               .mode = 0600};
}

Result<bool> IsOvertaken(const Place& place) {
  if (place.scope == Scope::kHost) return false;
  const auto host = sys::Lstatat(place.run.get(), kDirectory);
  if (host) return true;
  if (host.error().err == ENOENT) return false;
  return std::unexpected(host.error());
}

std::expected<Boot, Unusable> ReadBoot(const Place& place) {
  const auto boot = AskBoot();
  if (boot) return *boot;
  return No(place.path,
            std::string("cannot be checked (") + boot.error().call + ")",
            "mount /proc", boot.error().err);
}

Result<void> CreateFiles(int directory, uint32_t mode,
                         std::optional<model::HostGid> group) {
  RF_ASSIGN(const UniqueFd presence, MakeNameless(directory, mode, group));
  const auto named =
      sys::LinkDescriptor(presence.get(), directory, kPresenceFile);
  // One that is there may hold locks: it is kept.
  if (!named && named.error().err != EEXIST) {
    return std::unexpected(named.error());
  }
  Header header;
  RF_ASSIGN(header.boot, AskBoot());
  RF_ASSIGN(const struct stat status, sys::Lstatat(directory, kPresenceFile));
  header.presence = status.st_ino;
  // Complete before it has a name: a second creator, or a reader, never sees
  // half of it, and a kill leaves nothing behind.
  RF_ASSIGN(const UniqueFd ledger, MakeNameless(directory, mode, group));
  RF_TRY(sys::Ftruncate(ledger.get(), kFileSize));
  RF_TRY(sys::PwriteAll(ledger.get(), std::as_bytes(std::span(&header, 1)), 0));
  return sys::LinkDescriptor(ledger.get(), directory, kFile);
}

Unusable Damaged(const Place& place, std::string reason) {
  return {place.path, std::move(reason),
          place.scope == Scope::kHost
              ? "stop every workload; " + std::string(kRemakeRemedy)
              : "stop every workload, remove " +
                    place.path.substr(0, place.path.rfind('/')) +
                    ", then start again"};
}

std::expected<UniqueFd, Unusable> OpenLedger(const Place& place,
                                             const Boot& boot) {
  RF_ASSIGN(auto file, OpenChecked(place, kFile, kFileSize));
  if (!file && place.scope == Scope::kUser) {
    const auto made =
        CreateFiles(place.directory.get(), place.mode, std::nullopt);
    if (!made && made.error().err != EEXIST) {
      return No(place.path, "cannot be made", kInitRemedy, made.error().err);
    }
    RF_ASSIGN(file, OpenChecked(place, kFile, kFileSize));
  }
  const auto damaged = [&](std::string reason) {
    return std::unexpected(Damaged(place, std::move(reason)));
  };
  if (!file) return damaged("is missing");
  Header header;
  const auto got = sys::Pread((*file).get(),
                              std::as_writable_bytes(std::span(&header, 1)), 0);
  if (!got || *got != sizeof header) return damaged("cannot be read");
  if (header.magic != kMagic) return damaged("is not a ledger");
  if (header.format != kFormat || header.records != kRecords) {
    return damaged("was made by another version of Ringfence");
  }
  if (header.boot.id != boot.id) {
    return damaged("is from another boot of this machine");
  }
  if (header.boot.pid_namespace != boot.pid_namespace) {
    return No(place.path, "belongs to another PID namespace",
              "do not share it with a container: it covers one host");
  }
  return *std::move(file);
}

std::expected<UniqueFd, Unusable> OpenPresence(const Place& place, int ledger) {
  RF_ASSIGN(auto file, OpenChecked(place, kPresenceFile, 0));
  const auto damaged = [&](std::string reason) {
    Unusable unusable = Damaged(place, std::move(reason));
    unusable.path = PathOf(place, kPresenceFile);
    return std::unexpected(std::move(unusable));
  };
  if (!file) return damaged("is missing");
  Header header;
  const auto got =
      sys::Pread(ledger, std::as_writable_bytes(std::span(&header, 1)), 0);
  const auto status = sys::Fstat((*file).get());
  if (!got || *got != sizeof header || !status)
    return damaged("cannot be read");
  if (status->st_ino != header.presence) return damaged("was replaced");
  return *std::move(file);
}

std::expected<Files, Unusable> OpenFiles(const Place& place, const Boot& boot) {
  RF_ASSIGN(UniqueFd ledger, OpenLedger(place, boot));
  RF_ASSIGN(UniqueFd presence, OpenPresence(place, ledger.get()));
  return Files{std::move(ledger), std::move(presence)};
}

}  // namespace ringfence::admit
