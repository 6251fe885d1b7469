#include "syntax/extract.h"

#include "syntax/extract_values.h"
#include "syntax/schema.h"

namespace ringfence::syntax {
namespace {

Spanned<IdSource> IdSourceOf(const Node& node) {
  return WordOf<IdSource>(node, IdSourceWords());
}
Spanned<Denial> DenialOf(const Node& node) {
  return {Sure(ParseDenial(node.text)), node.span};
}

User UserOf(const Node& node) {
  return {Maybe(node, "uid", IdOf), Maybe(node, "gid", IdOf),
          Maybe(node, "ids", IdSourceOf)};
}

template <typename Read>
CgroupLimit CgroupLimitOf(const Node& limits, std::string_view key, Read read) {
  const Node& node = Optional(limits, key);
  if (node.kind == Node::Kind::kScalar) return {read(node), {}};
  return {Maybe(node, "max", read), Maybe(node, "if_available", BoolOf)};
}

Limits LimitsOf(const Node& node) {
  return {Maybe(node, "processes", NumberOf),
          Maybe(node, "open_files", NumberOf),
          CgroupLimitOf(node, "memory", SizeOf),
          CgroupLimitOf(node, "cpu", CpuOf),
          CgroupLimitOf(node, "disk_read", SizeOf),
          CgroupLimitOf(node, "disk_write", SizeOf)};
}

Rule RuleOf(const Node& node) {
  return {TextOf(At(node, "syscall")), ArgumentTests(node, "when"),
          ArgumentTests(node, "unless"), Maybe(node, "answer", DenialOf),
          Maybe(node, "arch", TextOf)};
}

DangerousCall DangerousCallOf(const Node& node) {
  return {TextOf(At(node, "syscall")), TextOf(At(node, "reason")),
          TextOf(At(node, "owner")), DateOf(At(node, "review_by"))};
}

Seccomp SeccompOf(const Node& node) {
  const auto version = [](const Node& n) {
    return Spanned<KernelVersion>{Sure(ParseVersion(n.text)), n.span};
  };
  const Node& answers = Optional(node, "answers");
  std::vector<Answers::WithErrno> with_errno;
  for (const Entry& entry : Optional(answers, "errno").entries) {
    Answers::WithErrno one{{Sure(ParseErrno(entry.key)), entry.key_span}, {}};
    for (const Node& call : entry.value.items)
      one.calls.push_back(TextOf(call));
    with_errno.push_back(std::move(one));
  }
  return {Maybe(node, "kernel_baseline", version),
          Maybe(node, "denied", DenialOf),
          MaybeList(node, "allow", TextOf),
          Each(node, "deny", TextOf),
          Each(node, "rules", RuleOf),
          MaybeList(node, "dangerous", DangerousCallOf),
          {Each(answers, "explain", TextOf), Each(answers, "quiet", TextOf),
           Each(answers, "kill", TextOf), std::move(with_errno)},
          Each(node, "log", TextOf)};
}

// Read and write entries; `create` only exists in the schema of the latter.
Bind BindOf(const Node& node) {
  if (node.kind == Node::Kind::kScalar) return {TextOf(node), {}, {}, {}};
  return {TextOf(At(node, "host")), Maybe(node, "at", TextOf),
          Maybe(node, "create", ModeOf), Maybe(node, "execute", BoolOf)};
}

Scratch ScratchOf(const Node& node) {
  if (node.kind == Node::Kind::kScalar) return {TextOf(node), {}};
  return {TextOf(At(node, "at")), Maybe(node, "size", SizeOf)};
}

Listen ListenOf(const Node& node) {
  const auto handover = [](const Node& n) {
    return WordOf<Handover>(n, HandoverWords());
  };
  return {AddressOf(At(node, "bind")), Maybe(node, "handover", handover),
          Maybe(node, "to", AddressOf), Maybe(node, "proxy_protocol", BoolOf)};
}

}  // namespace

std::vector<ArgumentTest> ArgumentTests(const Node& rule,
                                        std::string_view key) {
  std::vector<ArgumentTest> tests;
  for (const Entry& entry : Optional(rule, key).entries) {
    const Text argument{entry.key, entry.key_span};
    if (entry.value.kind == Node::Kind::kScalar) {
      tests.push_back({argument, ArgumentTest::Op::kEq, {TextOf(entry.value)}});
      continue;
    }
    for (const Entry& test : entry.value.entries) {
      const auto words = ArgumentOpWords();
      const auto at = std::ranges::find(words, test.key);
      Check(at != words.end(), kUnchecked.data());
      const auto op = static_cast<ArgumentTest::Op>(at - words.begin());
      std::vector<Text> values;
      if (test.value.kind == Node::Kind::kScalar) {
        values.push_back(TextOf(test.value));
      } else {
        values = Each(entry.value, test.key, TextOf);
      }
      tests.push_back({argument, op, std::move(values)});
    }
  }
  return tests;
}

TrustLevel ExtractTrustLevel(const Node& root) {
  const auto test = [](const Node& n) {
    return LevelTest{TextOf(At(n, "call")), TextOf(At(n, "expect"))};
  };
  const Node& ceilings = Optional(root, "filesystem");
  return {TextOf(At(root, "name")),
          Maybe(root, "extends", TextOf),
          Maybe(root, "colocate", ColocateOf),
          UserOf(Optional(root, "user")),
          MaybeList(root, "capabilities", TextOf),
          {MaybeList(ceilings, "may_read", TextOf),
           MaybeList(ceilings, "may_write", TextOf),
           MaybeList(ceilings, "may_execute", TextOf)},
          MaybeList(Optional(root, "network"), "modes", ModeWordOf),
          LimitsOf(Optional(root, "limits")),
          MaybeList(Optional(root, "mandatory_access"), "any_of", ModuleOf),
          SeccompOf(Optional(root, "seccomp")),
          Each(root, "tests", test)};
}

SyscallGroup ExtractSyscallGroup(const Node& root) {
  return {TextOf(At(root, "name")), TextOf(At(root, "purpose")),
          Each(root, "syscalls", TextOf)};
}

Workload ExtractWorkload(const Node& root) {
  const auto signal = [](const Node& n) {
    return Spanned<int>{Sure(ParseSignal(n.text)), n.span};
  };
  const Node& filesystem = Optional(root, "filesystem");
  const Node& network = Optional(root, "network");
  const Node& stop = Optional(root, "stop");
  std::vector<Variable> environment;
  for (const Entry& entry : Optional(root, "environment").entries) {
    environment.push_back({{entry.key, entry.key_span}, TextOf(entry.value)});
  }
  return {TextOf(At(root, "name")),
          TextOf(At(root, "trust")),
          Maybe(root, "tenant", TextOf),
          Each(root, "command", TextOf),
          Maybe(root, "working_directory", TextOf),
          {Each(filesystem, "read", BindOf), Each(filesystem, "write", BindOf),
           Each(filesystem, "scratch", ScratchOf),
           Maybe(filesystem, "shm", SizeOf)},
          {Maybe(network, "mode", ModeWordOf),
           MaybeList(network, "listen", ListenOf)},
          LimitsOf(Optional(root, "limits")),
          {Maybe(stop, "signal", signal), Maybe(stop, "grace", DurationOf)},
          Maybe(root, "time_limit", DurationOf),
          std::move(environment),
          Each(Optional(root, "seccomp"), "deny", TextOf),
          UserOf(Optional(root, "user"))};
}

Host ExtractHost(const Node& root) {
  const auto answer = [](const Node& n) {
    return WordOf<ForeignAnswer>(n, ForeignAnswerWords());
  };
  const Node& rules = Optional(root, "may_start");
  std::vector<MayStart> may_start;
  for (const Entry& entry : rules.entries) {
    may_start.push_back(
        {{entry.key, entry.key_span}, Each(rules, entry.key, TextOf)});
  }
  const Node& foreign = Optional(root, "foreign");
  return {Each(root, "accepts", TextOf),
          Maybe(root, "drain", BoolOf),
          std::move(may_start),
          {Maybe(foreign, "containers", answer),
           Maybe(foreign, "services", answer), Each(foreign, "known", TextOf)}};
}

Placement ExtractPlacement(const Node& root) {
  const auto host = [](const Node& n) {
    return PlacedHost{TextOf(At(n, "name")), Each(n, "accepts", TextOf),
                      Each(n, "workloads", TextOf), Maybe(n, "facts", TextOf)};
  };
  return {Each(root, "hosts", host), Each(root, "workloads", TextOf)};
}

}  // namespace ringfence::syntax
