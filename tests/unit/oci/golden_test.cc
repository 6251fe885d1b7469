// tests/golden/oci: a profile and what its import says, as people see it.
#include "golden/golden.h"

#include "oci/import.h"
#include "syntax/render.h"

namespace ringfence::oci {
namespace {

class GoldenOci : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, GoldenOci,
                         testing::ValuesIn(golden::CasesIn("oci")),
                         [](const auto& name) {
                           std::string out = name.param;
                           for (char& c : out) c = c == '-' ? '_' : c;
                           return out;
                         });

TEST_P(GoldenOci, GivesWhatIsExpected) {
  const golden::Case golden = golden::LoadCase("oci", GetParam());
  ASSERT_EQ(golden.inputs.size(), 1u);
  const golden::Section& input = golden.inputs.front();
  syntax::Diagnostics diagnostics;
  const auto imported = ImportOci(input.text, input.name, {}, diagnostics);
  EXPECT_NE(imported.has_value(), !diagnostics.empty());
  golden::Compare(golden, Render(diagnostics, {{input.name, input.text}},
                                 syntax::Colour::kOff));
}

}  // namespace
}  // namespace ringfence::oci
