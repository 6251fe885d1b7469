#include "prove/layers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace ringfence::prove {
namespace {

using model::Rights;
using model::landlock::Ruleset;

bool IsInside(const std::string& path, const std::string& tree) {
  if (tree == "/") return true;
  return path.starts_with(tree) &&
         (path.size() == tree.size() || path[tree.size()] == '/');
}

// The longest listed path that `path` lies in decides.
Tree At(const std::map<std::string, Tree>& trees, const std::string& path) {
  const Tree* found = nullptr;
  size_t longest = 0;
  for (const auto& [tree, value] : trees) {
    if (IsInside(path, tree) && (found == nullptr || tree.size() > longest)) {
      found = &value;
      longest = tree.size();
    }
  }
  return found != nullptr ? *found : Tree{};
}

class Comparison {
 public:
  std::vector<LayerChange> Take() { return std::move(changes_); }

  void Add(Direction direction, const char* layer, std::string what) {
    changes_.push_back({direction, layer, std::move(what)});
  }

  // More is looser.
  void Sets(const char* layer, const std::set<std::string>& before,
            const std::set<std::string>& after, const char* added,
            const char* removed) {
    for (const std::string& item : after) {
      if (!before.contains(item)) {
        Add(Direction::kLooser, layer, item + added);
      }
    }
    for (const std::string& item : before) {
      if (!after.contains(item)) {
        Add(Direction::kTighter, layer, item + removed);
      }
    }
  }

  void Trees(const std::map<std::string, Tree>& before,
             const std::map<std::string, Tree>& after) {
    std::set<std::string> paths;
    for (const auto& [path, tree] : before) paths.insert(path);
    for (const auto& [path, tree] : after) paths.insert(path);
    for (const std::string& path : paths) {
      const Tree was = At(before, path);
      const Tree is = At(after, path);
      Right(path, "readable", was.rights.read, is.rights.read);
      Right(path, "writable", was.rights.write, is.rights.write);
      Right(path, "executable", was.rights.execute, is.rights.execute);
      if (was.origin == is.origin || (was.origin.empty() && !is.rights.read) ||
          is.origin.empty()) {
        continue;
      }
      Add(Direction::kLooser, "path",
          path + " shows " + is.origin +
              (was.origin.empty() ? "" : ", before: " + was.origin));
    }
  }

  void Limits(const std::map<std::string, Limit>& before,
              const std::map<std::string, Limit>& after) {
    std::map<std::string, std::pair<Limit, Limit>> both;
    for (const auto& [name, limit] : before) both[name].first = limit;
    for (const auto& [name, limit] : after) both[name].second = limit;
    for (const auto& [name, limits] : both) {
      const auto& [was, is] = limits;
      if (was.amount != is.amount) {
        const bool looser =
            !is.amount || (was.amount && *is.amount > *was.amount);
        Add(looser ? Direction::kLooser : Direction::kTighter, "limit",
            name + " is " + Text(is) + ", before: " + Text(was));
      }
      if (was.amount && is.amount && was.required != is.required) {
        Add(is.required ? Direction::kTighter : Direction::kLooser, "limit",
            name + (is.required ? " is now required"
                                : " is now enforced only where the host can"));
      }
    }
  }

  void Colocate(int before, int after) {
    static constexpr const char* kNames[] = {"same-level", "same-tenant",
                                             "alone"};
    if (before == after) return;
    Add(after < before ? Direction::kLooser : Direction::kTighter, "colocate",
        std::string(kNames[after]) + ", before: " + kNames[before]);
  }

  // Which of `bits` are granted at a path: what is not handled, and what any
  // rule on the way to it grants (landlock(7)).
  static uint64_t Granted(const Ruleset& ruleset, const std::string& path) {
    uint64_t granted = ~ruleset.fs;
    for (const auto& rule : ruleset.paths) {
      if (IsInside(path, rule.path)) granted |= rule.rights;
    }
    return granted;
  }

  void Landlock(const Ruleset& before, const Ruleset& after) {
    std::set<std::string> paths = {"/"};
    for (const auto& rule : before.paths) paths.insert(rule.path);
    for (const auto& rule : after.paths) paths.insert(rule.path);
    for (const std::string& path : paths) {
      const uint64_t was = Granted(before, path);
      const uint64_t is = Granted(after, path);
      Bits("Landlock rights " + path, was, is);
    }
    Bits("Landlock network rights", ~before.net, ~after.net);
    Bits("Landlock scopes", ~before.scopes, ~after.scopes);
    if (before.required_abi != after.required_abi) {
      Add(after.required_abi < before.required_abi ? Direction::kLooser
                                                   : Direction::kTighter,
          "landlock",
          "the required ABI is " + std::to_string(after.required_abi) +
              ", before: " + std::to_string(before.required_abi));
    }
  }

