// The SELinux policy of trust levels, as one CIL module.
//
//   SelinuxModule module = CompileSelinux(levels);
//   // root loads module.text with semodule(8); a launch selects
//   // model::LevelType(level) for the workload's process.
//
// A level is a type for processes and a type for what they create. What is not
// written down is denied: other levels' files and processes, files of the
// system that are not for everybody (shadow(5)), changes of label, user
// namespaces, capabilities that are not kept. Two workloads of one level differ
// by their categories, which a launch selects, too (launch/selinux.h).
//
// The module relies on names that the reference policy and those made of it
// share: the attributes domain, file_type, non_security_file_type, entry_type,
// exec_type, filesystem_type, port_type and node_type. What only some of them
// have is optional. Source: secilc/docs of SELinux 3.4, refpolicy 2.20221101.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/confinement.h"

namespace ringfence::compile {

struct SelinuxModule {
  std::string name;
  std::string text;
  std::vector<model::Source> lines;  // who asked for each line of `text`
};

struct SelinuxLevel {
  std::string name;
  // The levels that it extends; each stands before it in the list.
  std::vector<std::string> above;
  std::vector<std::string> may_execute;
  std::vector<std::string> capabilities;  // CAP_*
  model::SeccompPolicy seccomp;
  model::Source source;
};

// `name`: that of the module. Levels that extend others come after them.
[[nodiscard]] SelinuxModule CompileSelinux(
    const std::string& name, const std::vector<SelinuxLevel>& levels);

// What restorecon(8) needs to label the files that a workload writes on this
// host; it is loaded beside the module of the levels.
[[nodiscard]] SelinuxModule CompileSelinux(
    const model::Confinement& confinement,
    const std::vector<model::ViewEntry>& view);

// `path` as a regular expression of file_contexts(5) that matches nothing but
// it and what lies in it. It holds no blank, quote or newline, and a backslash
// only in brackets: libselinux compares the first component of a path byte by
// byte where it sees no special character in it.
[[nodiscard]] std::string SelinuxPath(std::string_view path);

}  // namespace ringfence::compile
