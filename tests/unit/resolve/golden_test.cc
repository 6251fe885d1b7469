// tests/golden/resolve: a workload or level with the files it needs, and what
// it resolves to or the errors it gives. Files that a case does not bring come
// from the small library of sample.h. The first section is what is resolved.
#include "golden/golden.h"

#include "dump.h"
#include "resolve/host.h"
#include "resolve/level.h"
#include "resolve/workload.h"
#include "sample.h"

namespace ringfence::resolve {
namespace {

class GoldenResolve : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, GoldenResolve,
                         testing::ValuesIn(golden::CasesIn("resolve")),
                         [](const auto& name) {
                           std::string out = name.param;
                           for (char& c : out) c = c == '-' ? '_' : c;
                           return out;
                         });

TEST_P(GoldenResolve, GivesWhatIsExpected) {
  const golden::Case golden = golden::LoadCase("resolve", GetParam());
  ASSERT_FALSE(golden.inputs.empty());
  Library library = Library::Small();
  for (const golden::Section& input : golden.inputs) {
    library.Add(input.name, input.text);
  }
  const golden::Section& first = golden.inputs.front();
  syntax::Diagnostics diagnostics;
  std::string actual;
  const auto document = syntax::Parse(first.text, first.name, diagnostics);
  if (document) {
    if (std::holds_alternative<syntax::Workload>(document->content)) {
      const auto out = ResolveWorkload(*document, library.Find(), diagnostics);
      EXPECT_EQ(out.has_value(), diagnostics.empty());
      if (out) actual = Dump(*out);
    } else if (std::holds_alternative<syntax::Host>(document->content)) {
      const auto group =
          [](std::string_view name) -> std::optional<model::HostGid> {
        if (name.starts_with("no-")) return std::nullopt;
        return model::HostGid(7);
      };
      const auto out =
          ResolveHost(*document, library.Find(), group, diagnostics);
      EXPECT_EQ(out.has_value(), diagnostics.empty());
    } else {
      const auto out = ResolveLevel(*document, library.Find(), diagnostics);
      EXPECT_EQ(out.has_value(), diagnostics.empty());
      if (out) {
        actual = Dump(*out) + syntax::Render(out->warnings, library.files(),
                                             syntax::Colour::kOff);
      }
    }
  }
  actual += syntax::Render(diagnostics, library.files(), syntax::Colour::kOff);
  golden::Compare(golden, actual);
}

}  // namespace
}  // namespace ringfence::resolve
