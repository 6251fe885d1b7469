#include "check/dates.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace ringfence::check {

int DaysBetween(const syntax::Date& from, const syntax::Date& to) {
  using std::chrono::sys_days;
  const auto day = [](const syntax::Date& date) {
    return sys_days(std::chrono::year(date.year) /
                    std::chrono::month(date.month) /
                    std::chrono::day(date.day));
  };
  return static_cast<int>((day(to) - day(from)).count());
}

std::string Text(const syntax::Date& date) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04u-%02u-%02u", unsigned{date.year},
                unsigned{date.month}, unsigned{date.day});
  return text.data();
}

}  // namespace ringfence::check
