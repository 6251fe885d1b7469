#include "launch/at_once.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bundle/bundle.h"

namespace ringfence::launch {
namespace {

namespace fs = std::filesystem;

class AtOnce : public ::testing::Test {
 protected:
  AtOnce() {
    folder_ = fs::canonical(::mkdtemp(folder_.data()));
    Write("w.rfb", std::string(bundle::kMagic, sizeof bundle::kMagic) + "...");
    Write("w.yaml", "kind: Workload\n");
  }
  ~AtOnce() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }

  static std::optional<Options> Ask(std::vector<std::string> words,
                                    std::vector<std::string> variables = {}) {
    words.insert(words.begin(), "ringfence");
    std::vector<char*> arguments = Pointers(words);
    std::vector<char*> environment = Pointers(variables);
    return launch::AtOnce(static_cast<int>(words.size()), arguments.data(),
                          environment.data());
  }

  static std::vector<char*> Pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  std::string folder_ = "/tmp/ringfence-at-once-XXXXXX";
};

TEST_F(AtOnce, ABundleIsLaunchedFromItsFolder) {
  const auto options = Ask({"run", folder_ + "/w.rfb"}, {"A=B", "TERM=xterm"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->base, folder_);
  EXPECT_EQ(options->terminal_type, "xterm");
  EXPECT_EQ(options->relay, ProgramBeside("ringfence-relay"));
  EXPECT_TRUE(options->arguments.empty());
  EXPECT_TRUE(options->bundle);
  EXPECT_FALSE(options->notify);
  EXPECT_FALSE(options->wait_ms);
  EXPECT_FALSE(options->verbose);
}

TEST_F(AtOnce, ALinkToABundleLeadsToTheFolderOfTheBundle) {
  fs::create_directory(folder_ + "/other");
  fs::create_symlink(folder_ + "/w.rfb", folder_ + "/other/link");
  const auto options = Ask({"run", folder_ + "/other/link"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->base, folder_);
}

TEST_F(AtOnce, WhatIsBehindTheDashesIsTheWorkloads) {
  const auto options = Ask({"run", folder_ + "/w.rfb", "--", "-v", "--"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->arguments, (std::vector<std::string>{"-v", "--"}));
}

TEST_F(AtOnce, EverythingElseIsHandedOver) {
  const std::string bundle = folder_ + "/w.rfb";
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{},
        {"run"},
        {"ps"},
        {"--help"},
        {"stop", bundle},
        {"run", "-v", bundle},
        {"run", bundle, "-v"},
        {"run", bundle, "--wait"},
        {"run", bundle, bundle},
        {"run", "--", bundle},
        {"run", ""},
        {"run", folder_ + "/w.yaml"},
        {"run", folder_},
        {"run", folder_ + "/nothing"}}) {
    EXPECT_FALSE(Ask(words)) << testing::PrintToString(words);
  }
}

// Readiness is passed on by ringfence-cli, which finds the socket.
TEST_F(AtOnce, AServiceManagerIsAnsweredTheLongWay) {
  EXPECT_FALSE(Ask({"run", folder_ + "/w.rfb"}, {"NOTIFY_SOCKET=/run/n"}));
}

}  // namespace
}  // namespace ringfence::launch
