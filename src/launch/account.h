// Account: everything there is to tell about one workload, as one JSON object.
//
//   Account account(bundle, scope);
//   account.Started(init_pid, protections);
//   history.Keep(account.Text(denied));
//   account.Ended(ending, exit_code);
//   history.Close(account.Text(denied));
//
// docs/status.md says what stands in it. It holds nothing a workload's file
// keeps secret: of the command only the program, and no environment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admit/place.h"
#include "bundle/bundle.h"
#include "launch/denied_calls.h"
#include "launch/refusal.h"
#include "launch/report.h"
#include "launch/status.h"

namespace ringfence::launch {

class Account {
 public:
  Account(const bundle::Bundle& bundle, admit::Scope scope);

  void Started(int init, const std::vector<Protection>& protections);
  void Ended(const Ending& ending, int exit_code);
  void Refused(const Refusal& refusal);

  // `denied`: null before there can be any.
  [[nodiscard]] std::string Text(const DeniedCalls* denied) const;

 private:
  std::string about_;  // members, without braces
  std::string end_;
};

}  // namespace ringfence::launch
