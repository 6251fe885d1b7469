#include "libseccomp.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "base/check.h"
#include "base/unique_fd.h"

namespace ringfence {
namespace {

using nlohmann::json;

uint32_t ActionOf(const std::string& word, uint32_t error) {
  if (word == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (word == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(error);
  if (word == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (word == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  if (word == "SCMP_ACT_TRAP") return SCMP_ACT_TRAP;
  Check(word == "SCMP_ACT_KILL", "test: an action that no test uses");
  return SCMP_ACT_KILL;
}

scmp_compare OperatorOf(const std::string& word) {
  static constexpr std::array kWords = {
      "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE",       "SCMP_CMP_EQ",
      "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};
  for (size_t i = 0; i < kWords.size(); ++i) {
    if (word == kWords[i]) return static_cast<scmp_compare>(i + 1);
  }
  CheckFailed("test: unknown operator");
}

std::vector<scmp_arg_cmp> ArgumentsOf(const json& rule) {
  std::vector<scmp_arg_cmp> arguments;
  if (!rule.contains("args") || rule["args"].is_null()) return arguments;
  for (const json& argument : rule["args"]) {
    arguments.push_back({argument["index"].get<unsigned>(),
                         OperatorOf(argument["op"]),
                         argument["value"].get<uint64_t>(),
                         argument.value("valueTwo", uint64_t{0})});
  }
  return arguments;
}

void AddAsRunc(LibseccompFilter& filter, uint32_t action, int call,
               const std::vector<scmp_arg_cmp>& arguments) {
  std::set<unsigned> tested;
  for (const scmp_arg_cmp& argument : arguments) tested.insert(argument.arg);
  if (tested.size() == arguments.size()) {
    filter.Add(action, call, arguments);
    return;
  }
  for (const scmp_arg_cmp& argument : arguments) {
    filter.Add(action, call, {argument});
  }
}

}  // namespace

LibseccompFilter::LibseccompFilter(uint32_t default_action, uint32_t optimize)
    : context_(::seccomp_init(default_action)) {
  Check(context_ != nullptr, "test: seccomp_init");
  Check(::seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, optimize) == 0,
        "test: this libseccomp has no such optimisation");
}

LibseccompFilter::~LibseccompFilter() { ::seccomp_release(context_); }

bool LibseccompFilter::Add(uint32_t action, int call,
                           const std::vector<scmp_arg_cmp>& args) {
  return ::seccomp_rule_add_array(context_, action, call,
                                  static_cast<unsigned>(args.size()),
                                  args.data()) == 0;
}

std::vector<bpf::Instruction> LibseccompFilter::Export() const {
  const UniqueFd file(::memfd_create("filter", MFD_CLOEXEC));
  Check(file && ::seccomp_export_bpf(context_, file.get()) == 0,
        "test: seccomp_export_bpf");
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  std::vector<bpf::Instruction> code(static_cast<size_t>(size) /
                                     sizeof(bpf::Instruction));
  Check(::pread(file.get(), code.data(), static_cast<size_t>(size), 0) == size,
        "test: pread");
  return code;
}

std::vector<bpf::Instruction> LibseccompOfProfile(const std::string& text,
                                                  uint32_t optimize) {
  const json profile = json::parse(text);
  const uint32_t otherwise =
      ActionOf(profile["defaultAction"], profile.value("defaultErrnoRet", 1u));
  LibseccompFilter filter(otherwise, optimize);
  for (const json& rule : profile["syscalls"]) {
    if (rule.contains("includes") && !rule["includes"].empty()) {
      const json& arches = rule["includes"].value("arches", json::array());
      if (rule["includes"].contains("caps") ||
          std::find(arches.begin(), arches.end(), "amd64") == arches.end()) {
        continue;
      }
    }
    const uint32_t action =
        ActionOf(rule["action"], rule.value("errnoRet", 1u));
    if (action == otherwise) continue;
    for (const json& name : rule["names"]) {
      const int call =
          ::seccomp_syscall_resolve_name(name.get<std::string>().c_str());
      if (call == __NR_SCMP_ERROR) continue;
      AddAsRunc(filter, action, call, ArgumentsOf(rule));
    }
  }
  return filter.Export();
}

}  // namespace ringfence
