#include "cli/condition_text.h"

#include <algorithm>

#include "base/check.h"
#include "cli/call_text.h"

namespace ringfence::cli {
namespace {

using model::ArgTest;
using model::Condition;
using model::Width;

class Writer {
 public:
  Writer(uint32_t arch, uint32_t number) : arch_(arch), number_(number) {}

  [[nodiscard]] std::string Text(const Condition& condition, bool inner) const {
    switch (condition.kind) {
      case Condition::Kind::kTest:
        return Test(condition.test);
      case Condition::Kind::kNot:
        return Not(condition.of.front());
      case Condition::Kind::kAll:
        if (condition.of.empty()) return "always";
        return Joined(condition, ", and ", inner);
      case Condition::Kind::kAny:
        if (condition.of.empty()) return "never";
        if (IsList(condition)) return List(condition, " is ");
        return Joined(condition, ", or ", inner);
    }
    CheckFailed("report: unknown condition");
  }

 private:
  [[nodiscard]] std::string Not(const Condition& inner) const {
    if (inner.kind == Condition::Kind::kNot) {
      return Text(inner.of.front(), false);
    }
    if (inner.kind == Condition::Kind::kAll && inner.of.size() == 1) {
      return Not(inner.of.front());
    }
    if (inner.kind == Condition::Kind::kAny && IsList(inner)) {
      return List(inner, " is none of ");
    }
    return "not (" + Text(inner, false) + ")";
  }

  [[nodiscard]] std::string Joined(const Condition& condition,
                                   const char* between, bool inner) const {
    const bool alone = condition.of.size() == 1;
    std::string text;
    for (const Condition& part : condition.of) {
      text += (text.empty() ? "" : between) + Text(part, !alone || inner);
    }
    return inner && !alone ? "(" + text + ")" : text;
  }

  static bool IsWhole(const ArgTest& test) {
    return test.width == Width::kLow32 ? (test.mask & UINT32_MAX) == UINT32_MAX
                                       : test.mask == ~uint64_t{0};
  }

  // One argument, compared with several values.
  static bool IsList(const Condition& any) {
    return std::ranges::all_of(any.of, [&](const Condition& part) {
      return part.kind == Condition::Kind::kTest &&
             part.test.relation == ArgTest::Relation::kEqual &&
             IsWhole(part.test) && part.test.arg == any.of.front().test.arg;
    });
  }

  [[nodiscard]] std::string List(const Condition& any, const char* is) const {
    std::string text = Words(any.of.front().test).name + is;
    for (size_t i = 0; i < any.of.size(); ++i) {
      if (i != 0) text += i + 1 == any.of.size() ? " or " : ", ";
      text += Words(any.of[i].test).value;
    }
    return text;
  }

  [[nodiscard]] ArgumentWords Words(const ArgTest& test) const {
    ArgumentWords words = ArgumentText(arch_, number_, test.arg, test.value);
    // All bits: a question to the kernel, not a set of flags.
    if (test.value == UINT32_MAX) words.value = "0xffffffff";
    return words;
  }

  [[nodiscard]] std::string Test(const ArgTest& test) const {
    const auto [name, value] = Words(test);
    if (test.relation == ArgTest::Relation::kAtLeast) {
      return name + " is at least " + value;
    }
    if (IsWhole(test)) return name + " is " + value;
    const std::string mask =
        ArgumentText(arch_, number_, test.arg, test.mask).value;
    if (test.value == 0) return name + " has none of " + mask;
    if (test.value == test.mask) return name + " has " + mask;
    return name + " masked by " + mask + " is " + value;
  }

  uint32_t arch_;
  uint32_t number_;
};

}  // namespace

std::string ConditionText(uint32_t arch, uint32_t number,
                          const Condition& condition) {
  return Writer(arch, number).Text(condition, false);
}

}  // namespace ringfence::cli
