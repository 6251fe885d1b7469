// Plan: which workloads would meet on a host, which of them may not, and a
// split under which none of those meet.
//
//   const Plan plan = MakePlan({.hosts = hosts, .items = items});
//   if (!plan.Holds()) ...
//
// Pure. Whether two may meet, and whether a host takes one, is asked of
// admit::Decide, the function that decides at a launch. Items and hosts are
// named by their index.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admit/decide.h"
#include "model/identity.h"

namespace ringfence::placement {

struct Host {
  std::string name;
  std::vector<std::string> accepts;  // levels; empty: every level
};

struct Item {
  std::string name;
  std::string what;   // "workload", "service", "Deployment"
  std::string place;  // file:line
  // nullopt: it does not say, so nobody can say whom it may meet.
  std::optional<model::TrustLevel> level;
  std::vector<size_t> hosts;  // where it may run; empty: anywhere, see below
  // With no host known at all: labels that its host must have.
  std::vector<std::pair<std::string, std::string>> selector;
  std::vector<std::string> reads;  // trees of the host that it is shown
};

struct Input {
  std::vector<Host> hosts;
  std::vector<Item> items;
};

// Two items that may run on one host, and what Decide says of them.
struct Meeting {
  size_t one = 0;
  size_t other = 0;
  std::optional<size_t> host;  // the first one; nullopt: none is known
  bool compatible = false;
  bool operator==(const Meeting&) const = default;
};

// An item that a host it is meant for does not take.
struct Turned {
  size_t item = 0;
  size_t host = 0;
  bool operator==(const Turned&) const = default;
};

// Trees that items of different classes read: what one of them does to the
// page cache there, the other sees, if ever they follow each other on a host.
struct SharedTree {
  size_t one = 0;
  size_t other = 0;
  std::string path;
  bool operator==(const SharedTree&) const = default;
};

// Items that may share a host, and the host that is proposed for them.
struct Group {
  std::string key;             // as admit::ClassKey; empty: alone
  std::optional<size_t> host;  // nullopt: one more is needed
  std::vector<size_t> items;
  bool operator==(const Group&) const = default;
};

struct Plan {
  std::vector<Meeting> meetings;
  std::vector<Turned> turned;
  std::vector<size_t> unknown;  // items without a level
  std::vector<SharedTree> shared;
  std::vector<Group> split;

  [[nodiscard]] bool Holds() const;
};

[[nodiscard]] Plan MakePlan(const Input& input);

}  // namespace ringfence::placement
