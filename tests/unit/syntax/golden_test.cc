// tests/golden/parse: a text and the errors it gives, as people see them.
#include "golden/golden.h"

#include "syntax/parse.h"
#include "syntax/render.h"

namespace ringfence::syntax {
namespace {

class GoldenParse : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, GoldenParse,
                         testing::ValuesIn(golden::CasesIn("parse")),
                         [](const auto& name) {
                           std::string out = name.param;
                           for (char& c : out) c = c == '-' ? '_' : c;
                           return out;
                         });

TEST_P(GoldenParse, GivesWhatIsExpected) {
  const golden::Case golden = golden::LoadCase("parse", GetParam());
  ASSERT_EQ(golden.inputs.size(), 1u);
  const golden::Section& input = golden.inputs.front();
  Diagnostics diagnostics;
  const auto document = Parse(input.text, input.name, diagnostics);
  std::string actual =
      Render(diagnostics, {{input.name, input.text}}, Colour::kOff);
  if (document) actual += "no errors\n";
  golden::Compare(golden, actual);
}

}  // namespace
}  // namespace ringfence::syntax
