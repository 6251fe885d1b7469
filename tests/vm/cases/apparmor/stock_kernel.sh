# Debian 12's stock kernel: what it lacks is said, the rest holds.

case_ReportsWhatLandlockAbi2Lacks() {
  as_user ringfence run --verbose --trust public -- /usr/bin/true 2>/tmp/out
  expect_text 'landlock: applied, probed: ABI 2' /tmp/out
  expect_text 'landlock: truncating files, device ioctls, signals and abstract sockets: not enforced' /tmp/out
}

# No other layer is in its way: cases/nolandlock has the control.
case_TheRootThatTheMountsShowIsDeniedByLandlock() {
  dmesg -C
  for level in critical internal public untrusted; do
    load_profile "$PROFILES/$level.yaml"
    expect_code 2 as_user ringfence run --verbose "/tmp/compiled/root-$level.rfb" \
      >/tmp/out 2>&1
    expect_text 'landlock: applied, probed' /tmp/out
    expect_text "cannot open directory '/': Permission denied" /tmp/out
  done
  expect_no_denial # of AppArmor's
}

# The same tests that run in the developer's kernel.
case_NothingEscapesTheWidestLevel() {
  live_tests run '*Identity*/critical:*Isolation*/critical'
}

# A handed-over socket could connect out where only Landlock ABI 4 forbids it.
case_HandedOverSocketIsRefusedWhereItCouldConnectOut() {
  mkdir -p /home/vmuser/web
  cat >/home/vmuser/web/web.yaml <<'END'
kind: Workload
name: web
trust: public
command: [/usr/bin/true]
network: {mode: listen, listen: [{bind: "127.0.0.1:8090", handover: fds}]}
END
  sed 's/fds/relay/' /home/vmuser/web/web.yaml >/home/vmuser/web/relay.yaml
  as_user ringfence run /home/vmuser/web/relay.yaml # the control
  expect_code 121 as_user ringfence run /home/vmuser/web/web.yaml
}

# Its overlayfs, on which the homes lie here, makes no file without a name.
case_WhatWasProvedIsRememberedOnAnOverlay() {
  local prover=/usr/local/lib/ringfence/ringfence-prove
  [[ $(stat -f -c %T /home/vmuser) == overlayfs ]]
  run() { as_user ringfence run --trust untrusted -- /usr/bin/true; }
  run
  chmod a-x $prover
  run
  rm -r /home/vmuser/.cache
  expect_code 125 run 2>/tmp/out # the control
  expect_text 'the filter cannot be proved: ringfence-prove is not installed' /tmp/out
  chmod a+x $prover
  run
}
