# A kernel without Landlock, which AppArmor has to make up for.

case_WithoutAnySecurityModuleALevelIsRefused() {
  for level in critical internal public untrusted; do
    expect_code 121 as_user ringfence run "/tmp/compiled/root-$level.rfb" 2>/tmp/out
    expect_text 'this kernel has no Landlock, or it is off' /tmp/out
    expect_text 'boot with landlock in the lsm= list' /tmp/out
    expect_text "the AppArmor profile ringfence-$level is not loaded" /tmp/out
  done
  as_user ringfence doctor >/tmp/out || :
  expect_text 'boot with landlock in the lsm= list' /tmp/out
}

# The control of cases/apparmor/stock_kernel.sh: the same bundles.
case_TheRootThatLandlockDeniesElsewhereIsListed() {
  for level in critical internal public untrusted; do
    load_profile "$PROFILES/$level.yaml"
    as_user ringfence run --verbose "/tmp/compiled/root-$level.rfb" >/tmp/out 2>&1
    expect_text 'landlock: not enforced: this kernel has no Landlock' /tmp/out
    expect_text "apparmor: enforced: ringfence-$level (enforce)" /tmp/out
    grep -x usr /tmp/out
  done
}
