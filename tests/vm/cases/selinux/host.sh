# `ringfence host init` puts the module of the levels into the policy, `deinit`
# takes it out again.

# A store of modules as a site has one, with the boot's own policy in it.
store() {
  [[ -d /var/lib/selinux/vm/active ]] && return
  mkdir -p /var/lib/selinux/vm/active/modules /etc/selinux/vm/{policy,contexts/files}
  printf 'module-store = direct\npolicy-version = 33\nexpand-check = 1\ndisable-genhomedircon = true\n' \
    >/etc/selinux/semanage.conf
  cp /vmout/base.cil /tmp/base.cil
  cp /vmout/policy/canary.cil /tmp/canary.cil
  semodule -i /tmp/base.cil /tmp/canary.cil
}
modules() { semodule -l | grep -c '^ringfence$'; }

case_HostInitPutsTheLevelsIntoThePolicy() {
  store
  ringfence host init --dry-run >/tmp/out
  expect_text 'would load the SELinux module ringfence' /tmp/out
  [[ $(modules || :) == 0 ]]
  ringfence host init >/tmp/out
  expect_text 'loaded the SELinux module ringfence (semodule)' /tmp/out
  [[ $(modules) == 1 ]]
  usermod -aG ringfence vmuser
  run() {
    setpriv --reuid 4242 --regid 4242 --init-groups ringfence run --verbose \
      --trust public -- /usr/bin/true 2>/tmp/out
  }
  run
  expect_text 'selinux: enforced: system_u:system_r:ringfence_public_t:s0:c' /tmp/out
  ringfence doctor >/tmp/out || :
  expect_text 'enforcing: workloads run under the label of their level' /tmp/out
  ringfence host init
  [[ $(modules) == 1 ]]
  # Half an init: the ledger is gone, the module is there.
  umount /run/ringfence
  rm -rf /run/ringfence
  ringfence host deinit >/tmp/out
  expect_text 'removed the SELinux module ringfence' /tmp/out
  [[ $(modules || :) == 0 ]]
  ringfence doctor >/tmp/out || :
  expect_text 'enforcing, but not on workloads: the policy of SELinux has no label' /tmp/out
}

case_AModuleThatDoesNotLinkChangesNothing() {
  store
  echo '(type ringfence_stub_t)' >/tmp/taken.cil
  semodule -i /tmp/taken.cil
  expect_code 1 ringfence host init 2>/tmp/out
  expect_text 'the SELinux module ringfence is not loaded' /tmp/out
  [[ $(modules || :) == 0 ]]
  # The line of the profile that asked for what the policy does not take.
  echo '(allow domain domain (process (ptrace)))' >/tmp/taken.cil
  semodule -i /tmp/taken.cil
  expect_code 1 ringfence host init 2>/tmp/out
  grep -E "the SELinux module ringfence is not loaded: \S*/[a-z]+\.yaml:[0-9]+: .*neverallow check failed at \S*/ringfence/cil:[0-9]" /tmp/out ||
    fail "no line: $(</tmp/out)"
  semodule -r taken
  ringfence host deinit
}

case_OnlyRootPutsAModuleIntoThePolicy() {
  expect_code 1 as_user ringfence host init 2>/tmp/out
  expect_text root /tmp/out
}
