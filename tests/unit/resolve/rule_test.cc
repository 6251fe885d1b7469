#include "resolve/rule.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "resolve/sockets.h"
#include "sample.h"

namespace ringfence::resolve {
namespace {

using model::Condition;
using syntax::Code;

// The rule that a profile would hold between its braces.
syntax::Rule Rule(const std::string& text) {
  syntax::Diagnostics diagnostics;
  const auto document = syntax::Parse(
      "kind: TrustLevel\nname: a\nseccomp: {rules: [{" + text + "}]}\n", "t",
      diagnostics);
  EXPECT_TRUE(document) << Render(diagnostics, {}, syntax::Colour::kOff);
  return std::get<syntax::TrustLevel>(document->content).seccomp.rules.front();
}

Condition Compile(const std::string& text, uint32_t arch = model::kArchX86_64) {
  const syntax::Rule rule = Rule(text);
  syntax::Diagnostics diagnostics;
  const auto condition =
      CompileRule(rule, *FindSyscall(arch, rule.syscall.value), diagnostics);
  EXPECT_TRUE(condition) << Render(diagnostics, {}, syntax::Colour::kOff);
  return condition.value_or(Condition{Condition::Kind::kAny, {}, {}});
}

std::vector<Code> Errors(const std::string& text) {
  const syntax::Rule rule = Rule(text);
  syntax::Diagnostics diagnostics;
  EXPECT_FALSE(CompileRule(
      rule, *FindSyscall(model::kArchX86_64, rule.syscall.value), diagnostics));
  std::vector<Code> codes;
  for (const auto& diagnostic : diagnostics.all()) {
    codes.push_back(diagnostic.code);
  }
  return codes;
}

// Values around every edge of 32 and 64 bits, and small ones.
std::vector<uint64_t> Edges() {
  std::vector<uint64_t> out;
  for (const uint64_t around :
       {uint64_t{0}, uint64_t{8}, uint64_t{1} << 31, uint64_t{1} << 32,
        uint64_t{0xFFFFFF9C}, uint64_t{1} << 63}) {
    for (uint64_t offset = 0; offset < 12; ++offset) {
      out.push_back(around + offset);
      out.push_back(around - offset);
    }
  }
  return out;
}

// Holds `text`, a test of argument 0, to `meaning` for every edge.
void Means(const std::string& text,
           const std::function<bool(uint64_t)>& meaning) {
  const Condition condition = Compile(text);
  for (const uint64_t value : Edges()) {
    EXPECT_EQ(Holds(condition, {value}), meaning(value))
        << text << " for " << std::hex << value;
  }
}

int32_t Int(uint64_t value) { return static_cast<int32_t>(value); }

// alarm's argument is unsigned, 32 bits; close's is too. kill's are int;
// lseek's offset is a signed 64-bit number.
TEST(Rule, ComparesAnUnsignedArgumentOnItsLowWord) {
  Means("syscall: alarm, when: {seconds: 5}",
        [](uint64_t v) { return static_cast<uint32_t>(v) == 5; });
  Means("syscall: alarm, when: {seconds: {in: [0, 7, 0xffffffff]}}",
        [](uint64_t v) {
          const auto cut = static_cast<uint32_t>(v);
          return cut == 0 || cut == 7 || cut == 0xFFFFFFFF;
        });
  Means("syscall: alarm, when: {seconds: {not_in: [1, 2]}}", [](uint64_t v) {
    const auto cut = static_cast<uint32_t>(v);
    return cut != 1 && cut != 2;
  });
  for (const auto& [low, high] :
       std::vector<std::pair<uint32_t, uint32_t>>{{0, 0},
                                                  {0, 5},
                                                  {3, 3},
                                                  {3, 0x80000001},
                                                  {7, 0xFFFFFFFF},
                                                  {0, 0xFFFFFFFF}}) {
    Means("syscall: alarm, when: {seconds: {range: [" + std::to_string(low) +
              ", " + std::to_string(high) + "]}}",
          [from = low, to = high](uint64_t v) {
            const auto cut = static_cast<uint32_t>(v);
            return from <= cut && cut <= to;
          });
  }
}

TEST(Rule, ComparesASignedArgumentAsTheKernelDoes) {
  Means("syscall: kill, when: {pid: -1}",
        [](uint64_t v) { return Int(v) == -1; });
  Means("syscall: kill, when: {pid: 0xffffffff}",
        [](uint64_t v) { return Int(v) == -1; });
  Means("syscall: kill, when: {pid: 0xffffffffffffffff}",
        [](uint64_t v) { return Int(v) == -1; });
  for (const auto& [low, high] :
       std::vector<std::pair<int32_t, int32_t>>{{0, 0},
                                                {-1, 1},
                                                {-8, -2},
                                                {-100, -100},
                                                {1, 0x7FFFFFFF},
                                                {-0x7FFFFFFF - 1, -1},
                                                {-0x7FFFFFFF - 1, 0x7FFFFFFF},
                                                {-5, 0x7FFFFFFF},
                                                {-0x7FFFFFFF - 1, 3}}) {
    Means("syscall: kill, when: {pid: {range: [" + std::to_string(low) + ", " +
              std::to_string(high) + "]}}",
          [from = low, to = high](uint64_t v) {
            return from <= Int(v) && Int(v) <= to;
          });
  }
}

TEST(Rule, TakesAtFdcwdInEveryEncoding) {
  for (const char* value :
       {"AT_FDCWD", "-100", "0xffffff9c", "0xffffffffffffff9c"}) {
    const Condition condition =
        Compile("syscall: openat, when: {dfd: " + std::string(value) + "}");
    EXPECT_TRUE(Holds(condition, {0xFFFFFF9C}));
    EXPECT_TRUE(Holds(condition, {0xFFFFFFFFFFFFFF9C}));
    EXPECT_FALSE(Holds(condition, {0x9C}));
  }
}

TEST(Rule, ComparesA64BitArgumentWhole) {
  Means("syscall: brk, when: {brk: 0x100000005}",
        [](uint64_t v) { return v == 0x100000005; });
  Means("syscall: brk, when: {brk: {range: [5, 0x100000000]}}",
        [](uint64_t v) { return v >= 5 && v <= 0x100000000; });
  Means(
      "syscall: brk, when: {brk: {range: [0xffffffff, "
      "0xffffffffffffffff]}}",
      [](uint64_t v) { return v >= 0xFFFFFFFF; });
}

// mode_t: the kernel keeps 16 bits of it.
TEST(Rule, CutsA16BitArgument) {
  const Condition equal = Compile("syscall: umask, when: {mask: 18}");
  const bool low32 =
      FindSyscall(model::kArchX86_64, "umask")->arguments.front().bits == 32;
  EXPECT_EQ(Holds(equal, {0x10012}), !low32);
  const Condition device =
      Compile("syscall: mknod, when: {mode: {none_of: [S_IFCHR]}}");
  EXPECT_FALSE(Holds(device, {0, 0x2000}));
  EXPECT_FALSE(Holds(device, {0, 0xFFFF2000}));
  EXPECT_TRUE(Holds(device, {0, 0x20001000}));
  EXPECT_EQ(Errors("syscall: mknod, when: {mode: {range: [0, 1]}}"),
            std::vector{Code::kBadRange});
  EXPECT_EQ(Errors("syscall: mknod, when: {mode: 0x10000}"),
            std::vector{Code::kValueDoesNotFit});
}

TEST(Rule, TestsBitsOverEverySubset) {
  const auto check = [](const std::string& op, auto meaning) {
    const Condition condition = Compile("syscall: sendto, when: {flags: {" +
                                        op + ": [1, 4, 0x20000000]}}");
    for (uint64_t low = 0; low < 16; ++low) {
      for (const uint64_t high :
           {uint64_t{0}, uint64_t{0x20000000}, uint64_t{0x120000000}}) {
        const uint64_t value = low | high;
        EXPECT_EQ(Holds(condition, {0, 0, 0, value}),
                  meaning(value & 0x20000005))
            << op << " " << std::hex << value;
      }
    }
  };
  check("all_of", [](uint64_t set) { return set == 0x20000005; });
  check("any_of", [](uint64_t set) { return set != 0; });
  check("none_of", [](uint64_t set) { return set == 0; });
}

TEST(Rule, JoinsTestsByAndWithinWhen) {
  const Condition condition =
      Compile("syscall: socket, when: {family: AF_INET, type: {in: [1, 2]}}");
  EXPECT_TRUE(Holds(condition, {2, 1}));
  EXPECT_TRUE(Holds(condition, {2, 2}));
  EXPECT_FALSE(Holds(condition, {2, 3}));
  EXPECT_FALSE(Holds(condition, {1, 1}));
}

TEST(Rule, NegatesUnlessAsAWhole) {
  const Condition condition =
      Compile("syscall: socket, unless: {family: 2, type: 3}");
  EXPECT_FALSE(Holds(condition, {2, 3}));
  EXPECT_TRUE(Holds(condition, {2, 1}));
  EXPECT_TRUE(Holds(condition, {1, 3}));
  const Condition both = Compile(
      "syscall: socket, when: {family: {in: [1, 2]}}, unless: {type: 3}");
  EXPECT_TRUE(Holds(both, {1, 1}));
  EXPECT_FALSE(Holds(both, {1, 3}));
  EXPECT_FALSE(Holds(both, {5, 1}));
}

TEST(Rule, JoinsSeveralOperatorsOfOneArgument) {
  const Condition condition = Compile(
      "syscall: alarm, when: {seconds: {range: [1, 9], not_in: [4, 5]}}");
  for (uint64_t v = 0; v < 12; ++v) {
    EXPECT_EQ(Holds(condition, {v}), v >= 1 && v <= 9 && v != 4 && v != 5);
  }
}

// clone's last two arguments are swapped between the two architectures.
TEST(Rule, FindsArgumentsByNameOnEachArchitecture) {
  const std::string text = "syscall: clone, when: {tls: 7}";
  EXPECT_TRUE(Holds(Compile(text, model::kArchX86_64), {0, 0, 0, 0, 7}));
  EXPECT_FALSE(Holds(Compile(text, model::kArchX86_64), {0, 0, 0, 7, 0}));
  EXPECT_TRUE(Holds(Compile(text, model::kArchAarch64), {0, 0, 0, 7, 0}));
}

TEST(Rule, KeepsMasksAndValuesInsideTheWidth) {
  for (const char* text : {"syscall: kill, when: {pid: -1}",
                           "syscall: kill, when: {pid: {range: "
                           "[-5, 5]}}",
                           "syscall: alarm, when: {seconds: {all_of: [1]}}"}) {
    const std::function<void(const Condition&)> check =
        [&](const Condition& condition) {
          if (condition.kind == Condition::Kind::kTest) {
            EXPECT_EQ(condition.test.width, model::Width::kLow32);
            EXPECT_LE(condition.test.mask, 0xFFFFFFFFu);
            EXPECT_LE(condition.test.value, 0xFFFFFFFFu);
          }
          for (const Condition& part : condition.of) check(part);
        };
    check(Compile(text));
  }
}

TEST(Rule, RefusesValuesThatDoNotFit) {
  const std::vector kNoFit{Code::kValueDoesNotFit};
  EXPECT_EQ(Errors("syscall: alarm, when: {seconds: 0x100000000}"), kNoFit);
  EXPECT_EQ(Errors("syscall: alarm, when: {seconds: -1}"), kNoFit);
  EXPECT_EQ(Errors("syscall: kill, when: {pid: 0x100000000}"), kNoFit);
  EXPECT_EQ(Errors("syscall: kill, when: {pid: -2147483649}"), kNoFit);
  EXPECT_EQ(Errors("syscall: kill, when: {pid: 0xffffffff00000000}"), kNoFit);
  EXPECT_EQ(Errors("syscall: brk, when: {brk: -1}"), kNoFit);
  EXPECT_EQ(Errors("syscall: alarm, when: {seconds: {all_of: "
                   "[0x8000000000]}}"),
            kNoFit);
}

TEST(Rule, RefusesUnknownNamesAndPointers) {
  EXPECT_EQ(Errors("syscall: kill, when: {pod: 1}"),
            std::vector{Code::kUnknownArgument});
  EXPECT_EQ(Errors("syscall: getpid, when: {pid: 1}"),
            std::vector{Code::kUnknownArgument});
  EXPECT_EQ(Errors("syscall: execve, when: {filename: 0}"),
            std::vector{Code::kPointerArgument});
  EXPECT_EQ(Errors("syscall: clone3, when: {uargs: 0}"),
            std::vector{Code::kPointerArgument});
  EXPECT_EQ(Errors("syscall: kill, when: {sig: SIGNONE}"),
            std::vector{Code::kUnknownConstant});
  EXPECT_EQ(Errors("syscall: kill, when: {sig: 010}"),
            std::vector{Code::kUnknownConstant});
  EXPECT_EQ(Errors("syscall: kill, when: {sig: 99999999999999999999}"),
            std::vector{Code::kUnknownConstant});
}

TEST(Rule, RefusesTestsThatMeanNothing) {
  EXPECT_EQ(Errors("syscall: sendto, when: {flags: {any_of: [0]}}"),
            std::vector{Code::kNoBits});
  EXPECT_EQ(Errors("syscall: alarm, when: {seconds: {range: [2, 1]}}"),
            std::vector{Code::kBadRange});
  EXPECT_EQ(Errors("syscall: kill, when: {pid: {range: [1, -1]}}"),
            std::vector{Code::kBadRange});
  EXPECT_EQ(Errors("syscall: alarm, when: {seconds: {range: [1]}}"),
            std::vector{Code::kBadRange});
}

// NeverHoldsWithBits is sound: where it says never, no value with the bit set
// makes the condition hold. And it sees the forms that profiles use.
TEST(NeverHoldsWithBits, AgreesWithEveryValueOfEightBits) {
  const std::array<const char*, 14> tests{
      "flags: {none_of: [4]}",      "flags: {any_of: [4]}",
      "flags: {all_of: [4, 8]}",    "flags: {none_of: [4, 64]}",
      "flags: {in: [0, 1, 2]}",     "flags: {in: [0, 4]}",
      "flags: {not_in: [4, 5, 6]}", "flags: {range: [0, 3]}",
      "flags: {range: [5, 200]}",   "flags: {eq: 68}",
      "flags: {any_of: [8, 16]}",   "flags: {none_of: [1]}",
      "flags: {all_of: [4]}",       "len: 5"};
  size_t proved = 0;
  for (const std::string when : tests) {
    for (const std::string unless : tests) {
      const Condition condition = Compile("syscall: sendto, when: {" + when +
                                          "}, unless: {" + unless + "}");
      if (!NeverHoldsWithBits(condition, 3, 4)) continue;
      ++proved;
      for (uint64_t flags = 0; flags < 256; ++flags) {
        if ((flags & 4) == 0) continue;
        for (const uint64_t len : {0u, 5u}) {
          EXPECT_FALSE(Holds(condition, {0, 0, len, flags}))
              << when << " unless " << unless << " " << flags;
        }
      }
    }
  }
  EXPECT_GT(proved, 40u);
}

TEST(NeverHoldsWithBits, SeesTheFormsThatProfilesUse) {
  for (const char* text :
       {"syscall: sendto, unless: {flags: {any_of: [MSG_FASTOPEN]}}",
        "syscall: sendto, when: {flags: {none_of: [MSG_FASTOPEN]}}",
        "syscall: sendto, when: {flags: {in: [0, MSG_NOSIGNAL]}}",
        "syscall: sendto, when: {flags: 0, fd: 3}"}) {
    EXPECT_TRUE(NeverHoldsWithBits(Compile(text), 3, 0x20000000)) << text;
  }
  for (const char* text : {"syscall: sendto, unless: {flags: MSG_FASTOPEN}",
                           "syscall: sendto, when: {fd: 3}",
                           "syscall: sendto, unless: {flags: {all_of: "
                           "[MSG_FASTOPEN, MSG_OOB]}}"}) {
    EXPECT_FALSE(NeverHoldsWithBits(Compile(text), 3, 0x20000000)) << text;
  }
}

}  // namespace
}  // namespace ringfence::resolve
