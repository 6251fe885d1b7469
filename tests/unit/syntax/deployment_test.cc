// What of a compose file or of manifests counts, and tests/golden/deployment:
// what is wrong with one.
#include "syntax/deployment.h"

#include <gmock/gmock.h>

#include "golden/golden.h"
#include "syntax/render.h"

namespace ringfence::syntax {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Deployment Read(const std::string& text) {
  Diagnostics diagnostics;
  EXPECT_TRUE(LooksLikeDeployment(text));
  auto deployment = ReadDeployment(text, "f.yaml", diagnostics);
  EXPECT_TRUE(deployment) << Render(diagnostics, {{"f.yaml", text}},
                                    Colour::kOff);
  return deployment.value_or(Deployment{});
}

std::string Shape(const Service& service) {
  std::string text = service.what + " " + service.name.value + " " +
                     (service.level ? service.level->value : "?");
  if (service.tenant) text += "/" + service.tenant->value;
  for (const Label& label : service.selector) {
    text += " " + label.key + "=" + label.value;
  }
  for (const Text& path : service.reads) text += " " + path.value;
  return text;
}

std::vector<std::string> Shapes(const Deployment& deployment) {
  std::vector<std::string> shapes;
  for (const Service& service : deployment.services) {
    shapes.push_back(Shape(service));
  }
  return shapes;
}

std::vector<std::string> LeftOut(const Deployment& deployment) {
  std::vector<std::string> notes;
  for (const Note& note : deployment.not_considered) {
    notes.push_back(note.message);
  }
  return notes;
}

TEST(Compose, LabelsInEitherFormAreLevels) {
  const Deployment compose = Read(
      "services:\n"
      "  a:\n    image: x\n    labels: {ringfence.level: public}\n"
      "    volumes: [\"/srv/a:/a:ro\", \"named:/b\", {type: bind, source: "
      "/srv/c, target: /c}]\n"
      "  b:\n    labels: [ringfence.level=internal, ringfence.tenant=shop]\n"
      "    depends_on: {a: {condition: service_started}}\n"
      "  c:\n    deploy: {labels: {ringfence.level: critical}, replicas: 2}\n"
      "  d: {image: y, depends_on: [a, b]}\n"
      "volumes: {named: }\n");
  EXPECT_EQ(compose.format, Deployment::Format::kCompose);
  EXPECT_THAT(
      Shapes(compose),
      ElementsAre("service a public /srv/a /srv/c", "service b internal/shop",
                  "service c critical", "service d ?"));
  EXPECT_THAT(LeftOut(compose), ElementsAre("`deploy` of c"));
}

TEST(Kubernetes, EveryKindThatMakesPodsIsRead) {
  const Deployment manifests = Read(
      "apiVersion: v1\nkind: Pod\n"
      "metadata: {name: a, labels: {ringfence.level: public}}\n"
      "spec: {nodeSelector: {pool: web}, nodeName: n1}\n"
      "---\n"
      "apiVersion: apps/v1\nkind: Deployment\n"
      "metadata: {name: b, namespace: shop}\n"
      "spec:\n  template:\n    metadata: {annotations: {ringfence.level: "
      "internal, ringfence.tenant: t}}\n"
      "    spec:\n      affinity: {}\n      volumes: [{hostPath: {path: "
      "/srv/b}}]\n"
      "---\n"
      "---\n"
      "apiVersion: v1\nkind: List\nitems:\n"
      "  - {kind: Service, metadata: {name: s}}\n"
      "  - kind: CronJob\n    metadata: {name: c, labels: {ringfence.level: "
      "untrusted}}\n"
      "    spec: {jobTemplate: {spec: {template: {spec: {}}}}}\n"
      "  - {kind: StatefulSet, metadata: {name: d}, spec: {template: {}}}\n"
      "  - {kind: Node, metadata: {name: n1, labels: {pool: web}}}\n");
  EXPECT_THAT(Shapes(manifests),
              ElementsAre("Pod a public pool=web kubernetes.io/hostname=n1",
                          "Deployment shop/b internal/t /srv/b",
                          "CronJob c untrusted", "StatefulSet d ?"));
  EXPECT_THAT(LeftOut(manifests),
              ElementsAre("`affinity` of shop/b", "objects of kind Service"));
  ASSERT_EQ(manifests.nodes.size(), 1u);
  EXPECT_THAT(
      manifests.nodes.front().labels,
      ElementsAre(Label{"pool", "web"}, Label{"kubernetes.io/hostname", "n1"}));
}

TEST(Compose, AliasesAndMergeKeysStandForCopies) {
  const Deployment compose = Read(
      "x-all: &all\n  image: x\n  labels: &labels {ringfence.level: public}\n"
      "x-books: &books {labels: {ringfence.level: critical}, image: y}\n"
      "services:\n"
      "  a: *all\n"
      "  b:\n    <<: *all\n"
      "  c:\n    labels: &own {ringfence.level: internal}\n    <<: *all\n"
      "  d:\n    <<: [*books, *all]\n"
      "  e:\n    labels:\n      <<: *labels\n      ringfence.tenant: shop\n"
      "  f: {labels: *own}\n");
  EXPECT_THAT(Shapes(compose),
              ElementsAre("service a public", "service b public",
                          "service c internal", "service d critical",
                          "service e public/shop", "service f internal"));
}

TEST(Compose, AnAnchorIsOfItsDocumentAlone) {
  Diagnostics diagnostics;
  EXPECT_FALSE(
      ReadDeployment("apiVersion: v1\nkind: Pod\nmetadata: &m {name: a}\n"
                     "---\napiVersion: v1\nkind: Pod\nmetadata: *m\n",
                     "f.yaml", diagnostics));
  ASSERT_EQ(diagnostics.size(), 1u);
}

// Each line doubles what the one before stands for.
TEST(Compose, AnAliasBombIsRefusedBeforeItIsLarge) {
  std::string text = "services: {}\nx0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "x" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            before + ", " + before + "]\n";
  }
  Diagnostics diagnostics;
  EXPECT_FALSE(ReadDeployment(text, "f.yaml", diagnostics));
  EXPECT_THAT(Render(diagnostics, {{"f.yaml", text}}, Colour::kOff),
              testing::HasSubstr("more than 50000 keys and values"));
}

