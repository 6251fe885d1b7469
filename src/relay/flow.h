// One direction of a relayed connection.
//
// Bytes are copied out of the source with MSG_PEEK, sent, and only then taken
// out of the source, exactly as many as the destination took. So whatever the
// destination does not take yet stays in the source's receive buffer: the
// relay holds no data of its own, the kernel's windows are the back pressure,
// and a connection costs the relay the same whether it is idle or stuck. The
// price is one more system call per 64 KiB; splice(2) would need two pipes
// for each connection, out of the user's pipe quota.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace ringfence::relay {

enum class Flow : uint8_t {
  kReading,  // goes on when the source is readable
  kBlocked,  // goes on when the destination is writable
  kEnded,    // the source has ended and the destination has been told
};

using Scratch = std::array<std::byte, 65536>;

// Moves what it can from `source` to `destination`, both non-blocking TCP
// sockets, in at most `chunks` pieces of 64 KiB (then kReading: the source may
// still be readable). At the end of the source it ends the writing side of the
// destination. An error ends the connection: nothing more can be moved this
// way. `scratch` holds nothing between calls.
Result<Flow> Move(int source, int destination, int chunks, Scratch& scratch);

}  // namespace ringfence::relay
