# Launches under an AppArmor profile.

case_WithoutAProfileTheStatusSaysSo() {
  as_user ringfence run --verbose --trust public -- /usr/bin/true 2>/tmp/out
  expect_text 'apparmor: not enforced: the AppArmor profile ringfence-public is not loaded' /tmp/out
}

case_TheLevelsProfileIsReadBackInsideAndOutside() {
  for level in critical internal public untrusted; do
    load_profile "$PROFILES/$level.yaml"
    as_user ringfence run --verbose --trust $level -- /usr/bin/sh -c \
      'cat /proc/self/attr/current; exec sleep 1000' >/tmp/inside 2>/tmp/status &
    local process
    process=$(pid_of sleep)
    expect_text "ringfence-$level (enforce)" /tmp/inside
    expect_text "ringfence-$level (enforce)" "/proc/$process/attr/current"
    expect_text "apparmor: enforced: ringfence-$level (enforce)" /tmp/status
    expect_text 'landlock: applied, probed' /tmp/status
    # It can be ended although it is confined and its launcher is not.
    kill -TERM "$(pgrep -o -x ringfence-launc)"
    expect_code 143 wait $!
    expect_code 1 pgrep -x sleep
  done
}

case_AFileThatTheMountsShowIsDeniedByTheProfile() {
  mkdir -p /srv/shown
  echo text >/srv/shown/file
  for level in critical internal public untrusted; do
    shown $level # the control: no profile is loaded
    load_profile "$PROFILES/$level.yaml"
    shown $level # and with one that allows it
    load_profile "$PROFILES/$level.yaml" 's|^}|  audit deny /srv/shown/file r,\n}|'
    dmesg -C
    expect_code 1 shown $level 2>/tmp/out
    expect_text 'Permission denied' /tmp/out
    # Not denied quietly: the kernel's log names the layer and the profile.
    dmesg | grep 'apparmor="DENIED"' | grep "profile=\"ringfence-$level\"" |
      grep -q 'name="/srv/shown/file"'
  done
}

case_AProfileThatDoesNotEnforceIsRefused() {
  load_profile "$PROFILES/public.yaml" 's/(attach_disconnected)/(complain)/'
  expect_code 121 as_user ringfence run --trust public -- \
    /usr/bin/touch /tmp/ran >/tmp/out 2>&1
  expect_text 'cannot select the label' /tmp/out
  expect_text 'the label is not the one selected' /tmp/out
}

case_ALevelThatRequiresAppArmorIsRefusedWithoutItsProfile() {
  mkdir -p /tmp/strict
  cp -r "$PROFILES"/. /tmp/strict/
  sed 's/^kind: TrustLevel/&\nmandatory_access: {any_of: [apparmor]}/' \
    "$PROFILES/untrusted.yaml" >/tmp/strict/untrusted.yaml
  run() { as_user ringfence run --profiles /tmp/strict --trust untrusted "$@"; }
  expect_code 121 run -- /usr/bin/true 2>/tmp/out
  expect_text 'the AppArmor profile ringfence-untrusted is not loaded' /tmp/out
  expect_text 'apparmor_parser -r' /tmp/out
  load_profile "$PROFILES/untrusted.yaml"
  run -- /usr/bin/true
  expect_code 3 run -- /usr/bin/sh -c 'exit 3'
  expect_code 126 run -- /usr/lib/os-release
  expect_code 127 run -- /usr/bin/no-such-program 2>/tmp/out
  expect_text 'cannot execute /usr/bin/no-such-program' /tmp/out
}

case_TheWorkloadsOwnProfileComesBeforeItsLevels() {
  load_profile "$PROFILES/untrusted.yaml"
  load_profile "$EXAMPLES/convert/convert.yaml"
  dmesg -C
  as_user ringfence run --verbose "$EXAMPLES/convert/convert.yaml" \
    >/tmp/out 2>&1
  expect_text 'apparmor: enforced: ringfence-untrusted.convert (enforce)' /tmp/out
  expect_text 'converted: part-0 part-1 part-2 part-3' /tmp/out
  load_profile "$EXAMPLES/storefront/storefront.yaml"
  as_user ringfence run --verbose "$EXAMPLES/storefront/storefront.yaml" \
    2>/tmp/out &
  until_true 300 curl -sf -o /tmp/page http://127.0.0.1:8080/
  expect_text 'ringfence-public.storefront (enforce)' /tmp/out
  as_user ringfence stop storefront
  wait $!
  expect_no_denial
}

case_AnotherLevelIsNeitherSignalledNorTraced() {
  for level in critical internal public untrusted; do
    load_profile "$PROFILES/$level.yaml"
  done
  for pair in 'critical internal' 'internal critical' 'public untrusted' \
    'untrusted public' 'critical untrusted' 'untrusted critical'; do
    local victim other=ringfence-${pair#* } level=ringfence-${pair% *}
    confined $level /usr/bin/sleep 1000 &
    victim=$(pid_of sleep)
    expect_text "$level (enforce)" /proc/$victim/attr/current
    expect_code 1 confined $other /usr/bin/kill -0 $victim
    expect_code 1 confined $other /usr/bin/kill -KILL $victim
    expect_code 1 confined $other /usr/bin/cat /proc/$victim/environ
    # The controls: its own level may, and so may whoever is not confined.
    confined $level /usr/bin/kill -0 $victim
    confined $level /usr/bin/cat /proc/$victim/environ >/dev/null
    kill -KILL $victim
    wait $! || :
  done
}

case_AConfinedLauncherStacks() {
  load_profile "$PROFILES/public.yaml"
  apparmor_parser -r -K <<'END'
abi <abi/3.0>,
profile launcher flags=(attach_disconnected) {
  file, capability, network, unix, signal, ptrace, mount, umount, pivot_root,
  change_profile -> &ringfence-public,
}
END
  confined launcher /usr/bin/setpriv --reuid 4242 --regid 4242 --clear-groups \
    ringfence run --verbose --trust public -- \
    /usr/bin/cat /proc/self/attr/current >/tmp/out 2>&1
  expect_text 'apparmor: enforced: ' /tmp/out
  grep -qE '^(launcher//&ringfence-public|ringfence-public//&launcher) \(enforce\)' /tmp/out
  # A workload of another profile is not stacked, and that is said.
  load_profile "$PROFILES/untrusted.yaml"
  confined launcher /usr/bin/setpriv --reuid 4242 --regid 4242 --clear-groups \
    ringfence run --verbose --trust untrusted -- /usr/bin/true 2>/tmp/out
  expect_text 'apparmor: not enforced: the AppArmor profile ringfence-untrusted cannot be selected' /tmp/out
}

case_NoFaultWhereTheLabelIsGivenLeavesAProgramWithLess() {
  load_profile "$PROFILES/untrusted.yaml"
  RINGFENCE_SWEEP_LABEL=1 live_tests fault 'Sweep.Of*'
  grep injections: /tmp/live.out
}

case_NothingEscapesALabelledSandbox() {
  load_profile "$PROFILES/public.yaml"
  live_tests run '*Isolation*/public'
}
