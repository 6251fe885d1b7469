// Makes, in a child that ends at once, the namespaces every sandbox starts
// with: the kernel's settings have too many ways to say no to be believed.
#pragma once

namespace ringfence::host {

struct NamespaceTrial {
  enum class Step {
    kDone,     // everything worked
    kPrepare,  // the trial itself could not be made
    kClone,    // new user, mount and PID namespaces
    kMap,      // writing the id maps
    kProc,     // a procfs of its own
  };
  Step failed = Step::kDone;
  int err = 0;  // errno of the failed step
  bool operator==(const NamespaceTrial&) const = default;
};

// Root is not asked what an ordinary user may do: its trial runs as nobody.
[[nodiscard]] NamespaceTrial TryNamespaces();

}  // namespace ringfence::host
