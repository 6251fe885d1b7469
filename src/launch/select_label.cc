#include "launch/select_label.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "sys/file.h"
#include "sys/process.h"

namespace ringfence::launch {

int TryLabel(const char* attribute, const std::string& selection) {
  auto child = sys::Fork(0);
  if (!child) return child.error().err;
  if (child->pid == 0) {
    const std::string path = std::string("/proc/") + attribute;
    const auto file = sys::Open(path.c_str(), O_WRONLY);
    if (!file) ::_exit(file.error().err);
    const auto written = sys::WriteAll(file->get(), selection);
    ::_exit(written ? 0 : written.error().err);
  }
  int status = 0;
  while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EINVAL;
}

}  // namespace ringfence::launch
