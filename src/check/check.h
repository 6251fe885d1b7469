// Check: every subject against every rule that is about it, and the waivers.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "check/finding.h"
#include "check/rules.h"
#include "check/subject.h"
#include "check/waiver.h"
#include "resolve/gate.h"

namespace ringfence::check {

// That a rule was tried on a subject. The findings, if any, name both.
struct Tried {
  std::string rule;
  std::string subject;
  std::string name;
};

struct Report {
  std::vector<Finding> findings;  // by file, line and rule
  std::vector<Tried> tried;

  // Not waived, and an error.
  [[nodiscard]] size_t Errors() const;
  [[nodiscard]] size_t Warnings() const;
  [[nodiscard]] size_t Waived() const;
  // Of the errors, those that nobody knows the answer to.
  [[nodiscard]] bool Undecided() const;
};

class Checker {
 public:
  // All must outlive it. `canonical` is the canonical path of a subject's
  // file; waivers are matched by it.
  Checker(std::span<const resolve::Gate> gates,
          std::span<const KnownWaiver> waivers, Judge& judge,
          const syntax::Date& today)
      : gates_(gates), waivers_(waivers), judge_(judge), today_(today) {}

  void Add(const Subject& subject, const std::string& canonical);
  // What a comparison with another revision found; empty: nothing.
  void AddLoosening(const Subject& subject, const std::string& canonical,
                    std::vector<Finding> findings);
  // Why a host would refuse it (errors), and which of its limits it would cut
  // (warnings): `host` is its name.
  void AddHost(const Subject& subject, const std::string& canonical,
               const std::string& host, std::vector<Finding> findings);
  [[nodiscard]] Report Finish();

 private:
  void Note(const std::string& rule, const Subject& subject,
            const std::string& canonical, std::vector<Finding> findings);
  const syntax::Waiver* WaiverFor(const std::string& rule,
                                  const std::string& canonical);
  void JudgeWaivers();

  std::span<const resolve::Gate> gates_;
  std::span<const KnownWaiver> waivers_;
  Judge& judge_;
  syntax::Date today_;
  Report report_;
  struct Key {
    std::string rule;
    std::string subject;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, bool> judged_;      // true: with a finding
  std::set<std::string> subjects_;  // canonical
  std::set<std::string> used_gates_;
};

}  // namespace ringfence::check