  void Other(const std::map<std::string, std::string>& before,
             const std::map<std::string, std::string>& after) {
    std::set<std::string> names;
    for (const auto& [name, value] : before) names.insert(name);
    for (const auto& [name, value] : after) names.insert(name);
    for (const std::string& name : names) {
      const auto was = before.find(name);
      const auto is = after.find(name);
      const std::string old = was != before.end() ? was->second : "nothing";
      const std::string now = is != after.end() ? is->second : "nothing";
      if (old == now) continue;
      Add(Direction::kOther, "other", name + " is " + now + ", before: " + old);
    }
  }

 private:
  void Right(const std::string& path, const char* right, bool was, bool is) {
    if (was == is) return;
    Add(is ? Direction::kLooser : Direction::kTighter, "path",
        path + (is ? " is newly " : " is no longer ") + right);
  }

  void Bits(const std::string& what, uint64_t was, uint64_t is) {
    const auto hex = [](uint64_t bits) {
      constexpr char kDigits[] = "0123456789abcdef";
      std::string text;
      do {
        text.insert(text.begin(), kDigits[bits % 16]);
        bits /= 16;
      } while (bits != 0);
      return "0x" + text;
    };
    if ((is & ~was) != 0) {
      Add(Direction::kLooser, "landlock",
          what + ": " + hex(is & ~was) + " more");
    }
    if ((was & ~is) != 0) {
      Add(Direction::kTighter, "landlock",
          what + ": " + hex(was & ~is) + " less");
    }
  }

  static std::string Text(const Limit& limit) {
    return limit.amount ? std::to_string(*limit.amount) : "unlimited";
  }

  std::vector<LayerChange> changes_;
};

}  // namespace

std::vector<LayerChange> CompareLayers(const Layers& before,
                                       const Layers& after) {
  Comparison comparison;
  comparison.Sets("capability", before.capabilities, after.capabilities,
                  " is newly kept", " is no longer kept");
  comparison.Trees(before.trees, after.trees);
  comparison.Sets("network", before.network_modes, after.network_modes,
                  " is a new network mode", " is no network mode any more");
  comparison.Sets("port", before.listens, after.listens,
                  " is newly listened on", " is no longer listened on");
  comparison.Limits(before.limits, after.limits);
  comparison.Sets("mandatory access", before.mandatory_access,
                  after.mandatory_access, " suffices now",
                  " does not suffice any more");
  comparison.Colocate(before.colocate, after.colocate);
  if (before.landlock && after.landlock) {
    comparison.Landlock(*before.landlock, *after.landlock);
  }
  comparison.Other(before.other, after.other);
  return comparison.Take();
}

std::map<std::string, Tree> TreesOf(const model::Ceilings& ceilings) {
  std::map<std::string, Tree> trees;
  for (const auto* list :
       {&ceilings.may_read, &ceilings.may_write, &ceilings.may_execute}) {
    for (const std::string& path : *list) trees[path];
  }
  const auto covered = [](const std::vector<std::string>& list,
                          const std::string& path) {
    return std::ranges::any_of(
        list, [&](const std::string& tree) { return IsInside(path, tree); });
  };
  for (auto& [path, tree] : trees) {
    tree.rights = {.read = covered(ceilings.may_read, path),
                   .write = covered(ceilings.may_write, path),
                   .execute = covered(ceilings.may_execute, path)};
  }
  return trees;
}

std::map<std::string, Tree> TreesOf(const std::vector<model::ViewEntry>& view) {
  using Kind = model::ViewEntry::Kind;
  std::map<std::string, Tree> trees;
  for (const model::ViewEntry& entry : view) {
    Tree& tree = trees[entry.at];
    tree.rights = entry.rights;
    switch (entry.kind) {
      case Kind::kBind:
        tree.origin = "the host's " + entry.host;
        break;
      case Kind::kScratch:
        tree.origin = "private scratch";
        break;
      case Kind::kDirectory:
        tree.origin = "an empty directory";
        break;
      case Kind::kFile:
        tree.origin = "a file of ours: " + entry.text;
        break;
      case Kind::kSymlink:
        tree.origin = "a link to " + entry.text;
        break;
      case Kind::kProc:
        tree.origin = "a private procfs";
        break;
      case Kind::kDev:
        tree.origin = "the minimal devices";
        break;
    }
  }
  return trees;
}

}  // namespace ringfence::prove
