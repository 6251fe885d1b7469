# A host that is reserved stays so over a boot, by ringfence-host.service.

case_HostRulesOutliveABoot() {
  ringfence host init
  ringfence host accept public
  usermod -aG ringfence vmuser
  expect_code 120 as_member ringfence run --trust untrusted -- /usr/bin/true
  # What a boot does to /run.
  umount /run/ringfence
  rmdir /run/ringfence
  expect_code 120 as_member ringfence run --trust public -- /usr/bin/true
  systemctl daemon-reload
  systemctl start ringfence-host
  systemctl is-active ringfence-host
  expect_code 120 as_member ringfence run --trust untrusted -- /usr/bin/true
  as_member ringfence run --trust public -- /usr/bin/true
  ringfence host deinit
  # Without rules there is nothing for it to do.
  systemctl restart ringfence-host
  expect_code 3 systemctl is-active ringfence-host
  [[ ! -e /run/ringfence ]] || fail 'made a ledger for a host without rules'
}

as_member() {
  local -
  set +x
  setpriv --reuid 4242 --regid 4242 --init-groups --reset-env \
    env PATH="$PATH" XDG_RUNTIME_DIR=/run/user/4242 "$@"
}
