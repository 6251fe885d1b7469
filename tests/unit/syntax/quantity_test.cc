#include "syntax/quantity.h"

#include <gtest/gtest.h>

#include <string>

namespace ringfence::syntax {
namespace {

template <typename T>
Code CodeOf(const Parsed<T>& parsed) {
  EXPECT_FALSE(parsed.has_value());
  return parsed.has_value() ? Code{} : parsed.error().code;
}

TEST(Id, TakesEveryIdButZeroAndTheLast) {
  EXPECT_EQ(ParseId("1"), 1u);
  EXPECT_EQ(ParseId("1000"), 1000u);
  EXPECT_EQ(ParseId("4294967294"), 4294967294u);
}

TEST(Id, RefusesEverythingElse) {
  for (const char* text : {"",
                           "0",
                           "00",
                           "0x0",
                           "0x3e8",
                           "1000:",
                           "-1",
                           "+1",
                           " 1",
                           "1 ",
                           " 0",
                           "01000",
                           "1e3",
                           "1.0",
                           "4294967295",
                           "4294967296",
                           "4294967297",
                           "18446744073709551616",
                           "18446744073709551617",
                           "99999999999999999999",
                           "1000\n",
                           "root",
                           "\xd9\xa1"}) {
    EXPECT_EQ(CodeOf(ParseId(text)), Code::kBadId) << "`" << text << "`";
  }
}

TEST(Number, KeepsItsBounds) {
  EXPECT_EQ(ParseNumber("1", 1, 3), 1u);
  EXPECT_EQ(ParseNumber("3", 1, 3), 3u);
  EXPECT_EQ(CodeOf(ParseNumber("0", 1, 3)), Code::kBadNumber);
  EXPECT_EQ(CodeOf(ParseNumber("4", 1, 3)), Code::kBadNumber);
  EXPECT_EQ(ParseNumber("18446744073709551615", 0, ~uint64_t{0}), ~uint64_t{0});
  EXPECT_EQ(CodeOf(ParseNumber("18446744073709551616", 0, ~uint64_t{0})),
            Code::kBadNumber);
}

TEST(Limit, IsANumberOrUnlimited) {
  EXPECT_EQ(ParseLimit("0"), 0u);
  EXPECT_EQ(ParseLimit("18446744073709551614"), ~uint64_t{0} - 1);
  EXPECT_EQ(ParseLimit("unlimited"), ~uint64_t{0});
  for (const char* text :
       {"", "-1", "1.5", "4Ki", "Unlimited", "none", "18446744073709551616"}) {
    EXPECT_EQ(CodeOf(ParseLimit(text)), Code::kBadNumber) << text;
  }
}

TEST(Size, TakesBytesAndBinaryUnits) {
  EXPECT_EQ(ParseSize("1"), 1u);
  EXPECT_EQ(ParseSize("4096"), 4096u);
  EXPECT_EQ(ParseSize("1Ki"), 1024u);
  EXPECT_EQ(ParseSize("64Mi"), uint64_t{64} << 20);
  EXPECT_EQ(ParseSize("4Gi"), uint64_t{4} << 30);
  EXPECT_EQ(ParseSize("2Ti"), uint64_t{2} << 40);
  EXPECT_EQ(ParseSize("9223372036854775807"), (uint64_t{1} << 63) - 1);
  EXPECT_EQ(ParseSize("8388607Ti"), uint64_t{8388607} << 40);
}

TEST(Size, RefusesOverflowZeroAndOtherUnits) {
  for (const char* text :
       {"", "0", "0Mi", "Mi", "-1", "1.5Gi", "64M", "64MB", "64mi", "64 Mi",
        "64Mi ", "064", "0x10", "9223372036854775808", "8388608Ti",
        "18014398509481984Ki", "17179869184Gi", "16777216Ti"}) {
    EXPECT_EQ(CodeOf(ParseSize(text)), Code::kBadSize) << text;
  }
}

TEST(Duration, IsInMilliseconds) {
  EXPECT_EQ(ParseDuration("1ms"), 1u);
  EXPECT_EQ(ParseDuration("500ms"), 500u);
  EXPECT_EQ(ParseDuration("60s"), 60'000u);
  EXPECT_EQ(ParseDuration("2m"), 120'000u);
  EXPECT_EQ(ParseDuration("1h"), 3'600'000u);
  EXPECT_EQ(ParseDuration("8784h"), 31'622'400'000u);
}

TEST(Duration, RefusesNumbersWithoutUnitZeroAndMoreThanAYear) {
  for (const char* text :
       {"", "60", "0s", "0ms", "1.5s", "-1s", "1d", "1 s", "1S", "s", "8785h",
        "18446744073709551615h", "307445734561825861m"}) {
    EXPECT_EQ(CodeOf(ParseDuration(text)), Code::kBadDuration) << text;
  }
}

TEST(Cpu, IsInThousandthsOfACore) {
  EXPECT_EQ(ParseCpu("2"), 2000u);
  EXPECT_EQ(ParseCpu("0.5"), 500u);
  EXPECT_EQ(ParseCpu("0.05"), 50u);
  EXPECT_EQ(ParseCpu("1.25"), 1250u);
  EXPECT_EQ(ParseCpu("0.001"), 1u);
  EXPECT_EQ(ParseCpu("4096"), 4'096'000u);
}

TEST(Cpu, RefusesZeroFinerAndLarger) {
  for (const char* text :
       {"", "0", "0.0", "0.000", ".5", "1.", "1.0000", "0.0005", "-1", "1e3",
        "4096.001", "4097", "18446744073709551615", "1,5", "1.5.0"}) {
    EXPECT_EQ(CodeOf(ParseCpu(text)), Code::kBadCpu) << text;
  }
}

TEST(Mode, IsFourOctalDigits) {
  EXPECT_EQ(ParseMode("0700"), 0700u);
  EXPECT_EQ(ParseMode("0000"), 0u);
  EXPECT_EQ(ParseMode("0777"), 0777u);
  for (const char* text :
       {"", "700", "00700", "0800", "0o700", "1777", "rwx", "-700"}) {
    EXPECT_EQ(CodeOf(ParseMode(text)), Code::kBadMode) << text;
  }
}

TEST(Address, TakesNumericAddressesWithAPort) {
  EXPECT_EQ(ParseAddress("127.0.0.1:8080"),
            (Address{false, "127.0.0.1", 8080}));
  EXPECT_EQ(ParseAddress("[::1]:1"), (Address{true, "::1", 1}));
  EXPECT_EQ(ParseAddress("0.0.0.0:65535"), (Address{false, "0.0.0.0", 65535}));
}

TEST(Address, HasOneForm) {
  EXPECT_EQ(ParseAddress("[0:0:0:0:0:0:0:1]:80"), ParseAddress("[::1]:80"));
  EXPECT_EQ(ParseAddress("[2001:DB8::0]:80"), ParseAddress("[2001:db8::]:80"));
}

TEST(Address, RefusesNamesShortFormsAndOddPorts) {
  for (const char* text : {"",
                           ":",
                           "8080",
                           ":8080",
                           "localhost:80",
                           "127.1:80",
                           "0x7f.1:80",
                           "127.0.0.01:80",
                           "127.0.0.256:80",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:0",
                           "127.0.0.1:65536",
                           "127.0.0.1:080",
                           "127.0.0.1:-1",
                           "127.0.0.1: 80",
                           " 127.0.0.1:80",
                           "::1:80",
                           "[::1]",
                           "[::1]80",
                           "[::1:80",
                           "[]:80",
                           "[127.0.0.1]:80",
                           "[::1%lo]:80",
                           "[::g]:1",
                           "127.0.0.1:80:80"}) {
    EXPECT_EQ(CodeOf(ParseAddress(text)), Code::kBadAddress) << text;
  }
}

TEST(Signal, IsAName) {
  EXPECT_EQ(ParseSignal("SIGTERM"), 15);
  EXPECT_EQ(ParseSignal("SIGINT"), 2);
  EXPECT_EQ(ParseSignal("SIGWINCH"), 28);
  for (const char* text : {"", "TERM", "sigterm", "15", "SIGSTOP", "SIGKIL"}) {
    EXPECT_EQ(CodeOf(ParseSignal(text)), Code::kBadSignal) << text;
  }
  EXPECT_EQ(ParseSignal("SIGKIL").error().help, "did you mean `SIGKILL`?");
}

TEST(Date, IsADayOfTheCalendar) {
  EXPECT_EQ(ParseDate("2027-01-31"), (Date{2027, 1, 31}));
  EXPECT_EQ(ParseDate("2028-02-29"), (Date{2028, 2, 29}));
  EXPECT_EQ(ParseDate("2000-02-29"), (Date{2000, 2, 29}));
  for (const char* text :
       {"", "2027-02-29", "2100-02-29", "2027-13-01", "2027-00-01",
        "2027-01-00", "2027-04-31", "2027-1-1", "27-01-01", "2027/01/01",
        "2027-01-311", "1999-12-31", "2027-01-3x"}) {
    EXPECT_EQ(CodeOf(ParseDate(text)), Code::kBadDate) << text;
  }
}

TEST(Version, IsTwoNumbers) {
  EXPECT_EQ(ParseVersion("6.1"), (KernelVersion{6, 1}));
  EXPECT_EQ(ParseVersion("6.10"), (KernelVersion{6, 10}));
  EXPECT_LT(*ParseVersion("6.9"), *ParseVersion("6.10"));
  for (const char* text : {"", "6", "6.", ".1", "6.1.0", "6.01", "6.1-rc1",
                           "v6.1", "1.0", "100.0", "6.1000", "-6.1"}) {
    EXPECT_EQ(CodeOf(ParseVersion(text)), Code::kBadVersion) << text;
  }
}

TEST(Name, IsShortAndPlain) {
  EXPECT_TRUE(CheckName("a"));
  EXPECT_TRUE(CheckName("web-1"));
  EXPECT_TRUE(CheckName(std::string(63, 'a')));
  for (const std::string& text :
       {std::string(""), std::string("A"), std::string("1a"), std::string("-a"),
        std::string("a_b"), std::string("a/b"), std::string("../a"),
        std::string("a b"), std::string(64, 'a'), std::string("a\n"),
        std::string("\xc3\xa9")}) {
    EXPECT_EQ(CodeOf(CheckName(text)), Code::kBadName) << text;
  }
}

TEST(SyscallName, MayBeAGroupOnlyWhereGroupsAreTaken) {
  EXPECT_TRUE(CheckSyscall("openat"));
  EXPECT_TRUE(CheckSyscall("_sysctl"));
  EXPECT_TRUE(CheckSyscallOrGroup("@file-io"));
  EXPECT_EQ(CodeOf(CheckSyscall("@file-io")), Code::kBadName);
  EXPECT_EQ(CodeOf(CheckSyscall("Open")), Code::kBadName);
  EXPECT_EQ(CodeOf(CheckSyscall("")), Code::kBadName);
  EXPECT_EQ(CodeOf(CheckSyscallOrGroup("@")), Code::kBadName);
  EXPECT_EQ(CodeOf(CheckSyscallOrGroup("@File")), Code::kBadName);
}

TEST(InsidePath, IsAbsoluteAndNormalised) {
  EXPECT_TRUE(CheckInsidePath("/"));
  EXPECT_TRUE(CheckInsidePath("/srv/www"));
  EXPECT_TRUE(CheckInsidePath("/a/...b/.c"));
  for (const std::string& text :
       {std::string(""), std::string("srv"), std::string("./srv"),
        std::string("/srv/"), std::string("//srv"), std::string("/srv//www"),
        std::string("/srv/./www"), std::string("/srv/../etc"),
        std::string("/.."), std::string("/."), "/" + std::string(256, 'a'),
        "/" + std::string(4096, 'a')}) {
    EXPECT_EQ(CodeOf(CheckInsidePath(text)), Code::kBadPath) << text;
  }
}

TEST(HostPath, MayBeRelativeButIsNotExpanded) {
  EXPECT_TRUE(CheckHostPath("./conf"));
  EXPECT_TRUE(CheckHostPath("../conf"));
  EXPECT_TRUE(CheckHostPath("/srv"));
  EXPECT_EQ(CodeOf(CheckHostPath("")), Code::kBadPath);
  EXPECT_EQ(CodeOf(CheckHostPath("~/conf")), Code::kBadPath);
}

TEST(Variable, HasAPortableName) {
  EXPECT_TRUE(CheckVariable("LANG"));
  EXPECT_TRUE(CheckVariable("_a1"));
  for (const char* text : {"", "1A", "A-B", "A=B", "A B"}) {
    EXPECT_EQ(CodeOf(CheckVariable(text)), Code::kBadEnvironment) << text;
  }
}

}  // namespace
}  // namespace ringfence::syntax
