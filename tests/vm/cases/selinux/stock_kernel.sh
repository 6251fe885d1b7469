# Debian 12's stock kernel with SELinux in place of AppArmor.

# The same tests that run in the developer's kernel.
case_NothingEscapesTheNarrowestLevel() {
  live_tests run '*Identity*/untrusted:*Isolation*/untrusted'
}
