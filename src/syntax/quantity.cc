#include "syntax/quantity.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "syntax/schema.h"
#include "syntax/suggest.h"

namespace ringfence::syntax {
namespace {

constexpr uint64_t kMaxSize = std::numeric_limits<int64_t>::max();
constexpr uint64_t kYearMs = uint64_t{366} * 24 * 3600 * 1000;
// The last one of asm-generic/errno.h, EHWPOISON.
constexpr uint16_t kMostErrno = 133;
constexpr uint64_t kMaxMillicores = 4096 * 1000;

std::unexpected<Fault> Fail(Code code, std::string message,
                            std::string help = "") {
  return std::unexpected(Fault{code, std::move(message), std::move(help)});
}

std::string Quote(std::string_view text) {
  return "`" + std::string(text) + "`";
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

// The value of decimal digits without a leading zero; nothing if it is not
// that, or does not fit 64 bits.
std::optional<uint64_t> Decimal(std::string_view digits) {
  if (digits.empty() || !std::ranges::all_of(digits, IsDigit)) return {};
  if (digits.size() > 1 && digits.front() == '0') return {};
  uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<uint64_t>(c - '0');
    if (value > (std::numeric_limits<uint64_t>::max() - digit) / 10) return {};
    value = value * 10 + digit;
  }
  return value;
}

// a * b, or nothing if it is above `most`.
std::optional<uint64_t> Product(uint64_t a, uint64_t b, uint64_t most) {
  if (b != 0 && a > most / b) return {};
  return a * b;
}

size_t DigitsAtFront(std::string_view text) {
  return static_cast<size_t>(std::ranges::find_if_not(text, IsDigit) -
                             text.begin());
}

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};

// A number with one of `units`; nothing if it is not that or above `most`.
std::optional<uint64_t> WithUnit(std::string_view text,
                                 std::span<const Unit> units, uint64_t most) {
  const size_t digits = DigitsAtFront(text);
  const std::optional<uint64_t> number = Decimal(text.substr(0, digits));
  const auto unit =
      std::ranges::find(units, text.substr(digits), &Unit::suffix);
  if (!number || unit == units.end()) return {};
  return Product(*number, unit->factor, most);
}

}  // namespace

Parsed<uint64_t> ParseNumber(std::string_view text, uint64_t least,
                             uint64_t most) {
  const std::optional<uint64_t> value = Decimal(text);
  if (!value || *value < least || *value > most) {
    return Fail(Code::kBadNumber, Quote(text) + " is not a whole number from " +
                                      std::to_string(least) + " to " +
                                      std::to_string(most));
  }
  return *value;
}

Parsed<uint64_t> ParseLimit(std::string_view text) {
  if (text == kUnlimitedWord) return kUnlimited;
  const std::optional<uint64_t> value = Decimal(text);
  if (!value) {
    return Fail(Code::kBadNumber, Quote(text) + " is not a limit",
                "write a whole number or " + std::string(kUnlimitedWord));
  }
  return *value;
}

Parsed<uint32_t> ParseId(std::string_view text) {
  constexpr uint32_t kNoId = std::numeric_limits<uint32_t>::max();
  const std::optional<uint64_t> value = Decimal(text);
  if (value == 0u) {
    return Fail(Code::kBadId, "id 0 is never mapped inside a sandbox",
                "use an ordinary id such as 1000");
  }
  if (value == kNoId) {
    return Fail(Code::kBadId, "4294967295 means `no id` to the kernel",
                "use an ordinary id such as 1000");
  }
  if (!value || *value > kNoId) {
    return Fail(Code::kBadId, Quote(text) + " is not an id",
                "an id is a number from 1 to 4294967294");
  }
  return static_cast<uint32_t>(*value);
}

Parsed<uint64_t> ParseSize(std::string_view text) {
  static constexpr std::array<Unit, 5> kUnits{{{"", 1},
                                               {"Ki", uint64_t{1} << 10},
                                               {"Mi", uint64_t{1} << 20},
                                               {"Gi", uint64_t{1} << 30},
                                               {"Ti", uint64_t{1} << 40}}};
  const std::optional<uint64_t> bytes = WithUnit(text, kUnits, kMaxSize);
  if (bytes == 0u) {
    return Fail(Code::kBadSize, "a size must be greater than zero");
  }
  if (!bytes) {
    return Fail(Code::kBadSize, Quote(text) + " is not a size",
                "write bytes, or a number with Ki, Mi, Gi or Ti: 64Mi");
  }
  return *bytes;
}

