// The statements of an SELinux module, and those that every level shares.
#pragma once

#include <string>
#include <vector>

#include "compile/selinux.h"

namespace ringfence::compile {

struct ClassPermissions {
  std::string name;
  std::string permissions;
};

class SelinuxWriter {
 public:
  explicit SelinuxWriter(std::string name) { module_.name = std::move(name); }

  void Line(const std::string& text, const model::Source& source = {});
  void Allow(const std::string& source, const std::string& target,
             const std::string& name, const std::string& permissions,
             const model::Source& place = {});
  void Never(const std::string& source, const std::string& target,
             const std::string& name, const std::string& permissions,
             const model::Source& place = {});
  // The same for a set of permissions, of any number of classes. libsepol goes
  // through a whole policy for each rule that forbids, so there is one for
  // many.
  void Never(const std::string& source, const std::string& target,
             const std::string& set, const model::Source& place);
  void PermissionSet(const std::string& set,
                     const std::vector<ClassPermissions>& permissions,
                     const model::Source& place = {});
  // Left out as a whole by a policy that lacks a name in it.
  void Optional(const std::string& name,
                const std::vector<std::string>& statements);
  // Reading and changing files of `target`, but not executing them.
  void Content(const std::string& source, const std::string& target);

  // What every level has in common.
  void Basics();

  [[nodiscard]] SelinuxModule End() { return std::move(module_); }

 private:
  void Rule(const char* kind, const std::string& source,
            const std::string& target, const std::string& name,
            const std::string& permissions, const model::Source& place);
  void Attributes();
  void Launchers();
  void Processes();
  void Files();
  void Descriptors();
  void Apart();
  void Constraints();

  SelinuxModule module_;
};

}  // namespace ringfence::compile
