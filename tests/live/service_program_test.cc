// Programs of several languages, unmodified: what they print is right, and
// Ringfence has nothing to say.
#include "live/service.h"

namespace ringfence::live {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class Java : public Levels {};
class Node : public Levels {};
class Python : public Levels {};
class Pipeline : public Levels {};
class Storefront : public Levels {};
class Caddy : public ServiceTest {};

INSTANTIATE_TEST_SUITE_P(At, Storefront,
                         ::testing::Values("internal", "public"), LevelName);
INSTANTIATE_TEST_SUITE_P(At, Java, ::testing::Values("public", "untrusted"),
                         LevelName);
INSTANTIATE_TEST_SUITE_P(At, Node, ::testing::Values("public", "untrusted"),
                         LevelName);
INSTANTIATE_TEST_SUITE_P(At, Python, ::testing::Values("public", "untrusted"),
                         LevelName);
INSTANTIATE_TEST_SUITE_P(At, Pipeline,
                         ::testing::Values("internal", "untrusted"), LevelName);

TEST_P(Java, CollectsCompilesAndSpeaksTls) {
  if (Lacks("/usr/bin/javac")) GTEST_SKIP() << "needs openjdk-17-jdk-headless";
  const Outcome outcome =
      RunExample(Example("java", GetParam()) + "/java.yaml");
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_THAT(outcome.out,
              ContainsRegex("heard 800000 over TLSv1\\.3, [1-9][0-9]* garbage "
                            "collections, [1-9][0-9]* ms of compiling"))
      << outcome;
  ExpectQuiet(outcome);
}

// The memory placement that it asks for is denied, and not worth a word.
TEST_P(Java, DoesWithoutNuma) {
  if (Lacks("/usr/bin/java")) GTEST_SKIP() << "needs openjdk-17";
  const std::string workload = Example("java", GetParam()) + "/java.yaml";
  Replace(workload, "-XX:+UseG1GC, /srv/app/Service.java",
          "-XX:+UseNUMA, -version");
  const Outcome outcome = RunExample(workload);
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  ExpectQuiet(outcome);
}

// The twin of every ExpectQuiet: what no ordinary program tries is reported.
TEST_P(Python, IsReportedWhenItTriesWhatNobodyTries) {
  const std::string workload = Example("python", GetParam()) + "/python.yaml";
  Replace(workload, "[/usr/bin/python3, /work/jobs.py]",
          "[/usr/bin/python3, -c, 'import ctypes; "
          "ctypes.CDLL(None).syscall(323, 0)']");  // userfaultfd
  const Outcome outcome = RunExample(workload);
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_THAT(outcome.err, ContainsRegex("ringfence: .*userfaultfd"));
  EXPECT_THAT(ReadStatus(), HasSubstr("\"denied_calls\":1,"));
}

TEST_P(Node, ServesItselfFromWorkers) {
  if (Lacks("/usr/bin/node")) GTEST_SKIP() << "needs nodejs";
  const Outcome outcome =
      RunExample(Example("node", GetParam()) + "/node.yaml");
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "primes: 2262\n") << outcome;
  ExpectQuiet(outcome);
}

TEST_P(Python, SharesADatabaseBetweenProcesses) {
  const Outcome outcome =
      RunExample(Example("python", GetParam()) + "/python.yaml");
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "100 jobs, total 328350, sha256 863a9b46\n")
      << outcome;
  ExpectQuiet(outcome);
}

TEST_P(Pipeline, CountsWords) {
  const Outcome outcome =
      RunExample(Example("pipeline", GetParam()) + "/pipeline.yaml");
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_EQ(outcome.out, "the 4\nfence 3\nkeeps 3\n18\n") << outcome;
  ExpectQuiet(outcome);
}

TEST_P(Storefront, ServesPagesAndEndsInOrder) {
  if (Lacks("/usr/sbin/nginx")) GTEST_SKIP() << "needs nginx";
  const std::string workload =
      Example("storefront", GetParam()) + "/storefront.yaml";
  const uint16_t port = MovePort(workload, 8080);
  Background server(user_, Line(workload));
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + "/";
  const auto fetch = [&](const std::string& path) {
    return RunAs(user_, {"/usr/bin/curl", "-sS", "--retry", "20",
                         "--retry-all-errors", "--retry-delay", "1", "-o", "-",
                         "-w", "%{http_code}", url + path});
  };
  EXPECT_THAT(fetch("").out, HasSubstr("200")) << server.err();
  EXPECT_THAT(fetch("none").out, HasSubstr("404"));
  EXPECT_EQ(Ringfence({"stop", "storefront"}).end, End(Exited{0}));
  // SIGQUIT, its graceful stop, ends it with 0.
  const Outcome stopped = server.Wait();
  EXPECT_EQ(stopped.end, End(Exited{0})) << stopped;
  ExpectQuiet(stopped);
}

TEST_F(Caddy, ServesPages) {
  if (Lacks("/usr/bin/caddy")) GTEST_SKIP() << "needs caddy";
  const std::string workload = Example("caddy", "public") + "/caddy.yaml";
  const uint16_t port = MovePort(workload, 8081);
  Background server(user_, Line(workload));
  ASSERT_TRUE(server.WaitForLine("serving initial configuration"))
      << server.err();
  const Outcome page =
      RunAs(user_, {"/usr/bin/curl", "-sS", "--retry", "20",
                    "--retry-connrefused", "--retry-delay", "1",
                    "http://127.0.0.1:" + std::to_string(port) + "/"});
  EXPECT_THAT(page.out, HasSubstr("Served by Caddy")) << page;
  EXPECT_EQ(Ringfence({"stop", "caddy"}).end, End(Exited{0}));
  const Outcome stopped = server.Wait();
  EXPECT_EQ(stopped.end, End(Exited{0})) << stopped;
  ExpectQuiet(stopped);
}

// Untrusted code has no way in from the host; its client is in there with it.
TEST_F(Caddy, ServesItselfWhereNothingLeadsIn) {
  if (Lacks("/usr/bin/caddy")) GTEST_SKIP() << "needs caddy";
  const std::string workload = Example("caddy", "untrusted") + "/caddy.yaml";
  Replace(workload,
          "network:\n  mode: listen\n  listen:\n"
          "    - {bind: \"127.0.0.1:8081\", handover: relay}\n",
          "");
  Replace(workload, "[/usr/bin/caddy, run, --config, /etc/caddy/Caddyfile]",
          "[/bin/sh, -c, '/usr/bin/caddy run --config /etc/caddy/Caddyfile & "
          "curl -sS --retry 20 --retry-connrefused --retry-delay 1 "
          "http://127.0.0.1:8081/']");
  const Outcome outcome = RunExample(workload);
  EXPECT_EQ(outcome.end, End(Exited{0})) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("Served by Caddy")) << outcome;
  ExpectQuiet(outcome);
}

}  // namespace
}  // namespace ringfence::live