Parsed<uint64_t> ParseDuration(std::string_view text) {
  static constexpr std::array<Unit, 4> kUnits{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  const std::optional<uint64_t> ms = WithUnit(text, kUnits, kYearMs);
  if (ms == 0u) {
    return Fail(Code::kBadDuration, "a duration must be longer than zero");
  }
  if (!ms) {
    return Fail(Code::kBadDuration,
                Quote(text) + " is not a duration of at most a year",
                "write a number with ms, s, m or h: 60s");
  }
  return *ms;
}

Parsed<uint64_t> ParseCpu(std::string_view text) {
  const Fault fault{Code::kBadCpu, Quote(text) + " is not a number of cores",
                    "write cores with at most three decimals, greater than 0 "
                    "and at most 4096: 2, 0.5"};
  const size_t point = text.find('.');
  const std::optional<uint64_t> whole = Decimal(text.substr(0, point));
  if (!whole) return std::unexpected(fault);
  std::string decimals;
  if (point != std::string_view::npos) {
    decimals = text.substr(point + 1);
    if (decimals.empty() || decimals.size() > 3 ||
        !std::ranges::all_of(decimals, IsDigit)) {
      return std::unexpected(fault);
    }
  }
  decimals.resize(3, '0');
  uint64_t thousandths = 0;
  for (const char c : decimals) {
    thousandths = thousandths * 10 + static_cast<uint64_t>(c - '0');
  }
  const std::optional<uint64_t> cores = Product(*whole, 1000, kMaxMillicores);
  if (!cores || *cores + thousandths == 0 ||
      *cores + thousandths > kMaxMillicores) {
    return std::unexpected(fault);
  }
  return *cores + thousandths;
}

Parsed<uint32_t> ParseMode(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  if (text.size() != 4 || text.front() != '0' ||
      !std::ranges::all_of(text, octal)) {
    return Fail(Code::kBadMode, Quote(text) + " is not a mode",
                "write a 0 and three octal digits in quotes: \"0700\"");
  }
  uint32_t mode = 0;
  for (const char c : text) mode = mode * 8 + static_cast<uint32_t>(c - '0');
  return mode;
}

Parsed<Address> ParseAddress(std::string_view text) {
  const Fault fault{Code::kBadAddress,
                    Quote(text) + " is not an address and a port",
                    "write \"127.0.0.1:8080\" or \"[::1]:8080\", in quotes"};
  Address address;
  address.ipv6 = text.starts_with('[');
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::unexpected(fault);
  std::string_view host = text.substr(0, colon);
  if (address.ipv6) {
    if (!host.ends_with(']')) return std::unexpected(fault);
    host = host.substr(1, host.size() - 2);
  }
  // inet_pton(3) takes neither names nor short forms such as 127.1.
  const int family = address.ipv6 ? AF_INET6 : AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> shortest{};
  if (inet_pton(family, std::string(host).c_str(), bytes.data()) != 1 ||
      inet_ntop(family, bytes.data(), shortest.data(), shortest.size()) ==
          nullptr) {
    return std::unexpected(fault);
  }
  address.host = shortest.data();
  const std::optional<uint64_t> port = Decimal(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) {
    return Fail(Code::kBadAddress,
                Quote(text.substr(colon + 1)) + " is not a port",
                "a port is a number from 1 to 65535");
  }
  address.port = static_cast<uint16_t>(*port);
  return address;
}

Parsed<int> ParseSignal(std::string_view text) {
  struct Signal {
    std::string_view name;
    int number;
  };
  static constexpr std::array<Signal, 8> kSignals{{{"SIGHUP", 1},
                                                   {"SIGINT", 2},
                                                   {"SIGQUIT", 3},
                                                   {"SIGKILL", 9},
                                                   {"SIGUSR1", 10},
                                                   {"SIGUSR2", 12},
                                                   {"SIGTERM", 15},
                                                   {"SIGWINCH", 28}}};
  std::vector<std::string_view> names;
  for (const Signal& signal : kSignals) {
    if (signal.name == text) return signal.number;
    names.push_back(signal.name);
  }
  std::string help = DidYouMean(text, names);
  if (help.empty()) {
    for (const std::string_view name : names) {
      help += (help.empty() ? "one of: " : ", ") + std::string(name);
    }
  }
  return Fail(Code::kBadSignal, Quote(text) + " is not a signal that stops",
              help);
}

Parsed<uint16_t> ParseErrno(std::string_view text) {
  std::vector<std::string_view> names;
  for (uint16_t error = 1; error <= kMostErrno; ++error) {
    const char* name = ::strerrorname_np(error);
    if (name == nullptr) continue;
    if (name == text) return error;
    names.emplace_back(name);
  }
  std::string help = DidYouMean(text, names);
  if (help.empty()) help = "write a name such as EACCES";
  return Fail(Code::kUnknownErrno, Quote(text) + " is not an errno", help);
}

Parsed<Denial> ParseDenial(std::string_view text) {
  using Way = Denial::Way;
  if (text == "explain") return Denial{Way::kExplain, EPERM};
  if (text == "quiet") return Denial{Way::kQuiet, EPERM};
  if (text == "kill") return Denial{Way::kKill, 0};
  const Parsed<uint16_t> error = ParseErrno(text);
  if (error) return Denial{Way::kQuiet, *error};
  std::string help = DidYouMean(text, DenialWords());
  if (text == "log") help = "calls that are allowed and logged: `log: [...]`";
  if (help.empty() && text.starts_with('E')) help = error.error().help;
  if (help.empty()) {
    help = "write explain, quiet, kill or the name of an errno: EACCES";
  }
  return Fail(Code::kUnknownWord, Quote(text) + " is not an answer", help);
}

Parsed<Date> ParseDate(std::string_view text) {
  const Fault fault{Code::kBadDate, Quote(text) + " is not a date",
                    "write YYYY-MM-DD: 2027-01-31"};
  const auto number = [&](size_t at, size_t count) {
    uint16_t value = 0;
    for (const char c : text.substr(at, count)) {
      value = static_cast<uint16_t>(value * 10 + (c - '0'));
    }
    return value;
  };
  if (text.size() != 10) return std::unexpected(fault);
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? text[i] != '-' : !IsDigit(text[i])) {
      return std::unexpected(fault);
    }
  }
  const Date date{number(0, 4), static_cast<uint8_t>(number(5, 2)),
                  static_cast<uint8_t>(number(8, 2))};
  const bool leap =
      (date.year % 4 == 0 && date.year % 100 != 0) || date.year % 400 == 0;
  const std::array<int, 12> days{
      31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (date.year < 2000 || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days[date.month - 1u]) {
    return std::unexpected(fault);
  }
  return date;
}

