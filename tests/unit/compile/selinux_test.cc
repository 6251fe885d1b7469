#include "compile/selinux.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/selinux_files.h"

namespace ringfence::compile {
namespace {

using Kind = model::ViewEntry::Kind;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Lets socket(2) through for one family, and the named calls.
model::SeccompPolicy Calls(uint64_t family,
                           const std::vector<std::string>& names) {
  model::SeccompPolicy policy{.arch = model::kArchX86_64, .unlisted = {}};
  policy.calls.push_back(
      {.number = 41,
       .name = "socket",
       .clauses = {{{.kind = model::Condition::Kind::kTest,
                     .test = {.arg = 0, .mask = 0xffffffff, .value = family},
                     .of = {}},
                    model::kAllowed,
                    {}}},
       .otherwise = {model::Action::kExplain, 1},
       .source = {"public.yaml", 12, 5}});
  uint32_t number = 1000;
  for (const std::string& name : names) {
    policy.calls.push_back({.number = number++,
                            .name = name,
                            .otherwise = model::kAllowed,
                            .source = {}});
  }
  return policy;
}

std::vector<SelinuxLevel> Chain() {
  return {{.name = "inner",
           .above = {},
           .may_execute = {"/usr", "/srv"},
           .capabilities = {"CAP_NET_BIND_SERVICE"},
           .seccomp = Calls(2, {"bind", "listen", "connect"}),
           .source = {"inner.yaml", 3, 7}},
          {.name = "outer-most",
           .above = {"inner"},
           .may_execute = {"/usr", "/opt/x"},
           .capabilities = {},
           .seccomp = Calls(1, {}),
           .source = {"outer.yaml", 3, 7}}};
}

std::string Text() { return CompileSelinux("levels", Chain()).text; }

TEST(CompileSelinux, GivesEachLevelTypesOfItsOwn) {
  EXPECT_THAT(Text(), AllOf(HasSubstr("(type ringfence_inner_t)"),
                            HasSubstr("(type ringfence_inner_data_t)"),
                            HasSubstr("(type ringfence_outer_most_t)"),
                            HasSubstr("(type ringfence_outer_most_data_t)")));
}

TEST(CompileSelinux, AllowsTheSocketsThatTheFilterAllows) {
  EXPECT_THAT(
      Text(),
      AllOf(HasSubstr("(allow ringfence_inner_t self (tcp_socket (create"),
            HasSubstr("(allow ringfence_inner_t port_type (tcp_socket "
                      "(name_connect)))"),
            Not(HasSubstr("(allow ringfence_inner_t self (vsock_socket")),
            HasSubstr("(allow ringfence_outer_most_t self "
                      "(unix_stream_socket (create"),
            Not(HasSubstr("(allow ringfence_outer_most_t self (tcp_socket"))));
}

TEST(CompileSelinux, ExecutesDataOnlyWhereTheCeilingReachesThere) {
  EXPECT_THAT(Text(),
              AllOf(HasSubstr("(allow ringfence_inner_t ringfence_inner_data_t "
                              "(file (execute execute_no_trans)))"),
                    Not(HasSubstr("(allow ringfence_outer_most_t "
                                  "ringfence_outer_most_data_t (file "
                                  "(execute"))));
}

TEST(CompileSelinux, ForbidsWhatOneLevelMayDoToAnother) {
  EXPECT_THAT(
      Text(),
      AllOf(HasSubstr("(classpermissionset ringfence_reach (process "
                      "(transition"),
            HasSubstr("(classpermissionset ringfence_touch (file (getattr read "
                      "write")));
  for (const std::string level : {"ringfence_inner", "ringfence_outer_most"}) {
    EXPECT_THAT(Text(),
                AllOf(HasSubstr("(typeattributeset " + level +
                                "_others (and ringfence_workload (not " +
                                level + "_t)))"),
                      HasSubstr("(neverallow " + level + "_t " + level +
                                "_others ringfence_reach)"),
                      HasSubstr("(typeattributeset " + level +
                                "_others_data (and ringfence_data (not " +
                                level + "_data_t)))"),
                      HasSubstr("(neverallow " + level + "_t " + level +
                                "_others_data ringfence_touch)")));
  }
}

// The order: what a level may not, no level that extends it may.
TEST(CompileSelinux, BoundsEachLevelByThoseThatItExtends) {
  EXPECT_THAT(
      Text(),
      AllOf(HasSubstr("(typeattributeset ringfence_inner_within "
                      "(ringfence_outer_most_t))"),
            Not(HasSubstr("(typeattributeset ringfence_outer_most_within "
                          "(ringfence_inner_t))")),
            HasSubstr("(classpermissionset ringfence_inner_lacks (vsock_socket "
                      "(create)))"),
            HasSubstr("(neverallow ringfence_inner_within self "
                      "ringfence_inner_lacks)")));
}

TEST(CompileSelinux, KeepsTheCapabilitiesThatTheLevelKeeps) {
  EXPECT_THAT(Text(),
              AllOf(HasSubstr("(allow ringfence_inner_t self (cap_userns "
                              "(net_bind_service)))"),
                    HasSubstr("(classpermissionset ringfence_outer_most_lacks "
                              "(cap_userns (all)))")));
}

TEST(CompileSelinux, KnowsWhoAskedForALine) {
  const SelinuxModule module = CompileSelinux("levels", Chain());
  size_t line = 0;
  size_t begin = 0;
  for (size_t end = 0;
       (end = module.text.find('\n', begin)) != std::string::npos;
       begin = end + 1, ++line) {
    ASSERT_LT(line, module.lines.size());
    const std::string text = module.text.substr(begin, end - begin);
    if (text == "(type ringfence_inner_t)") {
      EXPECT_EQ(module.lines[line].file, "inner.yaml");
    }
    if (text.find("(tcp_socket (create") != std::string::npos &&
        text.starts_with("(allow")) {
      EXPECT_EQ(module.lines[line].line, 12u);
    }
  }
  EXPECT_EQ(line, module.lines.size());
}

TEST(SelinuxPath, HoldsNothingThatMeansSomethingToAnyReader) {
  EXPECT_EQ(SelinuxPath("/srv/a.b"), "/srv/a[.]b(/.*)?");
  EXPECT_EQ(SelinuxPath("/a b\n\"*[\\"),
            "/a[\\x20]b[\\x0a][\\x22][\\x2a][\\x5b][\\x5c](/.*)?");
  EXPECT_EQ(SelinuxPath("/\xff"), "/[\\xff](/.*)?");
  EXPECT_EQ(SelinuxPath("/"), "/.*");
}

TEST(CompileSelinux, LabelsWhatAWorkloadWrites) {
  model::Confinement confinement;
  confinement.name = "ledger";
  confinement.level.name = "critical";
  const SelinuxModule module =
      CompileSelinux(confinement, {{.kind = Kind::kBind,
                                    .at = "/data",
                                    .rights = {.read = true, .write = true},
                                    .host = "/srv/the ledger",
                                    .text = "",
                                    .source = {"ledger.yaml", 5, 3}},
                                   {.kind = Kind::kBind,
                                    .at = "/usr",
                                    .rights = {.read = true},
                                    .host = "/usr",
                                    .text = "",
                                    .source = {}}});
  EXPECT_THAT(module.text,
              HasSubstr("(filecon \"/srv/the[\\x20]ledger(/.*)?\" any "
                        "(system_u object_r ringfence_critical_data_t ((s0) "
                        "(s0))))\n"));
  EXPECT_THAT(module.text, Not(HasSubstr("\"/usr")));
  EXPECT_EQ(module.lines.back().line, 5u);
}

// Where it leads to depends on where the bundle lies.
TEST(CompileSelinux, LeavesARelativePathToPeopleAndSaysSo) {
  model::Confinement confinement;
  confinement.name = "ledger";
  confinement.level.name = "critical";
  const model::ViewEntry relative{.kind = Kind::kBind,
                                  .at = "/data",
                                  .rights = {.read = true, .write = true},
                                  .host = "./da\nta",
                                  .text = "",
                                  .source = {"ledger.yaml", 5, 3}};
  EXPECT_TRUE(IsUnlabelled(relative));
  const SelinuxModule module = CompileSelinux(confinement, {relative});
  EXPECT_THAT(module.text,
              AllOf(HasSubstr("\n; relative, so to be labelled by hand as "
                              "ringfence_critical_data_t: "
                              "[.]/da[\\x0a]ta(/.*)?\n"),
                    Not(HasSubstr("filecon"))));
  EXPECT_EQ(module.lines.back().line, 5u);
  // What is only read keeps its label, and so does what is no file of the host.
  model::ViewEntry read = relative;
  read.rights.write = false;
  EXPECT_FALSE(IsUnlabelled(read));
  model::ViewEntry absolute = relative;
  absolute.host = "/srv/data";
  EXPECT_FALSE(IsUnlabelled(absolute));
}

}  // namespace
}  // namespace ringfence::compile
