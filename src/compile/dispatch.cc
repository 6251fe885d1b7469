#include "compile/dispatch.h"

#include <linux/filter.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace ringfence::compile {
namespace {

// Neighbouring ranges of which only `picks` single values do not lead to
// `rest`.
struct Group {
  std::span<const Range> ranges;
  Graph::Id rest;
  size_t picks = 0;
};

// `ranges` as a group with the fewest picks. Nothing if they would be too many.
// `end`: the first word of what follows; 0: nothing does.
std::optional<Group> AsGroup(std::span<const Range> ranges, uint32_t end) {
  const auto is_single = [&](size_t at) {
    const uint32_t next = at + 1 < ranges.size() ? ranges[at + 1].first : end;
    return next - ranges[at].first == 1;
  };
  std::optional<Group> best;
  for (const Range& range : ranges) {
    Group group{ranges, range.then, 0};
    bool good = true;
    for (size_t at = 0; at < ranges.size(); ++at) {
      if (ranges[at].then == group.rest) continue;
      ++group.picks;
      good = good && is_single(at) && group.picks <= kMaxPicks;
    }
    if (good && (!best || group.picks < best->picks)) best = group;
  }
  return best;
}

// The groups that take the fewest tests: a group takes its picks, and one to
// tell it from the next.
std::vector<Group> Groups(std::span<const Range> ranges) {
  struct Best {
    size_t tests = SIZE_MAX;
    Group last;
  };
  // Of the first so many ranges.
  std::vector<Best> best(ranges.size() + 1);
  best[0].tests = 0;
  for (size_t count = 1; count <= ranges.size(); ++count) {
    const uint32_t end = count < ranges.size() ? ranges[count].first : 0;
    const size_t most = std::min(count, 2 * kMaxPicks + 1);
    for (size_t length = 1; length <= most; ++length) {
      const auto group = AsGroup(ranges.subspan(count - length, length), end);
      if (!group) continue;
      const size_t tests = best[count - length].tests + group->picks + 1;
      if (tests < best[count].tests) best[count] = {tests, *group};
    }
  }
  std::vector<Group> groups;
  for (size_t count = ranges.size(); count > 0;) {
    groups.push_back(best[count].last);
    count -= groups.back().ranges.size();
  }
  std::ranges::reverse(groups);
  return groups;
}

Graph::Id AddGroup(Graph& graph, const Group& group) {
  Graph::Id next = group.rest;
  for (const Range& range : group.ranges) {
    if (range.then == group.rest) continue;
    next = graph.Branch(BPF_JEQ, range.first, range.then, next);
  }
  return next;
}

// A group counts as many leaves of the tree as its longest way is deep.
size_t Weight(const Group& group) { return size_t{1} << group.picks; }

Graph::Id AddTree(Graph& graph, std::span<const Group> groups) {
  if (groups.size() == 1) return AddGroup(graph, groups.front());
  size_t above = 0;
  for (const Group& group : groups) above += Weight(group);
  size_t below = 0;
  size_t cut = 0;
  do {
    below += Weight(groups[cut]);
    above -= Weight(groups[cut]);
    ++cut;
  } while (cut + 1 < groups.size() && below + Weight(groups[cut]) <= above);
  const Graph::Id no = AddTree(graph, groups.first(cut));
  const Graph::Id yes = AddTree(graph, groups.subspan(cut));
  return graph.Branch(BPF_JGE, groups[cut].ranges.front().first, yes, no);
}

}  // namespace

Graph::Id AddDispatch(Graph& graph, const Ranges& ranges) {
  return AddTree(graph, Groups(ranges.all()));
}

}  // namespace ringfence::compile