TEST(Compose, AliasesNestNoDeeperThanWhatIsWritten) {
  std::string text = "services: {}\nx0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    text += "x" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" +
            std::to_string(i - 1) + "]\n";
  }
  Diagnostics diagnostics;
  EXPECT_FALSE(ReadDeployment(text, "f.yaml", diagnostics));
  EXPECT_THAT(Render(diagnostics, {{"f.yaml", text}}, Colour::kOff),
              testing::HasSubstr("nested too deeply"));
}

TEST(Deployment, OurOwnLanguageIsNotOne) {
  EXPECT_FALSE(LooksLikeDeployment("kind: Placement\nhosts: [{name: a}]\n"));
  EXPECT_FALSE(LooksLikeDeployment(""));
  EXPECT_FALSE(LooksLikeDeployment("\xff"));
}

class GoldenDeployment : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, GoldenDeployment,
                         testing::ValuesIn(golden::CasesIn("deployment")),
                         [](const auto& name) {
                           std::string out = name.param;
                           for (char& c : out) c = c == '-' ? '_' : c;
                           return out;
                         });

TEST_P(GoldenDeployment, GivesWhatIsExpected) {
  const golden::Case golden = golden::LoadCase("deployment", GetParam());
  ASSERT_EQ(golden.inputs.size(), 1u);
  const golden::Section& input = golden.inputs.front();
  Diagnostics diagnostics;
  EXPECT_FALSE(ReadDeployment(input.text, input.name, diagnostics));
  golden::Compare(
      golden, Render(diagnostics, {{input.name, input.text}}, Colour::kOff));
}

}  // namespace
}  // namespace ringfence::syntax
