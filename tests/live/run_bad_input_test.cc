// Bad input: each gets its exit code, a message that names the place, and
// nothing runs. Every case is a small change of an input that does run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "live/bad_input.h"
#include "paths/paths.h"

namespace ringfence::live {
namespace {

namespace fs = std::filesystem;

TEST_F(BadInput, TheInputThatIsSpoiledBelow_Runs) {
  ExpectRuns("good", RunText(kGood));
}

TEST_F(BadInput, WorkloadFile_IsRefusedAtItsPlace) {
  struct Case {
    const char* name;
    std::string text;
    std::vector<std::string> said;
    int code = kInput;
  };
  const std::string good = kGood;
  std::string bomb = good + "environment: &a {A: '1'}\nlimits: *a\n";
  std::string huge = good;
  while (huge.size() <= 10u << 20) huge += "# a line of no meaning at all\n";
  const std::string open(5000, '[');
  const std::string deep = open.substr(0, 100) + std::string(100, ']');
  const std::vector<Case> cases = {
      {"unknown key", good + "frobnicate: 1\n", {"RF0203", "w.yaml:7:1"}},
      {"misspelt key",
       Changed("command:", "comand:"),
       {"RF0203", "w.yaml:4:1", "command"}},
      {"duplicate key", good + "trust: public\n", {"RF0112", "w.yaml:7:1"}},
      {"wrong type",
       Changed("[/usr/bin/touch, /data/marker/ran]", "touch"),
       {"RF0205", "w.yaml:4:10"}},
      {"no value", Changed("untrusted", ""), {"RF0206", "w.yaml:3:"}},
      {"unknown level",
       Changed("untrusted", "untrustd"),
       {"RF0301", "w.yaml:3:8", "untrusted"}},
      {"missing key",
       Changed("trust: untrusted\n", ""),
       {"RF0204", "w.yaml:", "trust"}},
      {"unknown kind",
       Changed("Workload", "Wokload"),
       {"RF0201", "w.yaml:1:7"}},
      {"another kind",
       "kind: SyscallGroup\nname: w\npurpose: x\ncalls: [read]\n",
       {"w.yaml"}},
      {"bad name",
       Changed("name: touch", "name: Touch!"),
       {"RF0209", "w.yaml:2:7"}},
      {"unknown syscall",
       good + "seccomp: {deny: [no_such_call]}\n",
       {"RF0501", "w.yaml:7:18"}},
      {"call from the command itself",
       good + "seccomp: {deny: [execve]}\n",
       {"RF0513", "w.yaml:7:18"}},
      {"unknown group",
       good + "seccomp: {deny: ['@nothing']}\n",
       {"RF0302", "w.yaml:7:18"}},
      {"above the ceiling",
       Changed("at: /data/marker}", "at: /srv/marker}"),
       {"RF0601", "w.yaml:6:", "untrusted.yaml:"}},
      {"above the limit",
       good + "limits: {processes: 129}\n",
       {"RF0602", "w.yaml:7:21", "untrusted.yaml:"}},
      {"network",
       good + "network: {mode: host}\n",
       {"RF0603", "w.yaml:7:17", "untrusted.yaml:"}},
      {"alias bomb", bomb, {"RF0106", "w.yaml:7:14"}},
      {"10 MiB", huge, {"RF0101", "w.yaml"}},
      {"deep", good + "network: " + deep, {"RF0108", "w.yaml:7:"}},
      {"deep and open", good + "network: " + open, {"w.yaml:7:"}},
      {"NUL byte",
       Changed("touch\n", std::string("to\0uch\n", 7)),
       {"RF0103", "w.yaml:2:"}},
      {"control character",
       Changed("name: touch", "name: to\x1b[31much"),
       {"RF0104", "w.yaml:2:"}},
      {"control character by its name",
       Changed("name: touch", "name: \"to\\e[31m\\x07uch\""),
       {"RF0209", "w.yaml:2:7"}},
      {"control character in a key", good + "\"\\e[2J\": 1\n", {"w.yaml:7:1"}},
      {"control character in a path",
       Changed("./marker", "\"./\\e[31m\\r\""),
       {"w.yaml:6:", "\\x1b[31m\\x0d"},
       kMissing},
      {"control character in a command",
       Changed("/usr/bin/touch", "\"/usr/bin/\\e]0;x\\x07\""),
       {"/usr/bin/\\x1b]0;x\\x07"},
       127},
      {"not UTF-8",
       Changed("name: touch", "name: to\xff\xfeuch"),
       {"RF0102", "w.yaml:2:"}},
      {"tag",
       Changed("name: touch", "name: !!python/object touch"),
       {"RF0107", "w.yaml:2:"}},
      {"not YAML", good + "a: [b\n", {"RF0105", "w.yaml:"}},
      {"binary", std::string("\x89PNG\r\n\x1a\n\0\0\0\r", 12), {"w.yaml:1:"}},
      {"a list", "- kind: Workload\n", {"w.yaml:1:1"}},
      {"two documents", good + "---\n" + good, {"RF0110", "w.yaml:7:"}},
      {"empty", "", {"RF0111", "w.yaml"}},
      {"only a comment", "# nothing\n", {"RF0111", "w.yaml"}},
  };
  for (const Case& one : cases) {
    ExpectRefused(one.name, RunText(one.text), one.code, one.said);
  }
}

TEST_F(BadInput, EveryErrorOfAFileIsReported) {
  const Outcome outcome =
      RunText(Changed("name: touch", "name: Touch!") +
              "frobnicate: 1\nlimits: {processes: many, memory: 1Qi}\n"
              "stop: {signal: SIGNOTHING}\ntime_limit: soon\ntime_limit: 1s\n");
  ExpectRefused("several", outcome, kInput,
                {"RF0209", "w.yaml:2:7", "RF0203", "w.yaml:7:1", "w.yaml:8:21",
                 "w.yaml:8:35", "RF0217", "w.yaml:9:16", "RF0213",
                 "w.yaml:10:13", "RF0112", "w.yaml:11:1"});
}

TEST_F(BadInput, Profile_IsRefusedAtItsPlace) {
  struct Case {
    const char* name;
    const char* file;
    const char* from;
    const char* to;
    std::vector<std::string> said;
  };
  const std::vector<Case> cases = {
      {"unknown syscall",
       "untrusted.yaml",
       "deny: [mlock,",
       "deny: [mlok,",
       {"RF0501", "untrusted.yaml:"}},
      {"unknown group",
       "untrusted.yaml",
       "- \"@ipc\"",
       "- \"@icp\"",
       {"RF0302", "untrusted.yaml:"}},
      {"unknown constant",
       "untrusted.yaml",
       "- FIONREAD",
       "- FIONRAED",
       {"RF0504", "untrusted.yaml:"}},
      {"cycle",
       "critical.yaml",
       "name: critical",
       "name: critical\nextends: untrusted",
       {"RF0303", "critical.yaml:"}},
      {"no parent",
       "public.yaml",
       "extends: internal",
       "extends: intranet",
       {"RF0301", "public.yaml:"}},
      {"looser limit",
       "untrusted.yaml",
       "processes: 128",
       "processes: 100000",
       {"RF0406", "untrusted.yaml:", "public.yaml:"}},
      {"looser network",
       "untrusted.yaml",
       "modes: [none]",
       "modes: [none, host]",
       {"RF0405", "untrusted.yaml:", "internal.yaml:"}},
      {"looser paths",
       "untrusted.yaml",
       "may_write: [/data, /work]",
       "may_write: [/data, /work, /etc]",
       {"RF0404", "untrusted.yaml:"}},
      {"looser calls",
       "untrusted.yaml",
       "- \"@ipc\"",
       "- \"@ipc\"\n    - \"@numa\"",
       {"RF0409", "untrusted.yaml:"}},
      {"looser capabilities",
       "public.yaml",
       "extends: internal",
       "extends: internal\ncapabilities: [CAP_NET_BIND_SERVICE]",
       {"RF0403", "public.yaml:"}},
      {"dangerous call",
       "critical.yaml",
       "- \"@self-confinement\"\n",
       "- \"@self-confinement\"\n    - ptrace\n",
       {"RF0510", "critical.yaml:"}},
      {"name differs",
       "untrusted.yaml",
       "name: untrusted",
       "name: untrust",
       {"RF0305", "untrusted.yaml:"}},
      {"group is not YAML",
       "groups/ipc.yaml",
       "kind:",
       "kind: [",
       {"RF0105", "ipc.yaml:"}},
  };
  const fs::path shipped = SourceDirectory() + "/profiles";
  const std::string folder = home_.Make("profiles");
  const auto lay_out = [&] {
    for (const auto& entry : fs::recursive_directory_iterator(shipped)) {
      if (!entry.is_regular_file()) continue;
      home_.Write("profiles/" + fs::relative(entry.path(), shipped).string(),
                  TextOf(entry.path()));
    }
  };
  for (const Case& one : cases) {
    lay_out();
    home_.Write(std::string("profiles/") + one.file,
                Changed(one.from, one.to, TextOf(shipped / one.file)));
    ExpectRefused(one.name, RunText(kGood, {"--profiles", folder}), kInput,
                  one.said);
  }
  lay_out();
  ExpectRuns("the shipped ones", RunText(kGood, {"--profiles", folder}));
  ExpectRefused("no profiles",
                RunText(kGood, {"--profiles", home_.path() + "/nothing"}),
                kMissing, {home_.path() + "/nothing"});
}

TEST_F(BadInput, WhatIsNotThere_IsNamed) {
  ExpectRefused("read",
                RunText(Changed("  write:",
                                "  read: [{host: ./none, "
                                "at: /work/x}]\n  write:")),
                kMissing, {"w.yaml:6", "/none"});
  ExpectRefused("write", RunText(Changed("./marker", "./none/none")), kMissing,
                {"w.yaml:6", "/none/none"});
  ExpectRefused("command", RunText(Changed("bin/touch", "bin/no-such-thing")),
                127, {"/usr/bin/no-such-thing"});
  ExpectRefused("command that is no program",
                RunText(Changed("bin/touch", "lib/os-release")), 126,
                {"/usr/lib/os-release"});
  ExpectRefused("directory",
                RunText(kGood + std::string("working_directory: /usr/none\n")),
                kMissing, {"/usr/none"});
  ExpectRefused("workload", Run({home_.path() + "/none.yaml"}), kMissing,
                {"/none.yaml"});
  ExpectRefused("status file",
                RunText(kGood, {"--status-file", home_.path() + "/none/s"}),
                kMissing, {"/none/s"});
  ExpectRefused("a program as workload", Run({"/usr/bin/true"}), kInput,
                {"/usr/bin/true is a program", "--trust LEVEL -- COMMAND"});
  ExpectRefused("a script as workload", Run({home_.Write("s", "#!/bin/sh\n")}),
                kInput, {"is a program"});
  ExpectRefused("a directory as workload", Run({marker_}), kInput, {marker_});
}

TEST_F(BadInput, TakenPort_IsNamed) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(socket.get(), raw, size), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
  ASSERT_EQ(::getsockname(socket.get(), raw, &size), 0);
  const std::string port = std::to_string(ntohs(address.sin_port));
  const std::string text = Changed("untrusted", "public") +
                           "network: {mode: listen, listen: "
                           "[{bind: '127.0.0.1:" +
                           port + "', handover: relay}]}\n";
  ExpectRefused("taken", RunText(text), kMissing,
                {"127.0.0.1:" + port, "w.yaml:7"});
  socket.reset();
  ExpectRuns("free", RunText(text));
}

TEST_F(BadInput, WrongUsage_IsRefused) {
  const std::string good = home_.Write("good.yaml", kGood);
  const std::vector<std::vector<std::string>> lines = {
      {},
      {"--no-such-option", good},
      {good, good},
      {"--trust", "untrusted"},
      {"--trust", "untrusted", "--"},
      {"--trust"},
      {"--trust", "untrusted", "--time-limit", "soon", "--", "/usr/bin/true"},
      {"--trust", "untrusted", "--listen", "nowhere", "--", "/usr/bin/true"},
      {"--trust", "no-such-level", "--", "/usr/bin/true"},
      {"--trust", "un\x1b[31mtrusted", "--", "/usr/bin/true"},
      {"--trust", "untrusted", "--name", "\x1b[31m", "--", "/usr/bin/true"},
      {"--trust", "untrusted", "--", "\xff\xfe"},
      {"--\x1b[31m", good},
      {"--status-fd", "99", good},
      {"--status-fd", "-7", good},
      {"--status-fd", "many", good},
  };
  for (const auto& line : lines) {
    std::string name;
    for (const std::string& word : line) name += word + " ";
    ExpectRefused(name, Run(line), kInput, {"ringfence"});
  }
  ExpectRefused("a name that is not there", Run({"\x1b[31m.yaml"}), kMissing,
                {".yaml"});
}

TEST_F(BadInput, ChangedBundle_IsRefused) {
  const std::string file =
      home_.Write("touch.yaml", Changed("./marker", marker_));
  const std::string bundle = Compile(file);
  const std::string good = TextOf(bundle);
  ASSERT_GT(good.size(), 1000u);
  ExpectRuns("good", Run({bundle}));

  std::vector<size_t> offsets = {0, 3, 7, 8, 12, 16, 31, 39, 40, 41, 64};
  for (size_t i = 1; i <= 12; ++i) offsets.push_back(good.size() * i / 13);
  offsets.push_back(good.size() - 1);
  for (const size_t offset : offsets) {
    std::string bad = good;
    bad[offset] = static_cast<char>(bad[offset] ^ 0x10);
    ExpectRefused("byte " + std::to_string(offset),
                  Run({home_.Write("bad.rfb", bad)}), kInput,
                  {offset < 8 ? "bad.rfb" : "bundle"});
  }
  for (const size_t size :
       {size_t{1}, size_t{7}, size_t{8}, size_t{9}, size_t{39}, size_t{40},
        good.size() / 2, good.size() - 1}) {
    ExpectRefused("cut to " + std::to_string(size),
                  Run({home_.Write("bad.rfb", good.substr(0, size))}), kInput,
                  {size < 8 ? "bad.rfb" : "bundle"});
  }
  ExpectRefused("a byte more", Run({home_.Write("bad.rfb", good + 'x')}),
                kInput, {"bundle"});
  ExpectRefused("twice", Run({home_.Write("bad.rfb", good + good)}), kInput,
                {"bundle"});
  std::mt19937 random(20260101);
  for (int round = 0; round < 4; ++round) {
    std::string noise(4096, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    ExpectRefused("noise", Run({home_.Write("bad.rfb", noise)}), kInput,
                  {"bad.rfb"});
    // Behind a magic that is right.
    ExpectRefused("noise in a bundle",
                  Run({home_.Write("bad.rfb", good.substr(0, 8) + noise)}),
                  kInput, {"bundle"});
  }
}

}  // namespace
}  // namespace ringfence::live
