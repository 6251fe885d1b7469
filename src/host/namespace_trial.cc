#include "host/namespace_trial.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <string>

#include "base/unique_fd.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"

namespace ringfence::host {
namespace {

using Step = NamespaceTrial::Step;

constexpr uint32_t kNobody = 65534;

Result<void> WriteFile(const char* path, const std::string& text) {
  RF_ASSIGN(const UniqueFd file, sys::Open(path, O_WRONLY));
  return sys::WriteAll(file.get(), text);
}

Result<void> WriteMaps(uid_t uid, gid_t gid) {
  RF_TRY(WriteFile("/proc/self/setgroups", "deny"));
  RF_TRY(
      WriteFile("/proc/self/uid_map", "1000 " + std::to_string(uid) + " 1\n"));
  return WriteFile("/proc/self/gid_map",
                   "1000 " + std::to_string(gid) + " 1\n");
}

// fsmount(2) refuses where the procfs that is visible already is masked, and
// does so before anything is attached.
Result<void> MountProc() {
  RF_ASSIGN(const UniqueFd fs, sys::FsOpen("proc"));
  RF_TRY(sys::FsConfigCreate(fs.get()));
  RF_ASSIGN(const UniqueFd mount, sys::FsMount(fs.get(), 0));
  return {};
}

NamespaceTrial InNamespaces(uid_t uid, gid_t gid) {
  if (const auto done = WriteMaps(uid, gid); !done) {
    return {Step::kMap, done.error().err};
  }
  if (const auto done = MountProc(); !done) {
    return {Step::kProc, done.error().err};
  }
  return {};
}

// In a child of its own, so that giving root up costs nothing.
NamespaceTrial Try(int report) {
  if (::geteuid() == 0 && (::setgroups(0, nullptr) != 0 ||
                           ::setresgid(kNobody, kNobody, kNobody) != 0 ||
                           ::setresuid(kNobody, kNobody, kNobody) != 0)) {
    return {Step::kPrepare, errno};
  }
  // A change of ids makes a process undumpable, and its maps root's.
  if (const auto done = sys::SetDumpable(); !done) {
    return {Step::kPrepare, done.error().err};
  }
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const auto child = sys::Fork(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID);
  if (!child) return {Step::kClone, child.error().err};
  if (child->pid == 0) {
    const NamespaceTrial trial = InNamespaces(uid, gid);
    (void)sys::WriteAll(report, std::as_bytes(std::span(&trial, 1)));
    ::_exit(0);
  }
  (void)::waitpid(child->pid, nullptr, 0);
  // The child has reported.
  ::_exit(0);
}

}  // namespace

NamespaceTrial TryNamespaces() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {Step::kPrepare, errno};
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const auto child = sys::Fork(0);
  if (!child) return {Step::kPrepare, child.error().err};
  if (child->pid == 0) {
    const NamespaceTrial trial = Try(writing.get());
    (void)sys::WriteAll(writing.get(), std::as_bytes(std::span(&trial, 1)));
    ::_exit(0);
  }
  writing.reset();
  NamespaceTrial trial{Step::kPrepare, EPROTO};
  const auto got =
      sys::Read(reading.get(), std::as_writable_bytes(std::span(&trial, 1)));
  (void)::waitpid(child->pid, nullptr, 0);
  if (!got || *got != sizeof trial) return {Step::kPrepare, EPROTO};
  return trial;
}

}  // namespace ringfence::host
