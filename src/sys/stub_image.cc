#include "sys/stub_image.h"

// RINGFENCE_STUB is the path of the linked program.
asm(".pushsection .rodata\n"
    ".global ringfence_stub_begin, ringfence_stub_end\n"
    "ringfence_stub_begin:\n"
    ".incbin \"" RINGFENCE_STUB
    "\"\n"
    "ringfence_stub_end:\n"
    ".popsection\n");
extern "C" const char ringfence_stub_begin[];
extern "C" const char ringfence_stub_end[];

namespace ringfence::sys {

std::string_view StubImage() {
  return {ringfence_stub_begin,
          static_cast<size_t>(ringfence_stub_end - ringfence_stub_begin)};
}

}  // namespace ringfence::sys
