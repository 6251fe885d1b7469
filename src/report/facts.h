// Facts: what a report is made of, gathered by whoever calls.
//
// Plain values, in the words of the files they come from. A text may hold
// anything; MakeReport makes it harmless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ringfence::report {

// How a claim ended.
enum class Verdict : uint8_t { kHolds, kFails, kUndecided };

struct Place {
  std::string file;
  uint32_t line = 0;  // from 1; 0: no line
};

// Something with one value: "may read", "/usr /etc".
struct Property {
  std::string name;
  std::string value;
};

// Calls that one entry of a profile allows, whatever their arguments are.
struct CallGroup {
  std::string entry;  // as written: "@file-io", "futex"
  Place at;
  std::vector<std::string> calls;
};

// A call that is allowed for some arguments.
struct CallRule {
  std::string call;
  std::vector<std::string> rules;  // as written, one a line
  Place at;
  std::string otherwise;  // "EPERM, explained"
};

struct DeniedCalls {
  std::string answer;
  std::vector<std::string> calls;
};

// A call on the dangerous list that a level allows.
struct Dangerous {
  std::string call;
  std::string review_by;  // "2027-01-31"
  bool overdue = false;
};

struct Filter {
  std::string arch;
  size_t instructions = 0;
  Verdict verdict = Verdict::kUndecided;
  std::string detail;         // why it does not hold, with a call
  std::string source_digest;  // hexadecimal, BLAKE2b-256
  std::string filter_digest;
};

struct LevelTests {
  size_t passed = 0;
  std::vector<std::string> failed;
};

// A file that took part, and what was in it.
struct FileDigest {
  std::string file;
  std::string digest;
};

struct Level {
  std::string name;
  std::string file;
  std::vector<std::string> chain;  // itself, what it extends, ...
  std::vector<FileDigest> sources;
  std::vector<Property> bounds;
  std::vector<CallGroup> allowed;
  std::vector<CallRule> conditional;
  std::vector<DeniedCalls> denied;
  std::vector<Dangerous> dangerous;
  std::vector<Filter> filters;
  LevelTests tests;
};

struct Workload {
  std::string name;
  std::string file;
  std::string level;
};

// Whether one level is nowhere looser than another.
struct Order {
  std::string inner;
  std::string outer;
  bool claimed = false;  // `inner` extends `outer`, so it must hold
  Verdict verdict = Verdict::kUndecided;
  std::string detail;  // a call or a bound that shows it
};

struct GateRule {
  std::string id;  // "restricted/no-homes"
  std::string file;
  bool error = true;  // else a warning
  std::string reason;
  std::vector<std::string> controls;
};

// One rule tried on one file.
struct Tried {
  std::string rule;
  std::string file;
};

struct Finding {
  std::string id;  // "RF0601"
  std::string rule;
  std::string file;
  std::string name;
  std::string message;
  Place at;
  bool error = true;
  bool undecided = false;
  std::string waived;  // until when, by whom and why; empty: it is not
};

struct Waiver {
  std::string rule;
  std::string subject;
  std::string reason;
  std::string owner;
  std::string ticket;
  std::string expires;
  std::string state;  // "counts", "ends soon", "expired", "lasts too long"
};

// What `ringfence attack --format json` has said.
struct Technique {
  std::string surface;
  std::string name;
  std::string verdict;  // "stopped", "THROUGH", "not shown"
  std::string inside;
  std::string outside;
  std::string layer;
};
struct Escape {
  std::string file;
  std::string subject;
  std::vector<Technique> techniques;
};

struct Event {
  uint64_t seq = 0;
  std::string at;  // "2026-11-28 15:14:50 UTC"
  uint32_t uid = 0;
  std::string kind;
  std::string name;
  std::string level;
  std::string detail;
};
struct Log {
  std::string path;
  std::vector<std::string> broken;  // none: it is what was written
  uint64_t events = 0;
  std::string last_digest;
  std::vector<Event> shown;  // launches, refusals, denials, ends
  uint64_t left_off = 0;     // of those, the older ones
};

struct Facts {
  std::string version;         // of Ringfence
  std::string today;           // by which waivers and reviews are judged
  std::string scope;           // "this host", "these files"
  std::vector<Property> host;  // empty: no host
  std::vector<Level> levels;
  std::vector<Workload> workloads;
  std::vector<Order> order;
  std::vector<GateRule> rules;
  std::vector<Tried> tried;
  std::vector<Finding> findings;
  std::vector<Waiver> waivers;
  bool waivers_count = true;
  std::vector<Escape> escapes;
  std::vector<Log> logs;           // none or one
  std::vector<std::string> notes;  // what was passed over, and why
};

}  // namespace ringfence::report
