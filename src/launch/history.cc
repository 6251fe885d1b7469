#include "launch/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "admit/place.h"
#include "sys/file.h"
#include "sys/pidfd.h"

namespace ringfence::launch {
namespace {

// The name that a file has until it is complete.
constexpr std::string_view kUnfinished = ".new";

}  // namespace

bool IsAlive(std::string_view file) {
  file.remove_prefix(std::min(file.size(), file.find('.') + 1));
  const char* const end = file.data() + file.size();
  sys::Process process;
  const auto pid = std::from_chars(file.data(), end, process.pid);
  if (pid.ec != std::errc() || pid.ptr == end || *pid.ptr != '-') return false;
  const auto start = std::from_chars(pid.ptr + 1, end, process.start_time);
  if (start.ec != std::errc()) return false;
  const auto alive = sys::OpenIfAlive(process);
  return !alive || *alive;
}

Result<void> History::Open() {
  if (folder_) return {};
  RF_ASSIGN(const UniqueFd run, sys::Open("/run", O_PATH | O_DIRECTORY));
  auto place = admit::FindUserPlace(run.get(), uid_);
  if (!place) {
    return std::unexpected(
        SysError{"there is no runtime directory of yours", place.error().err});
  }
  const int parent = place->directory.get();
  if (const auto made = sys::Mkdirat(parent, kHistory, 0700);
      !made && made.error().err != EEXIST) {
    return made;
  }
  RF_ASSIGN(UniqueFd folder,
            sys::OpenAt2(parent, kHistory,
                         {O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
                          RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS}));
  RF_ASSIGN(const struct stat status, sys::Fstat(folder.get()));
  if (status.st_uid != uid_.value || (status.st_mode & 077) != 0) {
    return std::unexpected(SysError{"it is not yours alone", 0});
  }
  const pid_t self = ::getpid();
  RF_ASSIGN(const uint64_t start, sys::StartTime(self));
  running_ = name_ + "." + std::to_string(self) + "-" + std::to_string(start) +
             kRunning;
  folder_ = std::move(folder);
  return Tidy();
}

// What a killed supervisor left behind has ended; what is too old goes.
Result<void> History::Tidy() {
  RF_ASSIGN(const std::vector<std::string> files,
            sys::ListDirectory(folder_.get()));
  std::vector<std::pair<int64_t, std::string>> ended;
  for (const std::string& file : files) {
    std::string kept = file;
    if (!file.ends_with(kEnded)) {
      if (IsAlive(file)) continue;
      if (!file.ends_with(kRunning)) {
        // Half of a file, of one that was killed while it wrote.
        (void)sys::Unlinkat(folder_.get(), file.c_str(), 0);
        continue;
      }
      kept = file.substr(0, file.find('.')) + kEnded;
      RF_TRY(sys::Renameat(folder_.get(), file.c_str(), kept.c_str()));
    }
    const auto status = sys::Lstatat(folder_.get(), kept.c_str());
    if (status) ended.emplace_back(status->st_mtim.tv_sec, kept);
  }
  std::ranges::sort(ended);
  for (size_t i = 0; i + kRemembered < ended.size(); ++i) {
    (void)sys::Unlinkat(folder_.get(), ended[i].second.c_str(), 0);
  }
  return {};
}

Result<void> History::Replace(const std::string& file,
                              const std::string& text) {
  const std::string unfinished = running_ + std::string(kUnfinished);
  RF_ASSIGN(const UniqueFd fd,
            sys::OpenAt(folder_.get(), unfinished.c_str(),
                        O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  RF_TRY(sys::WriteAll(fd.get(), text));
  return sys::Renameat(folder_.get(), unfinished.c_str(), file.c_str());
}

Result<void> History::Keep(const std::string& text) {
  RF_TRY(Open());
  return Replace(running_, text);
}

Result<void> History::Close(const std::string& text) {
  RF_TRY(Open());
  RF_TRY(Replace(name_ + kEnded, text));
  (void)sys::Unlinkat(folder_.get(), running_.c_str(), 0);
  return {};
}

}  // namespace ringfence::launch
