#include "live/harness.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "paths/paths.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

std::optional<User> FromPasswd(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  return User{.name = entry->pw_name,
              .uid = entry->pw_uid,
              .gid = entry->pw_gid,
              .home = entry->pw_dir};
}

void GiveTo(const User& user, const std::string& path) {
  if (::geteuid() != 0) return;
  EXPECT_EQ(::lchown(path.c_str(), user.uid, user.gid), 0)
      << path << ": " << std::strerror(errno);
}

void SetMode(const std::string& path, mode_t mode) {
  EXPECT_EQ(::chmod(path.c_str(), mode), 0)
      << path << ": " << std::strerror(errno);
}

// /run/user/UID, as pam_systemd would make it at a login.
void EnsureRuntimeDirectory(const User& user) {
  const std::string path = "/run/user/" + std::to_string(user.uid);
  if (fs::exists(path)) return;
  fs::create_directories(path);
  GiveTo(user, path);
  SetMode(path, 0700);
}

}  // namespace

std::string TestUserName() {
  const char* name = ::getenv("RINGFENCE_TEST_USER");
  return name != nullptr && *name != '\0' ? name : "rftest";
}

User EnsureUser(const std::string& name) {
  if (::geteuid() != 0) {
    const auto self = FromPasswd(::getpwuid(::geteuid()));
    EXPECT_TRUE(self) << "this uid has no name";
    return self.value_or(User{});
  }
  auto user = FromPasswd(::getpwnam(name.c_str()));
  if (!user) {
    const User root = *FromPasswd(::getpwuid(0));
    const Outcome made = RunAs(
        root,
        {"/usr/sbin/useradd", "--create-home", "--shell", "/bin/sh", name},
        {.directory = "/"});
    EXPECT_EQ(made.end, End(Exited{0})) << made;
    user = FromPasswd(::getpwnam(name.c_str()));
  }
  EXPECT_TRUE(user) << "useradd made no user " << name;
  if (!user) return {};
  EnsureRuntimeDirectory(*user);
  return *user;
}

HomeDirectory::HomeDirectory(const User& user) : user_(user) {
  path_ = user.home + "/ringfence-test-XXXXXX";
  EXPECT_NE(::mkdtemp(path_.data()), nullptr)
      << path_ << ": " << std::strerror(errno);
  SetMode(path_, 0755);
  GiveTo(user, path_);
}

HomeDirectory::~HomeDirectory() {
  std::error_code error;
  fs::remove_all(path_, error);
  EXPECT_FALSE(error) << path_ << ": " << error.message();
}

std::string HomeDirectory::Make(const std::string& name, mode_t mode) const {
  // Each folder on the way belongs to the user, too.
  std::string path = path_;
  for (const fs::path& part : fs::path(name)) {
    path += "/" + part.string();
    if (fs::exists(path)) continue;
    EXPECT_EQ(::mkdir(path.c_str(), 0755), 0)
        << path << ": " << std::strerror(errno);
    GiveTo(user_, path);
  }
  SetMode(path, mode);
  return path;
}

std::string HomeDirectory::Write(const std::string& name, std::string_view text,
                                 mode_t mode) const {
  const fs::path folder = fs::path(name).parent_path();
  if (!folder.empty()) Make(folder.string());
  const std::string path = path_ + "/" + name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  EXPECT_TRUE(file) << path << " cannot be written";
  SetMode(path, mode);
  GiveTo(user_, path);
  return path;
}

std::string HomeDirectory::Install(const std::string& program) const {
  const fs::path from = fs::path(BinaryDirectory()) / "bin" / program;
  const fs::path to = fs::path(path_) / "bin" / program;
  fs::create_directories(to.parent_path());
  // A link takes no time; the programs have 400 MB with what a debugger needs.
  std::error_code error;
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to);
  return to;
}

std::map<std::string, std::string> ProbeResults(std::string_view out) {
  std::map<std::string, std::string> results;
  std::istringstream lines{std::string(out)};
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    if (equals == std::string::npos) {
      ADD_FAILURE() << "not a line of the probe: " << line;
      continue;
    }
    results[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return results;
}

std::string TextOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<pid_t> ProcessesOf(uid_t uid) {
  std::vector<pid_t> processes;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [stop, error] =
        std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc{} || *stop != '\0') continue;
    std::ifstream status(entry.path() / "status");
    std::string state;
    std::string owner;
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("State:\t")) state = line.substr(7, 1);
      if (line.starts_with("Uid:\t")) {
        owner = line.substr(5, line.find('\t', 5) - 5);
      }
    }
    if (state != "Z" && owner == std::to_string(uid)) processes.push_back(pid);
  }
  return processes;
}

long PeakMemory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

}  // namespace ringfence::live
