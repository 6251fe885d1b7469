#include "cli/attack_target.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "sys/file.h"

namespace ringfence::cli {

std::expected<AttackTarget, std::string> AttackTarget::Start(
    const std::string& attacker) {
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0) {
    return std::unexpected(std::string("pipe2: ") + std::strerror(errno));
  }
  const UniqueFd theirs_in(in[0]);
  UniqueFd ours_in(in[1]);
  if (::pipe2(out, O_CLOEXEC) != 0) {
    return std::unexpected(std::string("pipe2: ") + std::strerror(errno));
  }
  const UniqueFd ours_out(out[0]);
  UniqueFd theirs_out(out[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirs_in.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, theirs_out.get(), STDOUT_FILENO);
  std::string program = attacker;
  std::string option = "--target";
  char* arguments[] = {program.data(), option.data(), nullptr};
  pid_t pid = 0;
  const int spawned = ::posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                    arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (spawned != 0) {
    return std::unexpected("cannot execute " + attacker + ": " +
                           std::strerror(spawned));
  }
  theirs_out.reset();
  AttackTarget target(pid, std::move(ours_in));
  const auto said = sys::ReadAll(ours_out.get(), 64 * 1024);
  std::istringstream lines(said.value_or(""));
  for (std::string line; std::getline(lines, line);) {
    target.facts_.push_back(line);
  }
  if (target.facts_.empty()) {
    return std::unexpected("the target of the techniques cannot be made");
  }
  return target;
}

AttackTarget::~AttackTarget() {
  if (!alive_) return;  // moved from
  alive_.reset();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace ringfence::cli
