// The steps that init takes, one after another, in the sandbox's namespaces.
//
// [after-fork safe] Nothing here allocates, throws or takes a lock.
#pragma once

#include <climits>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "launch/prepared.h"

namespace ringfence::launch {

class InitSteps {
 public:
  explicit InitSteps(const Prepared& prepared) : prepared_(prepared) {}

  // Takes one step. An error with err 0 is a promise that the read-back found
  // broken; its `call` is the sentence.
  [[nodiscard]] Result<void> Take(const Step& step) noexcept;
  // What the last step made for the supervisor: of kTerminal the master, of
  // kNotify the socket. Init's own copy is to be closed.
  UniqueFd handed_up;

  // The procfs of kLabelProc; empty where the plan has no such step.
  [[nodiscard]] UniqueFd TakeLabelProc() noexcept {
    return std::move(label_proc_);
  }

 private:
  Result<void> MakeRoot() noexcept;
  Result<void> MakeDirectory(const Step& step) noexcept;
  Result<void> MakeFile(const Step& step) noexcept;
  Result<void> MakeSymlink(const Step& step) noexcept;
  Result<void> Bind(const Step& step) noexcept;
  Result<void> MountScratch(const Step& step) noexcept;
  Result<void> MountProc(const Step& step) noexcept;
  Result<void> MountLabelProc() noexcept;
  Result<void> MountPts(const Step& step) noexcept;
  Result<void> MakeNotifySocket(const Step& step) noexcept;
  Result<void> VerifyView() noexcept;
  Result<void> MakeTerminal() noexcept;
  Result<void> VerifyInit() noexcept;

  // An O_PATH descriptor of `path` inside, reached without any link.
  Result<UniqueFd> Inside(const char* path) noexcept;
  // The directory that `path` lies in, and the last component of `path`.
  struct Place {
    int parent = -1;  // belongs to parent_
    const char* name = nullptr;
  };
  Result<Place> PlaceOf(const std::string& path) noexcept;
  Result<void> Attach(const UniqueFd& mount, const Step& step) noexcept;

  const Prepared& prepared_;
  UniqueFd root_;
  UniqueFd proc_;
  UniqueFd label_proc_;
  // The last directory that something was made in: the next step often makes
  // something in the same one.
  UniqueFd parent_;
  std::string_view parent_path_;  // of a step of the plan
  char path_[PATH_MAX];           // parent_path_ with a NUL behind it
};

}  // namespace ringfence::launch
