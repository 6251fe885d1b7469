#include "relay/flow.h"

#include <cerrno>
#include <span>

#include "sys/socket.h"

namespace ringfence::relay {

Result<Flow> Move(int source, int destination, int chunks, Scratch& scratch) {
  for (int chunk = 0; chunk < chunks; ++chunk) {
    const auto peeked = sys::Peek(source, scratch);
    if (!peeked) {
      if (peeked.error().err == EAGAIN) return Flow::kReading;
      return std::unexpected(peeked.error());
    }
    if (*peeked == 0) {
      RF_TRY(sys::ShutdownWrite(destination));
      return Flow::kEnded;
    }
    const auto sent =
        sys::SendSome(destination, std::span(scratch).first(*peeked));
    if (!sent) {
      if (sent.error().err == EAGAIN) return Flow::kBlocked;
      return std::unexpected(sent.error());
    }
    RF_ASSIGN(const size_t taken, sys::Discard(source, *sent));
    // The bytes sent were in the buffer a moment ago and nobody else reads
    // it. Were they fewer now, the stream would no longer be the client's.
    if (taken != *sent) return std::unexpected(SysError{"recv", EPROTO});
    if (*sent < *peeked) return Flow::kBlocked;
  }
  return Flow::kReading;
}

}  // namespace ringfence::relay
