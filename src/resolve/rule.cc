#include "resolve/rule.h"

#include <algorithm>

#include "base/check.h"
#include "resolve/call.h"
#include "resolve/names.h"
#include "syntax/suggest.h"

namespace ringfence::resolve {
namespace {

using model::ArgTest;
using model::Condition;
using model::Width;
using syntax::ArgumentTest;
using syntax::Code;
using syntax::Diagnostics;
using syntax::Text;

using Kind = Condition::Kind;

Condition Test(const ArgTest& test) { return {Kind::kTest, test, {}}; }

Condition Not(Condition condition) {
  return {Kind::kNot, {}, {std::move(condition)}};
}

// One operand needs no node around it.
Condition Join(Kind kind, std::vector<Condition> of) {
  if (of.size() == 1) return std::move(of.front());
  return {kind, {}, std::move(of)};
}

uint64_t Mask(const SyscallArgument& argument) {
  return argument.bits >= 64 ? ~uint64_t{0}
                             : (uint64_t{1} << argument.bits) - 1;
}

// Compiles the tests of one argument.
class Tests {
 public:
  Tests(const Syscall& syscall, Diagnostics& diagnostics)
      : syscall_(syscall), diagnostics_(diagnostics) {}

  std::optional<Condition> Compile(const ArgumentTest& test) {
    const SyscallArgument* argument = FindArgument(test.argument);
    if (argument == nullptr) return std::nullopt;
    std::optional<std::vector<uint64_t>> values = Values(test, *argument);
    if (!values) return std::nullopt;
    switch (test.op) {
      case ArgumentTest::Op::kEq:
      case ArgumentTest::Op::kIn:
        return AnyEqual(*argument, *values);
      case ArgumentTest::Op::kNotIn:
        return Not(AnyEqual(*argument, *values));
      case ArgumentTest::Op::kRange:
        return Range(test, *argument, *values);
      case ArgumentTest::Op::kAllOf:
      case ArgumentTest::Op::kAnyOf:
      case ArgumentTest::Op::kNoneOf:
        return Bits(test, *argument, *values);
    }
    CheckFailed("resolve: unknown operator");
  }

 private:
  void Report(Code code, std::string message, const syntax::Span& span,
              std::string help = "") {
    diagnostics_.Add({code, std::move(message), span, "", {}, std::move(help)});
  }

  const SyscallArgument* FindArgument(const Text& name) {
    const auto at = std::ranges::find(syscall_.arguments, name.value,
                                      &SyscallArgument::name);
    if (at == syscall_.arguments.end()) {
      std::vector<std::string_view> names;
      std::string listed;
      for (const SyscallArgument& argument : syscall_.arguments) {
        names.push_back(argument.name);
        listed += (listed.empty() ? "" : ", ") + std::string(argument.name);
      }
      std::string help = syntax::DidYouMean(name.value, names);
      if (help.empty()) {
        help = listed.empty() ? "it has no arguments" : "it has: " + listed;
      }
      Report(Code::kUnknownArgument,
             Quote(syscall_.name) + " has no argument " + Quote(name.value),
             name.span, help);
      return nullptr;
    }
    if (at->kind == SyscallArgument::Kind::kPointer) {
      Report(Code::kPointerArgument,
             "argument " + Quote(name.value) + " of " + Quote(syscall_.name) +
                 " is a pointer",
             name.span,
             "a filter cannot see what it points to; allow or deny the call");
      return nullptr;
    }
    return &*at;
  }

  // The values cut to what the kernel reads.
  std::optional<std::vector<uint64_t>> Values(const ArgumentTest& test,
                                              const SyscallArgument& argument) {
    std::vector<uint64_t> out;
    bool good = true;
    for (const Text& text : test.values) {
      const std::expected<Value, CallError> value = ParseValue(text.value);
      if (!value) {
        Report(value.error().code, value.error().message, text.span,
               value.error().help);
        good = false;
        continue;
      }
      if (!Fits(*value, argument)) {
        Report(Code::kValueDoesNotFit,
               Quote(text.value) + " does not fit the argument " +
                   Quote(argument.name),
               text.span,
               "the kernel reads " + std::to_string(argument.bits) + " bits, " +
                   (argument.is_signed ? "signed" : "unsigned"));
        good = false;
        continue;
      }
      out.push_back(value->bits & Mask(argument));
    }
    if (!good) return std::nullopt;
    return out;
  }

