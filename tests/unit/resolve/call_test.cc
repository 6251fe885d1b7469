#include "resolve/call.h"

#include <gtest/gtest.h>

namespace ringfence::resolve {
namespace {

using model::Call;
using model::kArchAarch64;
using model::kArchX86_64;
using syntax::Code;

Call Parse(std::string_view text) {
  const auto call = ParseCall(text, kArchX86_64);
  EXPECT_TRUE(call) << text << ": " << (call ? "" : call.error().message);
  return call.value_or(Call{});
}

CallError Fault(std::string_view text) {
  const auto call = ParseCall(text, kArchX86_64);
  EXPECT_FALSE(call) << text;
  return call ? CallError{} : call.error();
}

TEST(Call, TakesNamesNumbersAndConstants) {
  EXPECT_EQ(Parse("socket(AF_VSOCK, SOCK_STREAM, 0)"),
            (Call{41, kArchX86_64, {40, 1, 0}}));
  EXPECT_EQ(Parse("socket( 0x28 ,1|SOCK_CLOEXEC, 10 )"),
            (Call{41, kArchX86_64, {40, 0x80001, 10}}));
  EXPECT_EQ(Parse("getpid()"), (Call{39, kArchX86_64, {}}));
  EXPECT_EQ(Parse(" getpid ( ) "), (Call{39, kArchX86_64, {}}));
  EXPECT_EQ(Parse("1000(1)"), (Call{1000, kArchX86_64, {1}}));
  EXPECT_EQ(Parse("4294967295()"), (Call{4294967295, kArchX86_64, {}}));
}

TEST(Call, ExtendsNegativeNumbersAsACallerInCDoes) {
  EXPECT_EQ(Parse("close(-1)").args[0], ~uint64_t{0});
  EXPECT_EQ(Parse("openat(AT_FDCWD)").args[0], 0xFFFFFFFFFFFFFF9C);
  EXPECT_EQ(Parse("close(-0)").args[0], 0u);
}

TEST(Call, HasTheNumberOfItsArchitecture) {
  EXPECT_EQ(ParseCall("socket()", kArchAarch64)->number, 198u);
  EXPECT_TRUE(CallExists("open()", kArchX86_64));
  EXPECT_FALSE(CallExists("open()", kArchAarch64));
  EXPECT_FALSE(CallExists("nothing()", kArchX86_64));
  EXPECT_FALSE(CallExists("socket", kArchX86_64));
}

TEST(Call, TakesUpToSixArguments) {
  EXPECT_EQ(Parse("mmap(1,2,3,4,5,6)").args[5], 6u);
  EXPECT_EQ(Fault("mmap(1,2,3,4,5,6,7)").code, Code::kBadCall);
}

TEST(Call, PointsAtWhatIsWrong) {
  const CallError name = Fault("sockt(1)");
  EXPECT_EQ(name.code, Code::kUnknownSyscall);
  EXPECT_EQ(name.at, 0u);
  EXPECT_EQ(name.length, 5u);
  EXPECT_EQ(name.help, "did you mean `socket`?");
  const CallError constant = Fault("socket(1, 2|SOCK_CLOXEC)");
  EXPECT_EQ(constant.code, Code::kUnknownConstant);
  EXPECT_EQ(constant.at, 12u);
  EXPECT_EQ(constant.length, 11u);
  EXPECT_EQ(constant.help, "did you mean `SOCK_CLOEXEC`?");
}

TEST(Call, RefusesWhatIsNoCall) {
  for (const char* text : {"", "socket", "socket(", "socket)", "(1)", "()",
                           "socket(1) x", "4294967296()"}) {
    EXPECT_EQ(Fault(text).code, Code::kBadCall) << text;
  }
  for (const char* text :
       {"socket(,)", "socket(1,)", "socket(1||2)", "socket(1 2)", "socket(0x)",
        "socket(0x1g)", "socket(08)", "socket(--1)", "socket(+1)",
        "socket(18446744073709551616)", "socket(-9223372036854775809)",
        "socket(()"}) {
    EXPECT_EQ(Fault(text).code, Code::kUnknownConstant) << text;
  }
}

TEST(Value, KeepsSixtyFourBits) {
  EXPECT_EQ(ParseValue("0xffffffffffffffff")->bits, ~uint64_t{0});
  EXPECT_EQ(ParseValue("18446744073709551615")->bits, ~uint64_t{0});
  EXPECT_EQ(ParseValue("-9223372036854775808")->bits, uint64_t{1} << 63);
  EXPECT_TRUE(ParseValue("-1")->negative);
  EXPECT_FALSE(ParseValue("0xffffffff")->negative);
}

}  // namespace
}  // namespace ringfence::resolve
