#include "cli/history.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <optional>
#include <sstream>
#include <utility>

#include "launch/denial.h"
#include "launch/history.h"
#include "launch/refusal.h"
#include "launch/text.h"
#include "sys/file.h"

namespace ringfence::cli {
namespace {

// More than a launch ever writes: kKept denials of bounded texts.
constexpr size_t kMaxAccount = 4u << 20;

Result<nlohmann::json> Read(int folder, const std::string& file,
                            model::HostUid uid) {
  RF_ASSIGN(const UniqueFd fd,
            sys::OpenAt2(folder, file.c_str(),
                         {O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0,
                          RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS}));
  RF_ASSIGN(const struct stat status, sys::Fstat(fd.get()));
  if (!S_ISREG(status.st_mode) || status.st_uid != uid.value ||
      (status.st_mode & 077) != 0) {
    return std::unexpected(
        SysError{"what is remembered is not a private file of its user", 0});
  }
  RF_ASSIGN(const std::string text, sys::ReadAll(fd.get(), kMaxAccount));
  nlohmann::json account = nlohmann::json::parse(text, nullptr, false);
  if (!account.is_object()) {
    return std::unexpected(SysError{"what is remembered is damaged", 0});
  }
  return account;
}

std::string Signal(int64_t number) {
  const char* name = number > 0 && number < NSIG
                         ? ::sigabbrev_np(static_cast<int>(number))
                         : nullptr;
  return name != nullptr ? std::string("SIG") + name
                         : "signal " + std::to_string(number);
}

std::string Code(int64_t value) {
  if (value > 128 && value < 128 + NSIG) {
    return "ended by " + Signal(value - 128);
  }
  return "exited with code " + std::to_string(value);
}

}  // namespace

Result<std::vector<Remembered>> Recall(model::HostUid uid,
                                       std::string_view name) {
  const std::string path = "/run/user/" + std::to_string(uid.value) +
                           "/ringfence/" + launch::kHistory;
  std::vector<Remembered> found;
  const auto folder =
      sys::Open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!folder) {
    if (folder.error().err == ENOENT) return found;
    return std::unexpected(folder.error());
  }
  RF_ASSIGN(const auto files, sys::ListDirectory(folder->get()));
  const std::string prefix = std::string(name) + ".";
  std::optional<Remembered> last;  // of those that do not run
  const auto consider = [&](nlohmann::json account) {
    if (!last ||
        NumberOf(last->account, "began_ms") < NumberOf(account, "began_ms")) {
      last = Remembered{std::move(account), false};
    }
  };
  for (const std::string& file : files) {
    if (!file.starts_with(prefix) || !file.ends_with(launch::kRunning)) {
      continue;
    }
    auto account = Read(folder->get(), file, uid);
    // It ended just now, and its file has the other name.
    if (!account && account.error().err == ENOENT) continue;
    if (!account) return std::unexpected(account.error());
    if (launch::IsAlive(file)) {
      found.push_back({*std::move(account), true});
    } else {
      // Its supervisor was killed, and had no time to rename it.
      consider(*std::move(account));
    }
  }
  auto ended = Read(folder->get(), std::string(name) + launch::kEnded, uid);
  if (ended) {
    consider(*std::move(ended));
  } else if (ended.error().err != ENOENT) {
    return std::unexpected(ended.error());
  }
  if (last) found.push_back(*std::move(last));
  return found;
}

std::string TextOf(const nlohmann::json& from, const char* key) {
  const auto at = from.find(key);
  return at != from.end() && at->is_string()
             ? launch::Printable(at->get<std::string>())
             : "";
}

std::string LinesOf(const nlohmann::json& from, const char* key) {
  const auto at = from.find(key);
  if (at == from.end() || !at->is_string()) return "";
  std::istringstream text(at->get<std::string>());
  std::string lines;
  for (std::string line; std::getline(text, line);) {
    if (!lines.empty()) lines += '\n';
    lines += launch::Printable(line);
  }
  return lines;
}

int64_t NumberOf(const nlohmann::json& from, const char* key) {
  const auto at = from.find(key);
  return at != from.end() && at->is_number_integer() ? at->get<int64_t>() : 0;
}

nlohmann::json PartOf(const nlohmann::json& from, const char* key) {
  const auto at = from.find(key);
  return at != from.end() && at->is_structured() ? *at
                                                 : nlohmann::json::array();
}

std::string DescribeEnd(const Remembered& remembered) {
  const nlohmann::json& account = remembered.account;
  if (const auto refused = PartOf(account, "refused"); !refused.empty()) {
    std::string text = "was refused with exit code " +
                       std::to_string(NumberOf(refused, "exit_code")) + ": " +
                       LinesOf(refused, "why");
    const std::string remedy = TextOf(refused, "remedy");
    return remedy.empty() ? text : text + "\n  help: " + remedy;
  }
  const auto ended = PartOf(account, "ended");
  if (ended.empty()) {
    return remembered.running
               ? ""
               : "was killed with its supervisor, which had no time to say why";
  }
  const std::string cause = TextOf(ended, "cause");
  const int64_t value = NumberOf(ended, "value");
  if (cause == "exited") return "exited with code " + std::to_string(value);
  if (cause == "signal") {
    std::string text = "was killed by " + Signal(value);
    if (value == SIGKILL) {
      text +=
          "\n  help: nothing of Ringfence sent it; where memory was short it "
          "was the kernel (`journalctl -k`)";
    }
    return text;
  }
  if (cause == "memory") {
    return "was killed at its limit on memory\n  help: `limits: {memory: ...}` "
           "in the workload";
  }
  if (cause == "policy") {
    return "was killed by its system call filter (SIGSYS)\n  help: every level "
           "kills 32-bit programs; `ringfence explain` says what else the "
           "profile answers with `kill`, and the kernel's log names the call "
           "(as root: `journalctl -k`, type=1326)";
  }
  if (cause == "time-limit") {
    return "was stopped at its time limit of " +
           std::to_string(NumberOf(account, "time_limit_ms")) +
           " ms\n  help: `time_limit` in the workload";
  }
  if (cause == "stopped") return "was stopped on request, and " + Code(value);
  if (cause == "failed") {
    return "was ended, since a part of Ringfence died, and " + Code(value);
  }
  return "ended in a way that this version does not know: " + cause;
}

std::string DescribeDenial(const nlohmann::json& denial) {
  std::string text = launch::Said(TextOf(denial, "program")) + "[" +
                     std::to_string(NumberOf(denial, "pid")) +
                     "]: " + TextOf(denial, "call") + " = " +
                     TextOf(denial, "error");
  const std::string by = TextOf(denial, "by");
  const std::string remedy = TextOf(denial, "remedy");
  if (!by.empty()) text += "\n    denied by " + by;
  if (!remedy.empty()) text += "\n    " + remedy;
  return text;
}

std::string DescribeTime(int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  char text[64] = "?";
  if (::gmtime_r(&seconds, &parts) != nullptr) {
    (void)std::strftime(text, sizeof text, "%F %T UTC", &parts);
  }
  return text;
}

}  // namespace ringfence::cli
