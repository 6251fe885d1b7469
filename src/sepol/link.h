// Whether an SELinux module can be loaded into a policy: libsepol's answer.
//
//   auto linked = Link({{"ringfence", text}}, TinyBase());
//   if (!linked) ... linked.error().line of linked.error().module
//
// Nothing is loaded and no privilege is needed. A neverallow that an allow
// breaks is an error, as in semodule(8) where the site asks for the check.
// Single-threaded: libsepol's log has no owner.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::sepol {

struct Module {
  std::string name;
  std::string_view text;  // CIL
};

struct Rejection {
  std::string why;     // libsepol's words, without a newline at the end
  std::string module;  // empty: it names none
  size_t line = 0;     // of that module, 1-based; 0: it names none
};

// The first place in one of `modules` that a complaint of libsepol names, as
// "NAME:15" or "line 15 of NAME".
[[nodiscard]] Rejection Place(const std::string& complaint,
                              const std::vector<Module>& modules);

// Compiles `modules` together with `base`, a policy that is whole by itself.
[[nodiscard]] std::expected<void, Rejection> Link(
    const std::vector<Module>& modules, std::string_view base);

// A small policy of our own, as CIL (base.inc).
[[nodiscard]] std::string TinyBase();

}  // namespace ringfence::sepol
