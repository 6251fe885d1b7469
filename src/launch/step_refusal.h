// Why a launch ended at one of its steps, in the words of whoever started it.
#pragma once

#include "bundle/bundle.h"
#include "launch/message.h"
#include "launch/plan.h"
#include "launch/refusal.h"

namespace ringfence::launch {

// The refusal for a step that failed, with its remedy.
[[nodiscard]] Refusal RefuseStep(const bundle::Bundle& bundle, const Plan& plan,
                                 const Message& failed);

}  // namespace ringfence::launch