Parsed<KernelVersion> ParseVersion(std::string_view text) {
  const size_t point = text.find('.');
  if (point != std::string_view::npos) {
    const std::optional<uint64_t> major = Decimal(text.substr(0, point));
    const std::optional<uint64_t> minor = Decimal(text.substr(point + 1));
    if (major && minor && *major >= 2 && *major < 100 && *minor < 1000) {
      return KernelVersion{static_cast<uint16_t>(*major),
                           static_cast<uint16_t>(*minor)};
    }
  }
  return Fail(Code::kBadVersion, Quote(text) + " is not a kernel version",
              "write two numbers in quotes: \"6.1\"");
}

Parsed<void> CheckName(std::string_view text) {
  const auto good = [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; };
  if (text.empty() || text.size() > 63 || !IsLower(text.front()) ||
      !std::ranges::all_of(text, good)) {
    return Fail(Code::kBadName, Quote(text) + " is not a name",
                "a name begins with a small letter and has small letters, "
                "digits and -, at most 63");
  }
  return {};
}

Parsed<void> CheckRuleName(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || !CheckName(text.substr(0, slash)) ||
      !CheckName(text.substr(slash + 1))) {
    return Fail(Code::kBadName, Quote(text) + " is not the name of a rule",
                "a rule is named by its gate and its id: "
                "restricted/no-new-namespaces");
  }
  return {};
}

Parsed<void> CheckSyscall(std::string_view text) {
  const auto good = [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; };
  if (text.starts_with('@')) {
    return Fail(Code::kBadName, "a group is not allowed here",
                "name one system call");
  }
  if (text.empty() || text.size() > 63 || IsDigit(text.front()) ||
      !std::ranges::all_of(text, good)) {
    return Fail(Code::kBadName,
                Quote(text) + " is not the name of a system call");
  }
  return {};
}

Parsed<void> CheckSyscallOrGroup(std::string_view text) {
  if (!text.starts_with('@')) return CheckSyscall(text);
  if (!CheckName(text.substr(1))) {
    return Fail(Code::kBadName, Quote(text) + " is not the name of a group",
                "a group is written \"@file-io\"");
  }
  return {};
}

Parsed<void> CheckInsidePath(std::string_view text) {
  constexpr size_t kPathMax = 4096;  // with the NUL; limits.h
  constexpr size_t kNameMax = 255;
  const auto fail = [&](const std::string& why) {
    return Fail(Code::kBadPath, Quote(text) + " " + why,
                "write an absolute path such as /srv/www");
  };
  if (!text.starts_with('/')) return fail("is not an absolute path");
  if (text.size() >= kPathMax) {
    return Fail(Code::kBadPath, "the path is longer than 4095 bytes");
  }
  std::string_view rest = text.substr(1);
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view name = rest.substr(0, slash);
    if (name == "." || name == "..") {
      return fail("has a `" + std::string(name) + "` component");
    }
    if (name.empty()) return fail("has an empty component");
    if (name.size() > kNameMax) {
      return Fail(Code::kBadPath, "a component is longer than 255 bytes");
    }
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
    if (rest.empty()) return fail("ends in /");
  }
  return {};
}

Parsed<void> CheckHostPath(std::string_view text) {
  if (text.empty()) {
    return Fail(Code::kBadPath, "the path is empty");
  }
  if (text.starts_with('~')) {
    return Fail(Code::kBadPath, "`~` is not expanded",
                "write the path out; ./~ names a file of that name");
  }
  if (text.size() >= 4096) {
    return Fail(Code::kBadPath, "the path is longer than 4095 bytes");
  }
  return {};
}

Parsed<void> CheckVariable(std::string_view text) {
  const auto good = [](char c) {
    return IsLower(c) || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_';
  };
  if (text.empty() || IsDigit(text.front()) ||
      !std::ranges::all_of(text, good)) {
    return Fail(Code::kBadEnvironment,
                Quote(text) + " is not the name of a variable",
                "use letters, digits and _, and no digit at the front");
  }
  return {};
}

}  // namespace ringfence::syntax
