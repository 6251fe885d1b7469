// Days, for what ends on one.
#pragma once

#include <string>

#include "syntax/document.h"

namespace ringfence::check {

// How many days after `from` the day `to` is; negative: before it.
[[nodiscard]] int DaysBetween(const syntax::Date& from, const syntax::Date& to);

// "2027-01-31".
[[nodiscard]] std::string Text(const syntax::Date& date);

}  // namespace ringfence::check
