// tests/golden/check: a folder of files, and what `ringfence check` says about
// them. The section `arguments` is the command line, after `ringfence check`.
// `committed NAME` is the version of a file in the revision HEAD. Every case
// has the small root level of unit/resolve/sample.h beside its own profiles.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cli/child.h"
#include "golden/golden.h"
#include "unit/resolve/sample.h"

namespace ringfence::cli {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "check-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << text;
  }
  [[nodiscard]] ChildResult Run(const std::string& command) const {
    const auto done = RunChild(
        {"/bin/sh", "-c", "cd " + path_.string() + " && " + command}, "");
    EXPECT_TRUE(done.has_value());
    return done.value_or(ChildResult{});
  }
  // The output with this folder's path taken out.
  [[nodiscard]] std::string Plain(std::string text) const {
    const std::string here = path_.string() + "/";
    for (size_t at; (at = text.find(here)) != std::string::npos;) {
      text.erase(at, here.size());
    }
    return text;
  }

 private:
  fs::path path_;
};

class GoldenCheck : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, GoldenCheck,
                         testing::ValuesIn(golden::CasesIn("check")),
                         [](const auto& name) {
                           std::string out = name.param;
                           for (char& c : out) c = c == '-' ? '_' : c;
                           return out;
                         });

TEST_P(GoldenCheck, SaysWhatIsExpected) {
  const golden::Case golden = golden::LoadCase("check", GetParam());
  ASSERT_FALSE(golden.inputs.empty());
  ASSERT_EQ(golden.inputs.front().name, "arguments");
  Folder folder;
  folder.Write("profiles/root.yaml", resolve::kRoot);
  folder.Write("profiles/groups/core.yaml", resolve::kCore);
  constexpr std::string_view kCommitted = "committed ";
  bool committed = false;
  for (const golden::Section& file : golden.inputs) {
    if (!file.name.starts_with(kCommitted)) continue;
    folder.Write(file.name.substr(kCommitted.size()), file.text);
    committed = true;
  }
  if (committed) {
    const auto git = folder.Run(
        "git init -q && git add . && git -c user.name=t -c user.email=t@t "
        "commit -q -m before");
    ASSERT_EQ(git.exit_code, 0) << git.errors;
  }
  for (const golden::Section& file : golden.inputs) {
    if (file.name == "arguments" || file.name.starts_with(kCommitted)) continue;
    folder.Write(file.name, file.text);
  }
  std::string arguments = golden.inputs.front().text;
  std::ranges::replace(arguments, '\n', ' ');
  const auto done =
      folder.Run(BinaryDirectory() + "/bin/ringfence check " + arguments);
  golden::Compare(golden, folder.Plain(done.errors) +
                              folder.Plain(done.output) + "exit code " +
                              std::to_string(done.exit_code) + "\n");
}

}  // namespace
}  // namespace ringfence::cli
