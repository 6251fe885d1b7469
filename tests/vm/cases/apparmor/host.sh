# `ringfence host init` loads the profiles of the levels, `deinit` undoes it.

loaded() { grep -c '^ringfence-[a-z]* (enforce)$' /sys/kernel/security/apparmor/profiles; }

case_HostInitLoadsTheProfilesOfTheLevels() {
  as_user ringfence doctor >/tmp/out || :
  expect_text "active, but Ringfence's policy is not loaded: the AppArmor profile ringfence-critical is not loaded" /tmp/out
  expect_text 'as root: ringfence host init' /tmp/out
  ringfence host init --dry-run >/tmp/out
  expect_text 'would load the AppArmor profile ringfence-public' /tmp/out
  [[ $(loaded || :) == 0 ]]
  ringfence host init >/tmp/out
  expect_text 'loaded the AppArmor profile ringfence-public' /tmp/out
  [[ $(loaded) == 4 ]]
  ringfence host init
  [[ $(loaded) == 4 ]]
  ringfence doctor >/tmp/out || :
  expect_text 'active: workloads run under the profile' /tmp/out
  [[ $(confined ringfence-public /usr/bin/cat /proc/self/attr/current) == \
    "ringfence-public (enforce)" ]]
  # A profile of somebody else's stays.
  printf 'profile other {\n}\n' | apparmor_parser -r -K
  ringfence host deinit --dry-run >/tmp/out
  expect_text 'would remove the AppArmor profile ringfence-public' /tmp/out
  [[ $(loaded) == 4 ]]
  ringfence host deinit
  [[ $(loaded || :) == 0 ]]
  grep -q '^other ' /sys/kernel/security/apparmor/profiles
  ringfence host init
  [[ $(loaded) == 4 ]]
  # Half an init, and half a deinit: what there is goes.
  printf ringfence-public >/sys/kernel/security/apparmor/.remove
  umount /run/ringfence
  rmdir /run/ringfence
  ringfence host deinit
  [[ $(loaded || :) == 0 ]]
}

case_OnlyRootLoadsProfiles() {
  expect_code 1 as_user ringfence host init 2>/tmp/out
  expect_text root /tmp/out
  [[ $(loaded || :) == 0 ]]
}

case_ALevelThatDoesNotCompileLoadsNothing() {
  mkdir -p /etc/ringfence/profiles
  echo 'kind: TrustLevel' >/etc/ringfence/profiles/broken.yaml
  expect_code 1 ringfence host init 2>/tmp/out
  expect_text 'the trust level broken does not compile' /tmp/out
  [[ $(loaded || :) == 0 ]]
  rm /etc/ringfence/profiles/broken.yaml
  ringfence host deinit
}
