#include "prove/subject.h"

#include <linux/seccomp.h>

#include <memory>
#include <utility>

#include "prove/reduce.h"

namespace ringfence::prove {
namespace {

using evaluate::SeccompData;

constexpr Outcome kAllowed{SECCOMP_RET_ALLOW};
constexpr Outcome kNotified{SECCOMP_RET_USER_NOTIF};
constexpr Outcome kKilled{SECCOMP_RET_KILL_PROCESS};

// `outcome` with the notification that a supervisor answers by an errno.
Outcome Answered(Outcome outcome, const Filter& filter, uint32_t number) {
  if (outcome != kNotified) return outcome;
  const auto errno_of = filter.explained.find(number);
  if (errno_of == filter.explained.end()) return outcome;
  return OutcomeOf(SECCOMP_RET_ERRNO | errno_of->second);
}

std::expected<NodeId, Stop> ReduceFilter(Decisions& all, const Box& box,
                                         const Filter& filter) {
  // Different errnos may only stand in different boxes.
  if (!box.number.IsOne()) {
    const auto next = filter.explained.lower_bound(box.number.first);
    if (next != filter.explained.end() && next->first <= box.number.last) {
      const uint32_t at =
          next->first == box.number.first ? box.number.first + 1 : next->first;
      return std::unexpected(Cut{false, at});
    }
  }
  auto node = ReduceProgram(all, filter.code, box);
  if (!node) return node;
  return all.Replace(*node, kNotified,
                     Answered(kNotified, filter, box.number.first));
}

std::expected<Outcome, Undecided> ReplayFilter(const SeccompData& data,
                                               const Filter& filter) {
  const auto raw = evaluate::Evaluate(filter.code, data);
  if (!raw) return std::unexpected(Undecided{raw.error().why});
  return Answered(OutcomeOf(*raw), filter, data.nr);
}

// What stands in `by_arch` for the box; nullptr: nothing does.
template <typename Value>
std::expected<const Value*, Stop> ForArch(
    const std::map<uint32_t, Value>& by_arch, const Interval& arch) {
  const auto at = by_arch.lower_bound(arch.first);
  if (at == by_arch.end() || at->first > arch.last) return nullptr;
  if (arch.IsOne()) return &at->second;
  return std::unexpected(
      Cut{true, at->first == arch.first ? arch.first + 1 : at->first});
}

}  // namespace

std::pair<Box, Box> CutBox(const Box& box, const Cut& cut) {
  Box below = box;
  Box above = box;
  Interval Box::* side = cut.arch ? &Box::arch : &Box::number;
  (below.*side).last = cut.at - 1;
  (above.*side).first = cut.at;
  return {below, above};
}

class Subject::Stacked : public What {
 public:
  explicit Stacked(std::vector<Filter> filters)
      : filters_(std::move(filters)) {}

  std::expected<NodeId, Stop> Reduce(Decisions& all,
                                     const Box& box) const override {
    NodeId strictest = all.Leaf(kAllowed);
    for (const Filter& filter : filters_) {
      const auto node = ReduceFilter(all, box, filter);
      if (!node) return node;
      strictest = all.Strictest(strictest, *node);
    }
    return strictest;
  }

  std::expected<Outcome, Undecided> Replay(
      const SeccompData& data) const override {
    Outcome strictest = kAllowed;
    for (const Filter& filter : filters_) {
      const auto outcome = ReplayFilter(data, filter);
      if (!outcome) return outcome;
      if (IsStricter(*outcome, strictest)) strictest = *outcome;
    }
    return strictest;
  }

 private:
  std::vector<Filter> filters_;
};

class Subject::ByArch : public What {
 public:
  explicit ByArch(std::map<uint32_t, Filter> filters)
      : filters_(std::move(filters)) {}

  std::expected<NodeId, Stop> Reduce(Decisions& all,
                                     const Box& box) const override {
    const auto filter = ForArch(filters_, box.arch);
    if (!filter) return std::unexpected(filter.error());
    if (*filter == nullptr) return all.Leaf(kKilled);
    return ReduceFilter(all, box, **filter);
  }

