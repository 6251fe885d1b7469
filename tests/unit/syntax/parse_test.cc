#include "syntax/parse.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "syntax/render.h"

namespace ringfence::syntax {
namespace {

struct Outcome {
  std::optional<Document> document;
  Diagnostics diagnostics;
};

Outcome Read(std::string_view text) {
  Outcome out;
  out.document = Parse(text, "t.yaml", out.diagnostics);
  EXPECT_EQ(out.document.has_value(), out.diagnostics.empty());
  return out;
}

// The ids of all errors of a text, in the order they were found.
std::vector<Code> Codes(std::string_view text) {
  std::vector<Code> out;
  const Outcome outcome = Read(text);
  for (const Diagnostic& diagnostic : outcome.diagnostics.all()) {
    out.push_back(diagnostic.code);
  }
  return out;
}

using Expected = std::vector<Code>;

constexpr char kGroup[] =
    "kind: SyscallGroup\nname: g\npurpose: p\nsyscalls: [read]\n";
constexpr char kHead[] =
    "kind: Workload\nname: w\ntrust: public\ncommand: [/bin/true]\n";

std::string Workload(const std::string& more) { return kHead + more; }

TEST(Parse, ReadsAGroup) {
  const Outcome out = Read(kGroup);
  ASSERT_TRUE(out.document);
  const auto& group = std::get<SyscallGroup>(out.document->content);
  EXPECT_EQ(group.name, (Text{"g", {"t.yaml", 2, 7, 1}}));
  EXPECT_EQ(group.syscalls,
            (std::vector<Text>{{"read", {"t.yaml", 4, 12, 4}}}));
  EXPECT_EQ(out.document->text, kGroup);
  EXPECT_EQ(out.document->file, "t.yaml");
}

TEST(Parse, ReadsEveryKeyOfAWorkload) {
  const Outcome out = Read(R"(kind: Workload
name: w
trust: public
tenant: shop
command: [/bin/x, "a b", yes, 0700]
working_directory: /srv
filesystem:
  read: [/srv/www, {host: ./c, at: /etc/c, execute: true}]
  write: [{host: d, at: /data, create: "0750"}]
  scratch: [/run/x, {at: /tmp, size: 1Mi}]
  shm: 2Mi
network:
  mode: listen
  listen:
    - {bind: "127.0.0.1:80", handover: relay, to: "127.0.0.1:81", proxy_protocol: true}
limits: {processes: 5, open_files: 6, memory: 7Mi, cpu: {max: 0.5, if_available: false}, disk_read: 8Mi, disk_write: {max: 9Mi, if_available: true}}
stop: {signal: SIGINT, grace: 3s}
time_limit: 1m
environment: {A: b, C: "", D: 0123}
seccomp: {deny: ["@ipc", ptrace]}
user: {uid: 5, gid: 6, ids: single}
)");
  ASSERT_TRUE(out.document);
  const auto& w = std::get<syntax::Workload>(out.document->content);
  EXPECT_EQ(w.tenant->value, "shop");
  ASSERT_EQ(w.command.size(), 4u);
  EXPECT_EQ(w.command[2].value, "yes");
  EXPECT_EQ(w.command[3].value, "0700");
  EXPECT_EQ(w.working_directory->value, "/srv");
  EXPECT_FALSE(w.filesystem.read[0].at);
  EXPECT_EQ(w.filesystem.read[1].at->value, "/etc/c");
  EXPECT_TRUE(w.filesystem.read[1].execute->value);
  EXPECT_EQ(w.filesystem.write[0].create->value, 0750u);
  EXPECT_FALSE(w.filesystem.scratch[0].size);
  EXPECT_EQ(w.filesystem.scratch[1].size->value, 1u << 20);
  EXPECT_EQ(w.filesystem.shm->value, 2u << 20);
  EXPECT_EQ(w.network.mode->value, NetworkMode::kListen);
  const Listen& listen = w.network.listen->items[0];
  EXPECT_EQ(listen.bind.value.port, 80);
  EXPECT_EQ(listen.to->value.port, 81);
  EXPECT_TRUE(listen.proxy_protocol->value);
  EXPECT_EQ(w.limits.processes->value, 5u);
  EXPECT_EQ(w.limits.memory.max->value, 7u << 20);
  EXPECT_FALSE(w.limits.memory.if_available);
  EXPECT_EQ(w.limits.cpu.max->value, 500u);
  EXPECT_FALSE(w.limits.cpu.if_available->value);
  EXPECT_EQ(w.limits.disk_read.max->value, 8u << 20);
  EXPECT_TRUE(w.limits.disk_write.if_available->value);
  EXPECT_EQ(w.stop.signal->value, 2);
  EXPECT_EQ(w.stop.grace->value, 3000u);
  EXPECT_EQ(w.time_limit->value, 60'000u);
  ASSERT_EQ(w.environment.size(), 3u);
  EXPECT_EQ(w.environment[2].value.value, "0123");
  EXPECT_EQ(w.deny[1].value, "ptrace");
  EXPECT_EQ(w.user.uid->value, 5u);
}

TEST(Parse, ReadsEveryKeyOfALevel) {
  const Outcome out = Read(R"yaml(kind: TrustLevel
name: a
extends: b
colocate: same-tenant
user: {uid: 1, gid: 2, ids: subordinate}
capabilities: [CAP_KILL]
filesystem: {may_read: [/usr], may_write: [], may_execute: [/usr]}
network: {modes: [none, connect]}
limits: {memory: {max: 1Gi, if_available: true}, cpu: 2}
mandatory_access: {any_of: [selinux]}
seccomp:
  kernel_baseline: "6.10"
  denied: quiet
  allow: ["@x", read]
  deny: [write]
  rules:
    - {syscall: socket, when: {family: {in: [AF_UNIX, 2]}, type: 1}, answer: kill}
    - {syscall: ioctl, unless: {cmd: {range: [1, -2]}}}
  dangerous:
    - {syscall: ptrace, reason: r, owner: o, review_by: 2027-01-31}
  answers: {quiet: [read], kill: ["@x"], explain: []}
tests:
  - {call: "read()", expect: allow}
)yaml");
  ASSERT_TRUE(out.document);
  const auto& level = std::get<TrustLevel>(out.document->content);
  EXPECT_EQ(level.extends->value, "b");
  EXPECT_EQ(level.colocate->value, Colocate::kSameTenant);
  EXPECT_EQ(level.user.ids->value, IdSource::kSubordinate);
  EXPECT_EQ(level.capabilities->items[0].value, "CAP_KILL");
  EXPECT_TRUE(level.filesystem.may_write->items.empty());
  EXPECT_EQ(level.modes->items[1].value, NetworkMode::kConnect);
  EXPECT_TRUE(level.limits.memory.if_available->value);
  EXPECT_EQ(level.any_of->items[0].value, SecurityModule::kSelinux);
  EXPECT_EQ(level.seccomp.kernel_baseline->value, (KernelVersion{6, 10}));
  EXPECT_EQ(level.seccomp.denied->value.way, Denial::Way::kQuiet);
  EXPECT_EQ(level.seccomp.allow->span, (Span{"t.yaml", 14, 3, 5}));
  const Rule& rule = level.seccomp.rules[0];
  ASSERT_EQ(rule.when.size(), 2u);
  EXPECT_EQ(rule.when[0].op, ArgumentTest::Op::kIn);
  EXPECT_EQ(rule.when[0].values[1].value, "2");
  EXPECT_EQ(rule.when[1].op, ArgumentTest::Op::kEq);
  EXPECT_EQ(rule.answer->value.way, Denial::Way::kKill);
  EXPECT_EQ(level.seccomp.rules[1].unless[0].op, ArgumentTest::Op::kRange);
  EXPECT_EQ(level.seccomp.rules[1].unless[0].values[1].value, "-2");
  EXPECT_EQ(level.seccomp.dangerous->items[0].review_by.value,
            (Date{2027, 1, 31}));
  EXPECT_EQ(level.seccomp.answers.quiet[0].value, "read");
  EXPECT_EQ(level.tests[0].call.value, "read()");
}

TEST(Parse, PlacesQuotedAndNonAsciiValues) {
  const Outcome out = Read(
      "kind: SyscallGroup\nname: g\npurpose: \"\xc3\xa4 b\"\n"
      "syscalls: [ \"@x\", read ]\n");
  ASSERT_TRUE(out.document);
  const auto& group = std::get<SyscallGroup>(out.document->content);
  EXPECT_EQ(group.purpose.span, (Span{"t.yaml", 3, 10, 5}));
  EXPECT_EQ(group.syscalls[0].span, (Span{"t.yaml", 4, 13, 4}));
  EXPECT_EQ(group.syscalls[1].span, (Span{"t.yaml", 4, 19, 4}));
}

TEST(Parse, TakesWindowsLineEnds) {
  EXPECT_EQ(Codes("kind: SyscallGroup\r\nname: g\r\npurpose: p\r\n"
                  "syscalls: [read]\r\n"),
            Expected{});
}

TEST(Parse, ReportsAllErrorsOfAFile) {
  EXPECT_EQ(Codes(Workload("extend: x\n"
                           "limits: {processes: many, open_files: 0}\n"
                           "stop: {signal: SIGFOO, grace: 5}\n"
                           "user: {uid: 0}\n"
                           "user: {uid: 1}\n"
                           "environment: {1A: x}\n")),
            (Expected{Code::kDuplicateKey, Code::kUnknownKey, Code::kBadNumber,
                      Code::kBadNumber, Code::kBadSignal, Code::kBadDuration,
                      Code::kBadId, Code::kBadEnvironment}));
}

TEST(Parse, RefusesAnEmptyFile) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n...\n"}) {
    const auto codes = Codes(text);
    ASSERT_EQ(codes.size(), 1u) << text;
    EXPECT_TRUE(codes[0] == Code::kEmptyFile || codes[0] == Code::kWrongType)
        << text;
  }
}

TEST(Parse, RefusesWhatIsNotAMapping) {
  EXPECT_EQ(Codes("[]"), Expected{Code::kWrongType});
  EXPECT_EQ(Codes("hello"), Expected{Code::kWrongType});
  EXPECT_EQ(Codes("~"), Expected{Code::kWrongType});
  EXPECT_EQ(Codes("a: b"), Expected{Code::kMissingKey});
  EXPECT_EQ(Codes("kind: [a]"), Expected{Code::kWrongType});
}

TEST(Parse, RefusesUnknownKinds) {
  EXPECT_EQ(Codes("kind: workload\n"), Expected{Code::kUnknownKind});
}

TEST(Parse, RefusesNulBytes) {
  std::string text = kGroup;
  text.insert(text.find("purpose"), 1, '\0');
  EXPECT_EQ(Codes(text), Expected{Code::kNulByte});
  EXPECT_EQ(Codes(Workload("environment: {A: \"x\\0y\"}\n")),
            Expected{Code::kNulByte});
  EXPECT_EQ(Codes(Workload("environment: {A: \"x\\x00\"}\n")),
            Expected{Code::kNulByte});
}

TEST(Parse, RefusesTextThatIsNotUtf8) {
  for (const char* bytes : {"\xff", "\xc0\x80", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xe2\x82", "\x80"}) {
    EXPECT_EQ(Codes(std::string("# ") + bytes + "\n" + kGroup),
              Expected{Code::kInvalidUtf8});
  }
}

TEST(Parse, RefusesCharactersThatDeceive) {
  EXPECT_EQ(Codes("# \x1b[2J\n" + std::string(kGroup)),
            Expected{Code::kControlCharacter});
  EXPECT_EQ(Codes("# \xe2\x80\xae\n" + std::string(kGroup)),
            Expected{Code::kControlCharacter});
  EXPECT_EQ(Codes("# a\rb\n" + std::string(kGroup)),
            Expected{Code::kControlCharacter});
  EXPECT_EQ(Codes("\xef\xbb\xbf" + std::string(kGroup)),
            Expected{Code::kControlCharacter});
}

TEST(Parse, RefusesAFileOfTenMebibytes) {
  EXPECT_EQ(Codes(std::string(size_t{10} << 20, 'a')),
            Expected{Code::kFileTooLarge});
}

TEST(Parse, TakesAFileOfExactlyTheLimit) {
  std::string text = kGroup;
  text += "#" + std::string(kMaxFileBytes - text.size() - 2, 'x') + "\n";
  ASSERT_EQ(text.size(), kMaxFileBytes);
  EXPECT_EQ(Codes(text), Expected{});
  text += "\n";
  EXPECT_EQ(Codes(text), Expected{Code::kFileTooLarge});
}

TEST(Parse, RefusesAnAliasBombWithoutExpandingIt) {
  std::string text = "kind: Workload\na0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
            before + ", " + before + "]\n";
  }
  const auto codes = Codes(text);
  EXPECT_EQ(std::ranges::count(codes, Code::kAnchorOrAlias), 30 + 2 * 29);
}

TEST(Parse, RefusesAnchorsAliasesAndMergeKeys) {
  EXPECT_EQ(Codes(Workload("environment: &e {A: b}\n")),
            Expected{Code::kAnchorOrAlias});
  EXPECT_EQ(Codes(Workload("tenant: *nobody\n")),
            Expected{Code::kAnchorOrAlias});
  EXPECT_EQ(Codes(Workload("tenant: &t\n")).front(), Code::kAnchorOrAlias);
  EXPECT_EQ(Codes(Workload("environment: {<<: {A: b}}\n")),
            (Expected{Code::kBadEnvironment, Code::kWrongType}));
}

TEST(Parse, RefusesTags) {
  EXPECT_EQ(Codes(Workload("tenant: !!str x\n")), Expected{Code::kTag});
  EXPECT_EQ(Codes(Workload("tenant: !local x\n")), Expected{Code::kTag});
  EXPECT_EQ(Codes(Workload("tenant: ! x\n")), Expected{Code::kTag});
  EXPECT_EQ(Codes(Workload("environment: !!map {A: b}\n")),
            Expected{Code::kTag});
}

TEST(Parse, RefusesASecondDocument) {
  EXPECT_EQ(Codes(std::string(kGroup) + "---\n" + kGroup),
            Expected{Code::kSeveralDocuments});
  EXPECT_EQ(Codes("---\n" + std::string(kGroup) + "...\n"), Expected{});
}

TEST(Parse, RefusesDepth) {
  const auto nested = [](size_t depth) {
    return Workload("x: " + std::string(depth, '[') + std::string(depth, ']') +
                    "\n");
  };
  EXPECT_EQ(Codes(nested(kMaxDepth - 1)), Expected{Code::kUnknownKey});
  EXPECT_EQ(Codes(nested(kMaxDepth)), Expected{Code::kTooDeep});
  EXPECT_EQ(Codes(nested(100'000)), Expected{Code::kTooDeep});
  std::string block = "kind: Workload\nx:\n";
  for (size_t i = 0; i < 200; ++i) block += std::string(i + 1, ' ') + "a:\n";
  EXPECT_EQ(Codes(block), Expected{Code::kTooDeep});
}

TEST(Parse, RefusesTooManyValues) {
  std::string text = "kind: SyscallGroup\nname: g\npurpose: p\nsyscalls: [";
  for (size_t i = 0; i < kMaxNodes; ++i) text += "a,";
  EXPECT_EQ(Codes(text + "a]\n"), Expected{Code::kTooManyNodes});
}

TEST(Parse, ReportsBadYamlAtItsPlace) {
  const Outcome out = Read("kind: Workload\nname: [a\ntrust: b\n");
  ASSERT_EQ(out.diagnostics.size(), 1u);
  EXPECT_EQ(out.diagnostics.all()[0].code, Code::kYamlSyntax);
  EXPECT_EQ(out.diagnostics.all()[0].span.line, 3u);
  for (const char* text :
       {"a: b: c", "\tx: y", "a: 'b", "a: \"b", "}", "- a\nb: c", "a: |x\n b",
        "%YAML 9.9\n---\na: b\n", "? [a]\n: b\n", "{a: b", "a: \"\\q\""}) {
    EXPECT_EQ(Codes(text).size(), 1u) << text;
  }
}

TEST(Parse, RefusesKeysThatAreNotWords) {
  EXPECT_EQ(Codes("? [a, b]\n: c\n"), Expected{Code::kKeyNotText});
  EXPECT_EQ(Codes("{a: b}: c\n"), Expected{Code::kKeyNotText});
  EXPECT_EQ(Codes(Workload("environment: {~: x}\n")),
            Expected{Code::kKeyNotText});
}

TEST(Parse, RefusesDuplicateKeysAtBothPlaces) {
  const Outcome out = Read(Workload("\"name\": x\n"));
  ASSERT_EQ(out.diagnostics.size(), 1u);
  const Diagnostic& diagnostic = out.diagnostics.all()[0];
  EXPECT_EQ(diagnostic.code, Code::kDuplicateKey);
  EXPECT_EQ(diagnostic.span, (Span{"t.yaml", 5, 1, 6}));
  EXPECT_EQ(diagnostic.notes[0].span, (Span{"t.yaml", 2, 1, 4}));
  EXPECT_EQ(Codes(Workload("environment: {A: x, A: x}\n")),
            Expected{Code::kDuplicateKey});
}

TEST(Parse, TakesOnlyTrueAndFalseForBooleans) {
  const auto with = [](const std::string& word) {
    return Codes(
        Workload("limits: {memory: {max: 1, if_available: " + word + "}}\n"));
  };
  EXPECT_EQ(with("true"), Expected{});
  EXPECT_EQ(with("false"), Expected{});
  for (const char* word : {"yes", "no", "NO", "on", "True", "TRUE", "1", "0",
                           "\"true\"", "'false'", "y"}) {
    EXPECT_EQ(with(word), Expected{Code::kNotABoolean}) << word;
  }
  EXPECT_EQ(with("~"), Expected{Code::kNoValue});
}

TEST(Parse, TellsQuotedFromPlain) {
  const auto create = [](const std::string& mode) {
    return Codes(Workload(
        "filesystem: {write: [{host: a, at: /a, create: " + mode + "}]}\n"));
  };
  EXPECT_EQ(create("\"0700\""), Expected{});
  EXPECT_EQ(create("'0700'"), Expected{});
  EXPECT_EQ(create("0700"), Expected{Code::kWantsQuotes});
  EXPECT_EQ(create("448"), Expected{Code::kBadMode});
  EXPECT_EQ(Codes(Workload("limits: {processes: \"5\"}\n")),
            Expected{Code::kWrongType});
  EXPECT_EQ(Codes(Workload("user: {uid: \"1000\"}\n")),
            Expected{Code::kWrongType});
  EXPECT_EQ(Codes("kind: TrustLevel\nname: a\n"
                  "seccomp: {kernel_baseline: 6.1}\n"),
            Expected{Code::kWantsQuotes});
}

TEST(Parse, RefusesKeysWithoutAValue) {
  for (const char* value : {"", " ~", " null", " NULL"}) {
    EXPECT_EQ(Codes(Workload("tenant:" + std::string(value) + "\n")),
              Expected{Code::kNoValue})
        << value;
  }
  EXPECT_EQ(Codes(Workload("tenant: \"\"\n")), Expected{Code::kBadName});
  EXPECT_EQ(Codes(Workload("tenant: \"null\"\n")), Expected{});
  EXPECT_EQ(Codes(Workload("environment: {A: }\n")), Expected{Code::kNoValue});
  EXPECT_EQ(Codes(Workload("filesystem: {read: [~]}\n")),
            Expected{Code::kNoValue});
}

TEST(Parse, RefusesEmptyListsWhereTheyMeanNothing) {
  EXPECT_EQ(Codes("kind: Workload\nname: w\ntrust: t\ncommand: []\n"),
            Expected{Code::kEmptyValue});
  EXPECT_EQ(Codes("kind: SyscallGroup\nname: g\npurpose: \"\"\n"
                  "syscalls: []\n"),
            (Expected{Code::kEmptyValue, Code::kEmptyValue}));
  EXPECT_EQ(Codes("kind: TrustLevel\nname: a\nseccomp: {rules: [{syscall: "
                  "read, when: {fd: {}}}]}\n"),
            Expected{Code::kEmptyValue});
}

TEST(Parse, RefusesWrongTypes) {
  for (const char* line :
       {"tenant: [a]\n", "tenant: {a: b}\n", "limits: 5\n", "limits: [a]\n",
        "network: host\n", "environment: [A]\n", "filesystem: {read: /srv}\n",
        "filesystem: {read: [[/srv]]}\n", "stop: SIGTERM\n",
        "limits: {memory: [1]}\n", "environment: {A: [b]}\n"}) {
    EXPECT_EQ(Codes(Workload(line)), Expected{Code::kWrongType}) << line;
  }
}

// Every id of the first two hundreds comes up for some text: here are the ones
// that no test above shows.
TEST(Parse, RefusesOtherBadValues) {
  EXPECT_EQ(Codes(Workload("working_directory: srv\n")),
            Expected{Code::kBadPath});
  EXPECT_EQ(Codes(Workload("limits: {cpu: 0}\n")), Expected{Code::kBadCpu});
  EXPECT_EQ(Codes(Workload("limits: {memory: 1GB}\n")),
            Expected{Code::kBadSize});
  EXPECT_EQ(Codes(Workload("network: {listen: [{bind: \"a:1\"}]}\n")),
            Expected{Code::kBadAddress});
  EXPECT_EQ(Codes(Workload("network: {mode: internet}\n")),
            Expected{Code::kUnknownWord});
  EXPECT_EQ(Codes("kind: TrustLevel\nname: a\nseccomp: {dangerous: [{syscall: "
                  "bpf, reason: r, owner: o, review_by: soon}]}\n"),
            Expected{Code::kBadDate});
  EXPECT_EQ(Codes("kind: TrustLevel\nname: a\n"
                  "seccomp: {kernel_baseline: \"six\"}\n"),
            Expected{Code::kBadVersion});
}

// Cuts and single changed bytes of a real file: never a crash, and a document
// only without errors (Read checks that).
TEST(Parse, SurvivesCutsAndChangedBytes) {
  const std::string text = Workload(
      "filesystem: {read: [{host: ./a, at: /b}], shm: 1Mi}\n"
      "environment: {A: \"x\\ty\", B: 'z'}\n");
  for (size_t i = 0; i < text.size(); ++i) {
    Read(text.substr(0, i));
    for (const char c : std::string("\0\n\t :-[]{}&*!|>'\"%@`#,?\xff", 24)) {
      std::string changed = text;
      changed[i] = c;
      Read(changed);
    }
  }
}

}  // namespace
}  // namespace ringfence::syntax
