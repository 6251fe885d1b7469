#include "base/strong.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace ringfence {
namespace {

using Apples = Strong<uint32_t, struct ApplesTag>;
using Pears = Strong<uint32_t, struct PearsTag>;

template <typename A, typename B>
concept Comparable = requires(A a, B b) { a == b; };

// What must not compile, with what must beside it.
static_assert(Comparable<Apples, Apples> && !Comparable<Apples, Pears>);
static_assert(std::is_constructible_v<Apples, uint32_t> &&
              !std::is_convertible_v<uint32_t, Apples>);
static_assert(!std::is_convertible_v<Apples, uint32_t> &&
              !std::is_convertible_v<Apples, bool>);
static_assert(!std::is_constructible_v<Apples, Pears>);

TEST(StrongTest, IsZeroUnlessGivenANumber) {
  EXPECT_EQ(Apples().value, 0u);
  EXPECT_EQ(Apples(7).value, 7u);
}

TEST(StrongTest, OrdersByItsNumber) {
  EXPECT_EQ(Apples(7), Apples(7));
  EXPECT_LT(Apples(6), Apples(7));
  EXPECT_GT(Apples(0xFFFFFFFF), Apples(0));
}

}  // namespace
}  // namespace ringfence
