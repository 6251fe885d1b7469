#include "model/label.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace ringfence::model {
namespace {

TEST(Label, NamesOfTypesHaveNoDash) {
  EXPECT_EQ(LevelType("very-public"), "ringfence_very_public_t");
  EXPECT_EQ(LevelDataType("public"), "ringfence_public_data_t");
}

TEST(Categories, OfTwoPairsAreNeverTheSame) {
  std::set<std::pair<uint32_t, uint32_t>> seen;
  for (uint32_t pair = 0; pair < kCategoryPairs; ++pair) {
    const Categories categories = CategoriesOf(0, pair);
    EXPECT_LT(categories.low, categories.high);
    EXPECT_LT(categories.high, kCategoryBlock);
    EXPECT_TRUE(seen.emplace(categories.low, categories.high).second);
  }
}

TEST(Categories, OfEachDepthAreInABlockOfTheirOwn) {
  for (uint32_t depth = 0; depth < kCategoryBlocks; ++depth) {
    for (const uint32_t pair : {0u, kCategoryPairs - 1}) {
      const Categories categories = CategoriesOf(depth, pair);
      EXPECT_EQ(categories.low / kCategoryBlock, depth);
      EXPECT_EQ(categories.high / kCategoryBlock, depth);
    }
  }
  EXPECT_EQ(CategoriesOf(kCategoryBlocks + 3, 5),
            CategoriesOf(kCategoryBlocks - 1, 5));
}

}  // namespace
}  // namespace ringfence::model