  // A signed argument takes a negative value in both encodings: cut to its
  // width, and extended to 64 bits.
  static bool Fits(const Value& value, const SyscallArgument& argument) {
    const uint64_t mask = Mask(argument);
    if (argument.bits >= 64) return !value.negative || argument.is_signed;
    if (value.bits <= mask) return true;
    const uint64_t sign_and_above = ~(mask >> 1);
    return argument.is_signed &&
           (value.bits & sign_and_above) == sign_and_above;
  }

  [[nodiscard]] ArgTest Base(const SyscallArgument& argument) const {
    ArgTest test;
    test.arg = static_cast<uint8_t>(&argument - syscall_.arguments.data());
    test.width = argument.width;
    test.mask = Mask(argument);
    return test;
  }

  Condition AnyEqual(const SyscallArgument& argument,
                     const std::vector<uint64_t>& values) {
    std::vector<Condition> of;
    for (const uint64_t value : values) {
      ArgTest test = Base(argument);
      test.value = value;
      of.push_back(Test(test));
    }
    return Join(Kind::kAny, std::move(of));
  }

  std::optional<Condition> Bits(const ArgumentTest& test,
                                const SyscallArgument& argument,
                                const std::vector<uint64_t>& values) {
    uint64_t bits = 0;
    for (const uint64_t value : values) bits |= value;
    if (bits == 0) {
      Report(Code::kNoBits, "these values have no bits to test",
             test.values.front().span, "use `eq: 0` to compare with zero");
      return std::nullopt;
    }
    ArgTest base = Base(argument);
    base.mask = bits;
    base.value = test.op == ArgumentTest::Op::kAllOf ? bits : 0;
    if (test.op == ArgumentTest::Op::kAnyOf) return Not(Test(base));
    return Test(base);
  }

  std::optional<Condition> Range(const ArgumentTest& test,
                                 const SyscallArgument& argument,
                                 const std::vector<uint64_t>& values) {
    if (argument.bits < 32) {
      Report(Code::kBadRange,
             "`range` is not available for " + Quote(argument.name),
             test.values.front().span, "list the values with `in`");
      return std::nullopt;
    }
    const uint64_t mask = Mask(argument);
    const uint64_t sign = argument.is_signed ? mask ^ (mask >> 1) : 0;
    const auto ordered = [&](uint64_t value) { return value ^ sign; };
    if (values.size() != 2 || ordered(values[0]) > ordered(values[1])) {
      Report(Code::kBadRange, "a range is the lowest and the highest value",
             test.values.front().span, "range: [1, 10]");
      return std::nullopt;
    }
    const uint64_t low = values[0];
    const uint64_t high = values[1];
    const auto at_least = [&](uint64_t value) {
      ArgTest bound = Base(argument);
      bound.relation = ArgTest::Relation::kAtLeast;
      bound.mask = argument.width == Width::kLow32 ? 0xFFFFFFFFu : ~uint64_t{0};
      bound.value = value;
      return Test(bound);
    };
    // Comparisons are unsigned, where negative numbers are the highest: a
    // range over zero is what is not between its ends.
    const bool over_zero = (low & sign) != 0 && (high & sign) == 0;
    std::vector<Condition> of;
    if (low != 0) of.push_back(at_least(low));
    if (high != mask) of.push_back(Not(at_least(high + 1)));
    return Join(over_zero ? Kind::kAny : Kind::kAll, std::move(of));
  }

  const Syscall& syscall_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::optional<Condition> CompileRule(const syntax::Rule& rule,
                                     const Syscall& syscall,
                                     Diagnostics& diagnostics) {
  Tests tests(syscall, diagnostics);
  bool good = true;
  const auto all = [&](const std::vector<ArgumentTest>& list) {
    std::vector<Condition> of;
    for (const ArgumentTest& test : list) {
      std::optional<Condition> condition = tests.Compile(test);
      good = good && condition.has_value();
      if (condition) of.push_back(std::move(*condition));
    }
    return of;
  };
  std::vector<Condition> when = all(rule.when);
  std::vector<Condition> unless = all(rule.unless);
  if (!good) return std::nullopt;
  if (!unless.empty()) when.push_back(Not(Join(Kind::kAll, std::move(unless))));
  return Join(Kind::kAll, std::move(when));
}

}  // namespace ringfence::resolve
