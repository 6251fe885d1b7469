#include "placement/plan.h"

#include <algorithm>
#include <map>

namespace ringfence::placement {
namespace {

bool MayMeet(const model::TrustLevel& one, const model::TrustLevel& other) {
  const admit::Record held{.name = "held", .level = other};
  const admit::Decision decision =
      admit::Decide({one, {}}, std::span(&held, 1), {});
  return std::holds_alternative<admit::Admitted>(decision);
}

bool Takes(const Host& host, const model::TrustLevel& level) {
  const admit::Decision decision =
      admit::Decide({level, {}}, {}, {.accepts = host.accepts});
  return std::holds_alternative<admit::Admitted>(decision);
}

// `one` is `other`, or lies below it.
bool IsWithin(const std::string& one, const std::string& other) {
  return one == other ||
         one.starts_with(other.ends_with('/') ? other : other + "/");
}

class Planner {
 public:
  explicit Planner(const Input& input) : input_(input) {}

  Plan Make() {
    for (size_t i = 0; i < input_.items.size(); ++i) {
      const Item& item = input_.items[i];
      if (!item.level) {
        plan_.unknown.push_back(i);
        continue;
      }
      for (const size_t host : item.hosts) {
        if (!Takes(input_.hosts[host], *item.level)) {
          plan_.turned.push_back({i, host});
        }
      }
      for (size_t k = 0; k < i; ++k) Pair(k, i);
    }
    Split();
    return std::move(plan_);
  }

 private:
  void Pair(size_t one, size_t other) {
    const Item& a = input_.items[one];
    const Item& b = input_.items[other];
    if (!a.level) return;
    const bool compatible = MayMeet(*a.level, *b.level);
    const auto host = CommonHost(a, b);
    const bool anywhere = input_.hosts.empty() && Overlap(a, b);
    if (host || anywhere) {
      plan_.meetings.push_back({one, other, host, compatible});
    }
    if (compatible) return;
    for (const std::string& mine : a.reads) {
      for (const std::string& theirs : b.reads) {
        if (IsWithin(mine, theirs)) {
          plan_.shared.push_back({one, other, mine});
        } else if (IsWithin(theirs, mine)) {
          plan_.shared.push_back({one, other, theirs});
        }
      }
    }
  }

  static std::optional<size_t> CommonHost(const Item& a, const Item& b) {
    for (const size_t host : a.hosts) {
      if (std::ranges::find(b.hosts, host) != b.hosts.end()) return host;
    }
    return std::nullopt;
  }

  // No label is asked for with two values: some host may have them all.
  static bool Overlap(const Item& a, const Item& b) {
    return std::ranges::none_of(a.selector, [&](const auto& label) {
      return std::ranges::any_of(b.selector, [&](const auto& other) {
        return label.first == other.first && label.second != other.second;
      });
    });
  }

  // Classes in the order in which they appear; each `alone` is one by itself.
  std::vector<Group> Classes() const {
    std::vector<Group> classes;
    for (size_t i = 0; i < input_.items.size(); ++i) {
      if (!input_.items[i].level) continue;
      const std::string key = admit::ClassKey(*input_.items[i].level);
      const auto found = key.empty()
                             ? classes.end()
                             : std::ranges::find(classes, key, &Group::key);
      if (found == classes.end()) {
        classes.push_back({key, std::nullopt, {i}});
      } else {
        found->items.push_back(i);
      }
    }
    return classes;
  }

  // A host keeps the class of which most is meant for it; what is left goes to
  // a host that has its class, else to an empty one, else to one more.
  void Split() {
    const std::vector<Group> classes = Classes();
    std::vector<std::optional<size_t>> keeps(input_.hosts.size());
    for (size_t host = 0; host < keeps.size(); ++host) {
      size_t most = 0;
      for (size_t c = 0; c < classes.size(); ++c) {
        const size_t count = Meant(classes[c], host).size();
        if (count > most && MayHave(classes[c], host, keeps, c)) {
          most = count;
          keeps[host] = c;
        }
      }
    }
    for (size_t c = 0; c < classes.size(); ++c) {
      std::vector<size_t> left = classes[c].items;
      std::optional<size_t> first;
      for (size_t host = 0; host < keeps.size(); ++host) {
        if (keeps[host] != c) continue;
        const std::vector<size_t> here = Meant(classes[c], host);
        std::erase_if(left, [&](size_t item) {
          return std::ranges::find(here, item) != here.end();
        });
        if (!first) first = plan_.split.size();
        plan_.split.push_back({classes[c].key, host, here});
      }
      if (left.empty()) continue;
      if (first) {
        std::ranges::copy(left, std::back_inserter(plan_.split[*first].items));
        continue;
      }
      plan_.split.push_back({classes[c].key, Free(classes[c], keeps, c), left});
    }
  }

  // The items of a class that run on this host, and on no host before it.
  std::vector<size_t> Meant(const Group& group, size_t host) const {
    std::vector<size_t> meant;
    for (const size_t item : group.items) {
      const auto& hosts = input_.items[item].hosts;
      if (!hosts.empty() && hosts.front() == host) meant.push_back(item);
    }
    return meant;
  }

  bool MayHave(const Group& group, size_t host,
               const std::vector<std::optional<size_t>>& keeps,
               size_t index) const {
    // One that wants to be alone needs one host only.
    const bool taken =
        group.key.empty() &&
        std::ranges::find(keeps, std::optional(index)) != keeps.end();
    return !taken &&
           Takes(input_.hosts[host], *input_.items[group.items.front()].level);
  }

  std::optional<size_t> Free(const Group& group,
                             std::vector<std::optional<size_t>>& keeps,
                             size_t index) const {
    for (size_t host = 0; host < keeps.size(); ++host) {
      if (!keeps[host] && MayHave(group, host, keeps, index)) {
        keeps[host] = index;
        return host;
      }
    }
    return std::nullopt;
  }

  const Input& input_;
  Plan plan_;
};

}  // namespace

bool Plan::Holds() const {
  return turned.empty() && unknown.empty() &&
         std::ranges::all_of(meetings, &Meeting::compatible);
}

Plan MakePlan(const Input& input) { return Planner(input).Make(); }

}  // namespace ringfence::placement
