#include "cli/filter_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cli/call_text.h"
#include "evaluate/cost.h"
#include "evaluate/disassemble.h"
#include "syntax/render.h"

namespace ringfence::cli {
namespace {

// Where each clause of a call comes from, each line once.
std::string ClauseLines(const model::CallPolicy& call) {
  std::string text;
  std::set<std::string> seen;
  for (const model::Clause& clause : call.clauses) {
    const std::string place = DeciderText(clause.source);
    if (!seen.insert(place).second) continue;
    text += (text.empty() ? "" : ", ") + place;
  }
  return text;
}

}  // namespace

std::string RawFilter(const bpf::Program& program) {
  std::string raw;
  for (const bpf::Instruction& i : program.code()) {
    raw.append(reinterpret_cast<const char*>(&i), sizeof i);
  }
  return raw;
}

std::string FilterText(const model::SeccompPolicy& policy,
                       const bpf::Program& program) {
  const auto name = [&](uint32_t number) {
    const model::CallPolicy* call = model::Find(policy, number);
    return call != nullptr ? call->name : std::string();
  };
  std::map<size_t, std::string> remarks;
  for (const model::CallPolicy& call : policy.calls) {
    const auto load =
        evaluate::FirstArgumentLoad(program.code(), policy.arch, call.number);
    if (!load) continue;
    std::string& remark = remarks[*load];
    remark +=
        (remark.empty() ? "" : "; ") + call.name + ": " + ClauseLines(call);
  }
  return fmt::format("# {}: {} instructions\n", ArchName(program.arch()),
                     program.code().size()) +
         evaluate::Disassemble(program.code(), name, remarks);
}

std::string CostText(const model::SeccompPolicy& policy,
                     const bpf::Program& program) {
  std::string lines;
  size_t cached = 0;
  size_t allowed = 0;
  size_t longest = 0;
  for (const model::CallPolicy& call : policy.calls) {
    const evaluate::CallCost cost =
        evaluate::CostOf(program.code(), policy.arch, call.number);
    cached += cost.is_cached;
    allowed += MayPass(call);
    longest = std::max(longest, cost.longest);
    lines +=
        fmt::format("  {:24} {:>4}  {}\n",
                    call.name.empty() ? std::to_string(call.number) : call.name,
                    cost.longest, cost.is_cached ? "bitmap" : "");
  }
  return fmt::format(
      "{}: {} instructions, at most {} run for one call\n"
      "{} of {} calls that may pass are in the kernel's bitmap of constant "
      "allows (Linux 5.11 and newer) and run none\n\n"
      "  call                    most\n{}",
      ArchName(program.arch()), program.code().size(), longest, cached, allowed,
      lines);
}

std::string DeciderText(const model::Source& source) {
  if (source.line == 0) return "decided by Ringfence";
  return syntax::Escape(source.file) + ":" + std::to_string(source.line);
}

}  // namespace ringfence::cli
