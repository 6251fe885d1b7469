#include "sepol/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "compile/selinux.h"

namespace ringfence::sepol {
namespace {

using compile::CompileSelinux;
using testing::HasSubstr;

std::string Levels() {
  const model::SeccompPolicy nothing{.arch = model::kArchX86_64,
                                     .unlisted = {}};
  return CompileSelinux("levels", {{.name = "inner",
                                    .above = {},
                                    .may_execute = {"/srv"},
                                    .capabilities = {"CAP_CHOWN"},
                                    .seccomp = nothing,
                                    .source = {}},
                                   {.name = "outer",
                                    .above = {"inner"},
                                    .may_execute = {"/usr"},
                                    .capabilities = {},
                                    .seccomp = nothing,
                                    .source = {}}})
      .text;
}

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

TEST(Link, TakesAModuleOfTwoLevels) {
  const auto linked = Link({{"levels.cil", Levels()}}, TinyBase());
  EXPECT_TRUE(linked) << linked.error().why;
}

// Each of these opens a way between two levels, or out of one.
class Planted : public testing::TestWithParam<const char*> {};

TEST_P(Planted, IsFound) {
  const std::string levels = Levels();
  const std::string planted = levels + GetParam() + "\n";
  const auto linked = Link({{"levels.cil", planted}}, TinyBase());
  ASSERT_FALSE(linked);
  EXPECT_THAT(linked.error().why, HasSubstr("neverallow check failed"));
  EXPECT_EQ(linked.error().module, "levels.cil");
  EXPECT_GE(linked.error().line, 1u);
  EXPECT_LE(linked.error().line, Lines(planted));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Planted,
    testing::Values(
        "(allow ringfence_outer_t ringfence_inner_data_t (file (read)))",
        "(allow ringfence_inner_t ringfence_outer_data_t (dir (write)))",
        "(allow ringfence_outer_t ringfence_inner_t (process (ptrace)))",
        "(allow ringfence_inner_t ringfence_outer_t (process (sigkill)))",
        "(allow ringfence_outer_t ringfence_inner_t (fd (use)))",
        "(allow ringfence_outer_t ringfence_inner_t (unix_stream_socket "
        "(connectto)))",
        "(allow ringfence_outer_t unconfined_t (process (transition)))",
        "(allow ringfence_inner_t self (process (setexec)))",
        "(allow ringfence_outer_t self (user_namespace (create)))",
        "(allow ringfence_outer_t self (cap_userns (sys_admin)))",
        "(allow ringfence_outer_t ringfence_outer_data_t (file (execute)))",
        "(allow ringfence_outer_t self (vsock_socket (create)))",
        "(allow ringfence_outer_t self (packet_socket (create)))",
        "(allow ringfence_outer_t ringfence_inner_t (unix_dgram_socket "
        "(sendto)))",
        "(allow ringfence_inner_t ringfence_outer_t (msgq (unix_write)))",
        "(allow ringfence_inner_t ringfence_outer_data_t (fifo_file (open)))",
        // A level of another module.
        "(type foreign_t) (typeattributeset ringfence_workload (foreign_t)) "
        "(allow ringfence_outer_t foreign_t (process (signal)))"));

TEST(Link, NamesTheLineOfWhatItDoesNotUnderstand) {
  const std::string broken =
      "(type good_t)\n(allow good_t no_such_t (file "
      "(read)))\n";
  const auto linked = Link(
      {{"good.cil", "(type other_t)\n"}, {"broken.cil", broken}}, TinyBase());
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().module, "broken.cil");
  EXPECT_EQ(linked.error().line, 2u);
  EXPECT_THAT(linked.error().why, HasSubstr("Failed to resolve"));
}

TEST(Link, NamesTheLineWhereTheTextEnds) {
  const auto linked =
      Link({{"broken.cil", "(type good_t)\n(allow\n"}}, TinyBase());
  ASSERT_FALSE(linked);
  EXPECT_EQ(linked.error().module, "broken.cil");
  EXPECT_GE(linked.error().line, 2u);
}

// What a policy lacks that only some have is left out, not an error.
TEST(Link, LeavesOutWhatThePolicyLacks) {
  EXPECT_TRUE(Link({{"o.cil",
                     "(optional o (typeattributeset domain "
                     "(no_such_t)))\n"}},
                   TinyBase()));
}

// Every path is one that libsepol reads, whatever bytes it is made of.
TEST(Link, TakesEveryPath) {
  std::string path = "/srv/";
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') path += static_cast<char>(byte);
  }
  const std::string text = "(filecon \"" + compile::SelinuxPath(path) +
                           "\" any (system_u object_r ringfence_inner_data_t "
                           "((s0) (s0))))\n";
  const auto linked =
      Link({{"levels.cil", Levels()}, {"paths.cil", text}}, TinyBase());
  EXPECT_TRUE(linked) << linked.error().why;
}

}  // namespace
}  // namespace ringfence::sepol
