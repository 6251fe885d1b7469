// PostgreSQL and Redis, unmodified, with their own clients.
#include <filesystem>

#include "live/service.h"
#include "live/service_manager.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kPassword[] = "correct-horse";

class PostgreSql : public Levels {
 protected:
  Outcome Psql(uint16_t port, const std::string& commands,
               const std::string& password = kPassword) const {
    return RunAs(
        user_,
        {"/usr/bin/psql", "-h", "127.0.0.1", "-p", std::to_string(port), "-U",
         "postgres", "-v", "ON_ERROR_STOP=1", "-At", "-c", commands},
        {.environment = {{"PGPASSWORD", password}}});
  }
};

INSTANTIATE_TEST_SUITE_P(At, PostgreSql,
                         ::testing::Values("critical", "internal"), LevelName);

TEST_P(PostgreSql, KeepsWhatItWasToldAfterAStop) {
  if (Lacks("/usr/lib/postgresql/15/bin/initdb") || Lacks("/usr/bin/psql")) {
    GTEST_SKIP() << "needs postgresql-15";
  }
  const std::string folder = Example("postgresql", GetParam());
  home_.Write("postgresql/password", kPassword, 0600);
  const std::string workload = folder + "/postgresql.yaml";
  const uint16_t port = MovePort(workload, 5432);

  const Outcome made = RunExample(folder + "/initdb.yaml");
  ASSERT_EQ(made.end, End(Exited{0})) << made;
  ExpectQuiet(made);
  // `create: "0700"` made the folder; PostgreSQL refuses a wider one.
  EXPECT_EQ(fs::status(folder + "/data").permissions(), fs::perms::owner_all);

  {
    Background server(user_, Line(workload));
    ASSERT_TRUE(server.WaitForLine("ready to accept")) << server.err();
    const Outcome wrote =
        Psql(port,
             "CREATE TABLE posts (id integer PRIMARY KEY, wood text);"
             "INSERT INTO posts SELECT n, 'oak ' || n FROM "
             "generate_series(1, 20000) AS n; ANALYZE posts");
    EXPECT_EQ(wrote.end, End(Exited{0})) << wrote;
    // Workers that share memory in /dev/shm.
    const Outcome summed =
        Psql(port,
             "SET max_parallel_workers_per_gather = 2;"
             "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;"
             "SET min_parallel_table_scan_size = 0;"
             "EXPLAIN (ANALYZE, COSTS OFF) SELECT sum(id) FROM posts;"
             "SELECT sum(id) FROM posts");
    EXPECT_THAT(summed.out,
                AllOf(HasSubstr("Workers Launched: 2"), HasSubstr("200010000")))
        << summed;
    // The relay's address is not one that is trusted.
    const Outcome stranger = Psql(port, "SELECT 1", "wrong");
    EXPECT_EQ(stranger.end, End(Exited{2}));
    EXPECT_THAT(stranger.err, HasSubstr("password authentication failed"));

    const Outcome stop = Ringfence({"stop", "postgresql"});
    EXPECT_EQ(stop.end, End(Exited{0})) << stop;
    const Outcome stopped = server.Wait();
    EXPECT_EQ(stopped.end, End(Exited{0})) << stopped;
    // SIGINT is PostgreSQL's fast shutdown.
    EXPECT_THAT(stopped.err, AllOf(HasSubstr("received fast shutdown request"),
                                   HasSubstr("database system is shut down")));
    ExpectQuiet(stopped);
  }
  // Debian's PostgreSQL tells a service manager when it is ready.
  const std::string socket = home_.path() + "/manager";
  const ServiceManager manager(socket, user_);
  Background server(user_, Line(workload),
                    {.environment = {{"NOTIFY_SOCKET", socket}}});
  std::string heard;
  while (heard.find("READY=1") == std::string::npos) {
    const std::string text = manager.Next().text;
    ASSERT_NE(text, "") << heard << server.err();
    heard += text;
  }
  const Outcome read = Psql(port, "SELECT count(*), max(wood) FROM posts");
  EXPECT_EQ(read.out, "20000|oak 9999\n") << read;
  server.Signal(SIGTERM);
  const Outcome stopped = server.Wait();
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("database system was shut down at"),
                                 Not(HasSubstr("was not properly shut down"))));
  ExpectQuiet(stopped);
}

class Redis : public Levels {
 protected:
  Outcome Cli(uint16_t port, std::vector<std::string> command,
              const std::string& password = "change-me") const {
    command.insert(command.begin(),
                   {"/usr/bin/redis-cli", "-p", std::to_string(port),
                    "--no-auth-warning", "-a", password});
    return RunAs(user_, command);
  }
};

INSTANTIATE_TEST_SUITE_P(At, Redis, ::testing::Values("internal", "public"),
                         LevelName);

TEST_P(Redis, LoadsTheSnapshotThatItSaved) {
  if (Lacks("/usr/bin/redis-server") || Lacks("/usr/bin/redis-cli")) {
    GTEST_SKIP() << "needs redis-server";
  }
  const std::string folder = Example("redis", GetParam());
  const std::string workload = folder + "/redis.yaml";
  const uint16_t port = MovePort(workload, 6379);
  {
    Background server(user_, Line(workload));
    // Redis logs to standard output.
    ASSERT_TRUE(server.WaitForLine("Ready to accept")) << server.out();
    EXPECT_EQ(Cli(port, {"SET", "gate", "shut"}).out, "OK\n");
    EXPECT_EQ(Cli(port, {"GET", "gate"}).out, "shut\n");
    EXPECT_THAT(Cli(port, {"GET", "gate"}, "wrong").out,
                Not(HasSubstr("shut")));
    EXPECT_EQ(Cli(port, {"BGSAVE"}).out, "Background saving started\n");
    ASSERT_TRUE(server.WaitForLine("Background saving terminated"));
    EXPECT_TRUE(fs::exists(folder + "/data/dump.rdb"));
    EXPECT_EQ(Ringfence({"stop", "redis"}).end, End(Exited{0}));
    const Outcome stopped = server.Wait();
    EXPECT_EQ(stopped.end, End(Exited{0})) << stopped;
    EXPECT_THAT(stopped.out, HasSubstr("Background saving terminated with "
                                       "success"));
    ExpectQuiet(stopped);
  }
  Background server(user_, Line(workload));
  ASSERT_TRUE(server.WaitForLine("Ready to accept")) << server.out();
  EXPECT_EQ(Cli(port, {"GET", "gate"}).out, "shut\n");
  server.Signal(SIGTERM);
  ExpectQuiet(server.Wait());
}

}  // namespace
}  // namespace ringfence::live
