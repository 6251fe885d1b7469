// Judge: the rules of gates, applied to one level or workload.
//
//   Judge judge(find_ceiling);
//   for (const Finding& finding : judge.Apply(rule, subject, today)) ...
//
// Claims about system calls are proved, for all architectures, numbers and
// arguments, and a finding has a call as witness. The same question about the
// same policies is proved once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "check/finding.h"
#include "check/subject.h"
#include "prove/claims.h"
#include "resolve/gate.h"
#include "syntax/document.h"

namespace ringfence::check {

// True where the gate is about the subject's level.
[[nodiscard]] bool AppliesTo(const resolve::Gate& gate, const Subject& subject);

class Judge {
 public:
  // A level by name, as a subject, which must outlive the Judge; null: it
  // cannot be resolved. It is asked for the levels that gates name in
  // `at_most`, and for those that a subject extends.
  using FindLevel = std::function<const Subject*(std::string_view name)>;
  explicit Judge(FindLevel find_level, unsigned work = prove::Solver::kWork)
      : find_level_(std::move(find_level)), work_(work) {}

  // Called with every prover before it is asked: prove::Prover::OnQuestion.
  void OnProver(std::function<void(prove::Prover&)> listener) {
    listener_ = std::move(listener);
  }

  // Empty: the rule holds. kNotDecided: nobody knows. The rule must outlive
  // the Judge.
  [[nodiscard]] std::vector<Finding> Apply(const resolve::GateRule& rule,
                                           const Subject& subject,
                                           const syntax::Date& today);
  // The level's own tests.
  [[nodiscard]] std::vector<Finding> Tests(const Subject& subject) const;

 private:
  // What several subjects have in common, and the prover that knows it.
  struct Policies {
    Policies(std::vector<model::SeccompPolicy> all, unsigned work)
        : of(std::move(all)), prover(work) {}
    std::vector<model::SeccompPolicy> of;
    prove::Prover prover;
  };
  // How the subject comes by what the file at `place` says.
  [[nodiscard]] std::vector<syntax::Note> WayTo(const Subject& subject,
                                                const syntax::Span& place);
  // Whose policies give the same answers gets the same judgement.
  Policies& Known(const std::vector<model::SeccompPolicy>& policies);
  const prove::Judgement& Never(Policies& policies,
                                const resolve::NeverAllowed& call);
  const prove::Judgement& Inside(Policies& policies, const Subject& level);

  std::vector<Finding> NeverAllows(const resolve::Never& never,
                                   const Subject& subject);
  std::vector<Finding> AtMost(const resolve::AtMost& at_most,
                              const Subject& subject);

  FindLevel find_level_;
  unsigned work_;  // of Z3, for one question
  std::function<void(prove::Prover&)> listener_;
  std::deque<Policies> policies_;
  std::map<std::pair<const Policies*, const void*>, prove::Judgement> proved_;
};

// One function a claim that needs no proof.
[[nodiscard]] std::vector<Finding> Required(
    const resolve::Requirements& requirements, const Subject& subject);
[[nodiscard]] std::vector<Finding> MustAllow(const resolve::MustAllow& must,
                                             const Subject& subject);
[[nodiscard]] std::vector<Finding> MaxAge(const resolve::MaxAge& max_age,
                                          const Subject& subject,
                                          const syntax::Date& today);

}  // namespace ringfence::check