  std::expected<Outcome, Undecided> Replay(
      const SeccompData& data) const override {
    const auto filter = filters_.find(data.arch);
    if (filter == filters_.end()) return kKilled;
    return ReplayFilter(data, filter->second);
  }

 private:
  std::map<uint32_t, Filter> filters_;
};

class Subject::Known : public What {
 public:
  using Policies = std::map<uint32_t, const model::SeccompPolicy*>;
  Known(Policies policies, Reading reading)
      : policies_(std::move(policies)), reading_(reading) {}

  std::expected<NodeId, Stop> Reduce(Decisions& all,
                                     const Box& box) const override {
    const auto policy = ForArch(policies_, box.arch);
    if (!policy) return std::unexpected(policy.error());
    if (*policy == nullptr) return all.Leaf(kKilled);
    return ReducePolicy(all, ***policy, reading_, box.number);
  }

  std::expected<Outcome, Undecided> Replay(
      const SeccompData& data) const override {
    const auto policy = policies_.find(data.arch);
    if (policy == policies_.end()) return kKilled;
    const model::Call call{
        .number = data.nr, .arch = data.arch, .args = data.args};
    return OutcomeOf(model::Meaning(*policy->second, call), reading_);
  }

 private:
  Policies policies_;
  Reading reading_;
};

class Subject::Rest : public What {
 public:
  Rest(uint32_t arch, const model::CallPolicy& call)
      : policy_{.arch = arch, .calls = {call}, .unlisted = model::kAllowed} {}

  std::expected<NodeId, Stop> Reduce(Decisions& all,
                                     const Box& box) const override {
    if (box.arch.Has(policy_.arch) && !box.arch.IsOne()) {
      const uint32_t arch = policy_.arch;
      return std::unexpected(
          Cut{true, arch == box.arch.first ? arch + 1 : arch});
    }
    const model::CallPolicy& call = policy_.calls.front();
    if (!box.arch.Has(policy_.arch) || !box.number.Has(call.number)) {
      return all.Leaf(kAllowed);
    }
    const auto node = ReducePolicy(all, policy_, Reading::kSeen, box.number);
    if (!node) return node;
    return all.Replace(*node, Outcome{SECCOMP_RET_KILL_PROCESS}, kLeastStrict);
  }

  std::expected<Outcome, Undecided> Replay(
      const SeccompData& data) const override {
    const model::CallPolicy& call = policy_.calls.front();
    const bool never = data.arch == policy_.arch && data.nr == call.number &&
                       model::FindClause(call, data.args) != nullptr;
    return never ? kLeastStrict : kAllowed;
  }

 private:
  // Of those that do not make the call.
  static constexpr Outcome kLeastStrict{SECCOMP_RET_TRACE};

  model::SeccompPolicy policy_;
};

Subject Subject::Stack(std::vector<Filter> filters) {
  return Subject(std::make_shared<Stacked>(std::move(filters)));
}

Subject Subject::One(std::span<const bpf::Instruction> code) {
  return Stack({Filter{code, {}}});
}

Subject Subject::PerArch(std::map<uint32_t, Filter> filters) {
  return Subject(std::make_shared<ByArch>(std::move(filters)));
}

Subject Subject::Policies(const std::vector<model::SeccompPolicy>& policies,
                          Reading reading) {
  Known::Policies by_arch;
  for (const auto& policy : policies) by_arch[policy.arch] = &policy;
  return Subject(std::make_shared<Known>(std::move(by_arch), reading));
}

Subject Subject::Policy(const model::SeccompPolicy& policy, Reading reading) {
  return Subject(std::make_shared<Known>(
      Known::Policies{{policy.arch, &policy}}, reading));
}

Subject Subject::AllBut(uint32_t arch, uint32_t number, model::Condition when) {
  return Subject(std::make_shared<Rest>(
      arch,
      model::CallPolicy{.number = number,
                        .clauses = {{std::move(when), model::kKilled, {}}},
                        .otherwise = model::kAllowed}));
}

}  // namespace ringfence::prove
