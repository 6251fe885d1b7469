# Warnings are errors, and every build is hardened: a debug build with a weaker
# launcher would be tested in place of the one that ships.
add_library(ringfence_flags INTERFACE)
target_compile_options(ringfence_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow
  -Wold-style-cast -Wswitch-enum -Wnon-virtual-dtor -Wcast-qual -Wundef
  -Werror
  -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -ftrivial-auto-var-init=zero -fno-strict-aliasing)
target_compile_definitions(ringfence_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(ringfence_flags INTERFACE
  -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,-z,pack-relative-relocs)
# -iquote, not -I: src/sys/socket.h must not answer for <sys/socket.h>.
target_compile_options(ringfence_flags INTERFACE
  "SHELL:-iquote '${PROJECT_SOURCE_DIR}/src'"
  "SHELL:-iquote '${PROJECT_BINARY_DIR}/generated'")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of members that designated initialisers leave to their
  # defaults; leaving them out is why the defaults are there.
  target_compile_options(ringfence_flags INTERFACE -Wno-missing-field-initializers)
else()
  # std::stable_sort of libstdc++ 12 calls what its own header deprecates, and
  # clang reports it against us. g++ still reports what we call.
  target_compile_options(ringfence_flags INTERFACE -Wno-deprecated-declarations)
  target_compile_options(ringfence_flags INTERFACE -Wno-missing-designated-field-initializers
    -Wno-missing-field-initializers -Wno-c2y-extensions)
endif()

if(RINGFENCE_SANITIZE)
  target_compile_options(ringfence_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ringfence_flags INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(ringfence_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(RINGFENCE_FUZZ)
  target_compile_options(ringfence_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
