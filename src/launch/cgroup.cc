#include "launch/cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "launch/refusal.h"
#include "sys/file.h"

namespace ringfence::launch {
namespace {

constexpr size_t kMaxText = 64 * 1024;
// The kernel's default; the quota is a share of it.
constexpr uint64_t kPeriodUs = 100'000;
// The kernel takes no smaller quota.
constexpr uint64_t kLeastQuotaUs = 1000;

Result<std::string> ReadText(int dir, const char* file) {
  RF_ASSIGN(const UniqueFd fd, sys::OpenAt(dir, file, O_RDONLY));
  RF_ASSIGN(std::string text, sys::ReadAll(fd.get(), kMaxText));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<void> WriteText(int dir, const char* file, std::string_view text) {
  RF_ASSIGN(const UniqueFd fd, sys::OpenAt(dir, file, O_WRONLY));
  return sys::WriteAll(fd.get(), text);
}

// Sets `file` and reads it back. Whether the kernel has a promised value is
// `keeps`'s to say. Without its file there is no such controller here; anything
// else is an error, since a limit that could be kept would be left out.
template <typename Keeps>
Result<CgroupLimited> Set(int work, const char* file, const std::string& value,
                          Keeps keeps) {
  if (const auto set = WriteText(work, file, value); !set) {
    if (set.error().err != ENOENT) {
      return std::unexpected(SysError{file, set.error().err});
    }
    return CgroupLimited{false, std::string("its cgroup has no ") + file +
                                    ": the controller is not delegated"};
  }
  RF_ASSIGN(const std::string is, ReadText(work, file));
  if (!keeps(std::string_view(is))) {
    return std::unexpected(
        SysError{"a limit in the cgroup is not the one that was set", 0});
  }
  return CgroupLimited{true, std::string(file) + " " + is};
}

Result<CgroupLimited> LimitMemory(int work, uint64_t bytes) {
  RF_ASSIGN(
      CgroupLimited memory,
      Set(work, "memory.max", std::to_string(bytes), [&](std::string_view is) {
        uint64_t value = 0;
        const auto end = is.data() + is.size();
        const auto read = std::from_chars(is.data(), end, value);
        // Kept in whole pages, rounded down.
        return read.ec == std::errc() && read.ptr == end && value <= bytes &&
               bytes - value < 64 * 1024;
      }));
  if (!memory.enforced) return memory;
  // Or what does not fit would go there, without a limit.
  RF_ASSIGN(const CgroupLimited swap,
            Set(work, "memory.swap.max", "0",
                [](std::string_view is) { return is == "0"; }));
  memory.detail +=
      swap.enforced ? ", " + swap.detail : "; swap is not counted here";
  return memory;
}

}  // namespace

CgroupWanted WantedOf(const bundle::Bundle& bundle) {
  CgroupWanted wanted{.memory = bundle.memory.amount, .cpu = bundle.cpu.amount};
  for (const model::ResourceLimit& limit : bundle.resource_limits) {
    if (limit.resource == RLIMIT_NPROC) wanted.processes = limit.value;
  }
  return wanted;
}

CgroupFacts NoCgroup(const std::string& why, const std::string& remedy) {
  return {{false, why}, {false, why}, {false, why},
          remedy,       {false, why}, remedy};
}

uint64_t CountOf(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name) || line.size() <= name.size() ||
        line[name.size()] != ' ') {
      continue;
    }
    uint64_t count = 0;
    (void)std::from_chars(line.data() + name.size() + 1,
                          line.data() + line.size(), count);
    return count;
  }
  return 0;
}

Result<Cgroup> Cgroup::Open(UniqueFd node, UniqueFd home) {
  Cgroup cgroup;
  RF_ASSIGN(const struct statfs kind, sys::Statfs(node.get()));
  if (kind.f_type != CGROUP2_SUPER_MAGIC) {
    return std::unexpected(SysError{"it is no directory of a cgroup v2", 0});
  }
  RF_ASSIGN(cgroup.work_,
            sys::OpenAt(node.get(), "work", O_RDONLY | O_DIRECTORY));
  RF_ASSIGN(const std::string events,
            ReadText(cgroup.work_.get(), "cgroup.events"));
  if (CountOf(events, "populated") != 0) {
    return std::unexpected(
        SysError{"another workload runs in this cgroup already", 0});
  }
  cgroup.node_ = std::move(node);
  cgroup.home_ = std::move(home);
  return cgroup;
}

Result<CgroupFacts> Cgroup::Limit(const CgroupWanted& wanted) const {
  CgroupFacts facts;
  facts.remedy =
      "delegate the controllers memory, cpu and pids; `ringfence doctor` says "
      "how";
  if (wanted.memory != 0) {
    RF_ASSIGN(facts.memory, LimitMemory(work_.get(), wanted.memory));
  }
  if (wanted.cpu != 0) {
    const std::string value =
        std::to_string(
            std::max(wanted.cpu * (kPeriodUs / 1000), kLeastQuotaUs)) +
        " " + std::to_string(kPeriodUs);
    RF_ASSIGN(facts.cpu, Set(work_.get(), "cpu.max", value,
                             [&](std::string_view is) { return is == value; }));
  }
  if (wanted.processes != 0) {
    const std::string value = std::to_string(wanted.processes);
    RF_ASSIGN(facts.processes,
              Set(work_.get(), "pids.max", value,
                  [&](std::string_view is) { return is == value; }));
  }
  return facts;
}

Result<CgroupLimited> Cgroup::LimitDisk(const std::string& device,
                                        uint64_t read, uint64_t write) const {
  const auto most = [](uint64_t bytes) {
    return bytes == 0 ? "max" : std::to_string(bytes);
  };
  const std::string value =
      device + " rbps=" + most(read) + " wbps=" + most(write);
  // The file has a line for each device.
  RF_ASSIGN(CgroupLimited disk,
            Set(work_.get(), "io.max", value, [&](std::string_view is) {
              return is.starts_with(value + " ") ||
                     is.find("\n" + value + " ") != is.npos;
            }));
  if (disk.enforced) disk.detail = "io.max " + value;
  return disk;
}

Result<void> Cgroup::Holds(pid_t pid) const {
  if (!work_) return {};
  RF_ASSIGN(const std::string members, ReadText(work_.get(), "cgroup.procs"));
  if (members != std::to_string(pid)) {
    return std::unexpected(SysError{"init is not alone in its cgroup", 0});
  }
  return {};
}

LimitHits Cgroup::Hits() const {
  if (!work_) return {};
  const auto count = [&](const char* file, const char* name) {
    return CountOf(ReadText(work_.get(), file).value_or(""), name);
  };
  return {.oom_kills = count("memory.events", "oom_kill"),
          .forks_refused = count("pids.events", "max")};
}

void Cgroup::Kill() const {
  if (work_) (void)WriteText(work_.get(), "cgroup.kill", "1");
}

void Cgroup::Remove() {
  if (!node_) return;
  work_.reset();
  (void)sys::Unlinkat(node_.get(), "work", AT_REMOVEDIR);
  // Whoever has controllers for others has no processes of its own, and `home`
  // may be `node`.
  for (const char* off : {"-memory", "-cpu", "-pids", "-io"}) {
    (void)WriteText(node_.get(), "cgroup.subtree_control", off);
  }
  (void)WriteText(home_.get(), "cgroup.procs", "0");
  (void)sys::Unlinkat(node_.get(), "sup", AT_REMOVEDIR);
  node_.reset();
}

}  // namespace ringfence::launch
