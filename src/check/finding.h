// Finding: what is wrong with one file by one rule.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluate/evaluate.h"
#include "prove/outcome.h"
#include "syntax/diagnostic.h"
#include "syntax/document.h"

namespace ringfence::check {

using syntax::Severity;

// A call that shows it. Both answers were replayed.
struct Witness {
  evaluate::SeccompData call;
  prove::Outcome is;      // what the file answers
  prove::Outcome wanted;  // what the rule demands, or the other side answers
};

struct Finding {
  syntax::Code code{};
  Severity severity = Severity::kError;
  std::string rule;     // "restricted/no-new-namespaces"
  std::string subject;  // the file that was judged
  std::string name;     // its level or workload
  std::string message;  // one sentence without a full stop
  syntax::Span at;
  std::string label;
  std::vector<syntax::Note> notes;  // the other places involved
  // The way from the file to the place, where that is in another file.
  std::vector<syntax::Note> inherited;
  std::string help;
  std::string reason;                 // the rule's
  std::vector<std::string> controls;  // that the rule serves
  std::optional<Witness> witness;
  // What tells it from the rule's other findings in the file, whatever lines
  // move: "unshare", "/srv".
  std::string key;
  std::optional<syntax::Waiver> waived;
};

}  // namespace ringfence::check
