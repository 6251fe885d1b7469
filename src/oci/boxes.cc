#include "oci/boxes.h"

#include <algorithm>

#include "base/check.h"

namespace ringfence::oci {
namespace {

using model::ArgTest;
using model::Condition;
using Boxes = std::optional<std::vector<Box>>;

std::optional<Box> Intersect(const Box& one, const Box& other) {
  Box both;
  for (size_t i = 0; i < both.sides.size(); ++i) {
    const Box::Side& a = one.sides[i];
    const Box::Side& b = other.sides[i];
    if (((a.value ^ b.value) & a.mask & b.mask) != 0) return std::nullopt;
    both.sides[i] = {a.mask | b.mask, a.value | b.value};
  }
  return both;
}

bool Covers(const Box& whole, const Box& part) {
  for (size_t i = 0; i < whole.sides.size(); ++i) {
    const Box::Side& w = whole.sides[i];
    const Box::Side& p = part.sides[i];
    if ((w.mask & ~p.mask) != 0 || (p.value & w.mask) != w.value) return false;
  }
  return true;
}

// False when the list is full.
bool Add(std::vector<Box>& to, const Box& box) {
  const bool known = std::ranges::any_of(
      to, [&](const Box& before) { return Covers(before, box); });
  if (known) return true;
  if (to.size() == kMaxBoxes) return false;
  to.push_back(box);
  return true;
}

// The numbers of which `mask` is `value` are where their bits first differ
// from `value`: one box for each bit of the mask in which they may. `side`
// says whether a number may differ in that bit.
template <typename May>
std::vector<Box> FirstDifference(const ArgTest& test, uint64_t mask, May may) {
  std::vector<Box> boxes;
  for (unsigned bit = 64; bit-- > 0;) {
    const uint64_t here = uint64_t{1} << bit;
    if ((mask & here) == 0 || !may(here)) continue;
    const uint64_t down_to_here = mask & ~(here - 1);
    Box box;
    box.sides[test.arg] = {down_to_here, (test.value ^ here) & down_to_here};
    boxes.push_back(box);
  }
  return boxes;
}

std::vector<Box> TestBoxes(const ArgTest& test, bool holds) {
  const uint64_t width =
      test.width == model::Width::kLow32 ? uint64_t{UINT32_MAX} : ~uint64_t{0};
  const bool is_equal = test.relation == ArgTest::Relation::kEqual;
  const uint64_t mask = is_equal ? test.mask & width : width;
  Box same;
  same.sides[test.arg] = {mask, test.value & mask};
  if (is_equal) {
    const bool never = (test.value & ~mask) != 0;
    if (never) return holds ? std::vector<Box>{} : std::vector<Box>{Box{}};
    if (holds) return {same};
    return FirstDifference(test, mask, [](uint64_t) { return true; });
  }
  // Above `value` is what first differs from it in a bit that it lacks.
  std::vector<Box> boxes = FirstDifference(test, mask, [&](uint64_t bit) {
    return ((test.value & bit) == 0) == holds;
  });
  if (holds) boxes.push_back(same);
  return boxes;
}

Boxes Unite(const std::vector<Condition>& of, bool holds) {
  std::vector<Box> all;
  for (const Condition& part : of) {
    const Boxes boxes = BoxesOf(part, holds);
    if (!boxes) return std::nullopt;
    for (const Box& box : *boxes) {
      if (!Add(all, box)) return std::nullopt;
    }
  }
  return all;
}

Boxes IntersectAll(const std::vector<Condition>& of, bool holds) {
  Boxes all = std::vector<Box>{Box{}};
  for (const Condition& part : of) {
    const Boxes boxes = BoxesOf(part, holds);
    if (!boxes) return std::nullopt;
    all = Intersect(*all, *boxes);
    if (!all) return std::nullopt;
  }
  return all;
}

}  // namespace

std::optional<std::vector<Box>> Intersect(const std::vector<Box>& one,
                                          const std::vector<Box>& other) {
  std::vector<Box> all;
  for (const Box& a : one) {
    for (const Box& b : other) {
      const std::optional<Box> both = Intersect(a, b);
      if (both && !Add(all, *both)) return std::nullopt;
    }
  }
  return all;
}

std::optional<std::vector<Box>> BoxesOf(const Condition& condition,
                                        bool holds) {
  switch (condition.kind) {
    case Condition::Kind::kTest:
      return TestBoxes(condition.test, holds);
    case Condition::Kind::kAll:
      return holds ? IntersectAll(condition.of, true)
                   : Unite(condition.of, false);
    case Condition::Kind::kAny:
      return holds ? Unite(condition.of, true)
                   : IntersectAll(condition.of, false);
    case Condition::Kind::kNot:
      return BoxesOf(condition.of.front(), !holds);
  }
  CheckFailed("oci: unknown condition");
}

}  // namespace ringfence::oci
