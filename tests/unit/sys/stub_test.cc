#include "sys/stub.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "sys/channel.h"
#include "sys/file.h"
#include "sys/stub_image.h"

namespace ringfence::sys {
namespace {

struct Said {
  int status = 0;  // of the process
  std::string text;
};

// Runs the stub with a file that has `label` in it in place of procfs's.
Said RunStub(const std::string& label, const std::string& profile,
             const std::string& program) {
  const UniqueFd stub(::memfd_create("stub", MFD_CLOEXEC));
  const UniqueFd attribute(::memfd_create("attribute", 0));
  EXPECT_TRUE(WriteAll(stub.get(), StubImage()));
  EXPECT_TRUE(PwriteAll(attribute.get(), std::as_bytes(std::span(label)), 0));
  auto pipe = MakePipe();
  EXPECT_TRUE(pipe);
  std::vector<std::string> words = {
      "stub",
      std::to_string(stub::kReport),
      "/proc/self/fd/" + std::to_string(attribute.get()),
      profile,
      program,
      program};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* environment[] = {nullptr};
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe->write.get(), stub::kReport);
    ::fexecve(stub.get(), arguments.data(), environment);
    ::_exit(99);
  }
  pipe->write.reset();
  Said said;
  char buffer[1024];
  ssize_t size = 0;
  while ((size = ::read(pipe->read.get(), buffer, sizeof buffer)) > 0) {
    said.text.append(buffer, static_cast<size_t>(size));
  }
  EXPECT_EQ(::waitpid(child, &said.status, 0), child);
  return said;
}

std::string Checked(const std::string& label) {
  return stub::kChecked + label + '\0';
}

TEST(Stub, ExecutesTheProgramUnderTheLabelThatIsWanted) {
  for (const char* label :
       {"ring (enforce)\n", "ring (enforce)", "a//&ring (enforce)\n",
        "ring//&b (enforce)\n", "a//&ring//&b (enforce)\n"}) {
    const Said said = RunStub(label, "ring", "/bin/true");
    EXPECT_EQ(said.text, Checked(label));
    EXPECT_EQ(said.status, 0) << label;
  }
}

TEST(Stub, ExecutesNothingUnderAnotherLabel) {
  for (const char* label :
       {"unconfined\n", "unconfined (enforce)\n", "ring (complain)\n",
        "ring (mixed)\n", "ring (kill)\n", "ring\n", "", "aring (enforce)\n",
        "ringa (enforce)\n", "a/&ring (enforce)\n", "a&ring (enforce)\n",
        "a//&ringb (enforce)\n", "a (ring (enforce)\n"}) {
    const Said said = RunStub(label, "ring", "/bin/true");
    EXPECT_EQ(said.text, (std::string{stub::kBroken, '\0'})) << label;
    EXPECT_TRUE(WIFEXITED(said.status) && WEXITSTATUS(said.status) == 1);
  }
}

TEST(Stub, SaysWhyTheProgramCannotBeExecuted) {
  const std::string label = "ring (enforce)\n";
  for (const auto& [program, error] :
       {std::pair{"/no/such", ENOENT}, {"/etc/passwd", EACCES}}) {
    const Said said = RunStub(label, "ring", program);
    const char why[] = {sys::stub::kCannotExecute, static_cast<char>(error)};
    EXPECT_EQ(said.text, Checked(label) + std::string(why, sizeof why));
    EXPECT_TRUE(WIFEXITED(said.status) && WEXITSTATUS(said.status) == 1);
  }
}

// It is copied into every labelled sandbox, whose root is a few MiB.
TEST(Stub, IsSmall) {
  EXPECT_GT(StubImage().size(), 0u);
  EXPECT_LT(StubImage().size(), 16u * 1024);
}

}  // namespace
}  // namespace ringfence::sys
