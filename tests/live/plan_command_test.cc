// `ringfence plan` on each kind of file, as CI calls it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "live/sandbox.h"

namespace ringfence::live {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Plan : public SandboxTest {
 protected:
  std::string Workload(const std::string& name, const std::string& level,
                       const std::string& more = "") const {
    return home_.Write(name + ".yaml",
                       "kind: Workload\nname: " + name + "\ntrust: " + level +
                           "\ncommand: [/usr/bin/true]\n" + more);
  }
  Outcome Run(const std::string& name, const std::string& text,
              const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {"plan", home_.Write(name, text)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Ringfence(arguments);
  }
};

TEST_F(Plan, OfAPlacementThatHolds) {
  Workload("shop", "public");
  Workload("books", "critical");
  const Outcome outcome =
      Run("p.yaml",
          "kind: Placement\nhosts:\n"
          "  - {name: web-1, accepts: [public], workloads: [shop.yaml]}\n"
          "  - {name: db-1, workloads: [books.yaml]}\n");
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("the plan holds"));
}

TEST_F(Plan, OfAPlacementThatDoesNot) {
  const std::string fonts = "filesystem: {read: [{host: ./f, at: /srv/f}]}\n";
  Workload("shop", "public", fonts);
  Workload("books", "critical", fonts);
  const std::string text =
      "kind: Placement\nhosts:\n"
      "  - {name: web-1, accepts: [public], workloads: [shop.yaml, "
      "books.yaml]}\n";
  const Outcome outcome = Run("p.yaml", text);
  EXPECT_EQ(outcome.end, End(Exited{1})) << outcome;
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr("INCOMPATIBLE: shop (public) and books (critical"),
            HasSubstr("NOT ACCEPTED: web-1 does not take books"),
            HasSubstr("shared between levels"), HasSubstr("one more host:")));
  const Outcome json = Run("p.yaml", text, {"--format", "json"});
  EXPECT_EQ(json.end, End(Exited{1})) << json;
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"holds\": false"),
                              HasSubstr("\"class\": \"level:public\""),
                              HasSubstr("\"on\": \"one more host\"")));
}

TEST_F(Plan, OfAComposeFile) {
  const std::string text =
      "services:\n"
      "  shop: {image: s, labels: {ringfence.level: public}}\n"
      "  search: {image: q, labels: [\"ringfence.level=public\"]}\n";
  EXPECT_EQ(Run("compose.yaml", text).end, End(Exited{0}));
  const Outcome mixed =
      Run("compose.yaml",
          text + "  books: {labels: {ringfence.level: critical}}\n");
  EXPECT_EQ(mixed.end, End(Exited{1})) << mixed;
  EXPECT_THAT(mixed.out, HasSubstr("INCOMPATIBLE: shop (public) and books"));
  const Outcome unlabelled =
      Run("compose.yaml", text + "  other: {image: o}\n");
  EXPECT_EQ(unlabelled.end, End(Exited{1})) << unlabelled;
  EXPECT_THAT(unlabelled.out, HasSubstr("`other` has no label"));
}

TEST_F(Plan, OfManifestsHonoursNodeSelectors) {
  const auto pod = [](const std::string& name, const std::string& level,
                      const std::string& spec) {
    return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
           ", labels: {ringfence.level: " + level + "}}\nspec: {" + spec +
           "}\n---\n";
  };
  const Outcome apart =
      Run("k8s.yaml", pod("a", "public", "nodeSelector: {pool: web}") +
                          pod("b", "untrusted", "nodeSelector: {pool: jobs}"));
  EXPECT_EQ(apart.end, End(Exited{0})) << apart;
  const Outcome meeting =
      Run("k8s.yaml", pod("a", "public", "nodeSelector: {pool: web}") +
                          pod("b", "untrusted", "tolerations: []"));
  EXPECT_EQ(meeting.end, End(Exited{1})) << meeting;
  EXPECT_THAT(meeting.out,
              AllOf(HasSubstr("INCOMPATIBLE"),
                    HasSubstr("not considered: `tolerations` of b"),
                    HasSubstr("nodeSelector ringfence.level: public")));
}

TEST_F(Plan, WithWrongInputSaysWhereAndEndsWith3) {
  Workload("shop", "publik");
  const struct {
    const char* name;
    std::string text;
    const char* said;
  } kWrong[] = {
      {"p.yaml",
       "kind: Placement\nhosts: [{name: a, workloads: [shop.yaml]}]\n",
       "`publik`"},
      {"p.yaml", "kind: Placement\nhosts: [{name: a, accepts: [publik]}]\n",
       "`publik`"},
      {"p.yaml", "kind: Placement\nhosts: [{name: a}, {name: a}]\n",
       "given twice"},
      {"p.yaml",
       "kind: Placement\nhosts: [{name: a, workloads: [gone.yaml]}]\n",
       "gone.yaml"},
      {"c.yaml", "services: {a: {labels: {ringfence.level: publik}}}\n",
       "`publik`"},
      {"c.yaml", "services: {a: {depends_on: [a]}}\n", "depends on itself"},
      {"w.yaml", "kind: Workload\n", "needs the key"},
      {"x.yaml", "a: [\n", "not valid YAML"},
  };
  for (const auto& [name, text, said] : kWrong) {
    const Outcome outcome = Run(name, text);
    EXPECT_EQ(outcome.end, End(Exited{3})) << text << outcome;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(said), HasSubstr("error")));
  }
  EXPECT_EQ(Ringfence({"plan"}).end, End(Exited{2}));
  EXPECT_EQ(Ringfence({"plan", "--format", "xml", "x"}).end, End(Exited{2}));
}

}  // namespace
}  // namespace ringfence::live
