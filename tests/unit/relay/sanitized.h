// Whether this build is sanitized. A sanitizer's runtime makes system calls
// that no filter of ours lists, so what runs under a filter is not tested
// then.
#pragma once

namespace ringfence::relay::testing {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace ringfence::relay::testing
