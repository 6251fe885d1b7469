# Launches under a label of SELinux.

labels() { sed -nE 's/.*selinux: enforced: (.*)/\1/p' "$1"; }

# A file that the workload's mounts show, on a file system that keeps labels.
show_file() { # show_file TYPE
  mkdir -p /srv/shown
  mountpoint -q /srv/shown || mount -t tmpfs -o mode=755 tmpfs /srv/shown
  echo text >/srv/shown/file
  chcon system_u:object_r:$1:s0 /srv/shown/file
}

# Profiles with which nothing but SELinux will do.
strict() {
  mkdir -p /tmp/strict
  cp -r "$PROFILES"/. /tmp/strict/
  sed 's/^kind: TrustLevel/&\nmandatory_access: {any_of: [selinux]}/' \
    "$PROFILES/untrusted.yaml" >/tmp/strict/untrusted.yaml
}
run_strict() {
  as_user ringfence run --profiles /tmp/strict --trust untrusted "$@"
}

case_WithoutTheModuleTheStatusSaysSo() {
  as_user ringfence run --verbose --trust public -- /usr/bin/true 2>/tmp/out
  expect_text 'selinux: not enforced: the policy of SELinux has no label system_u:system_r:ringfence_public_t:s0:c' /tmp/out
}

case_TheLevelsLabelIsReadBackInsideAndOutside() {
  load_levels
  for level in critical internal public untrusted; do
    as_user ringfence run --verbose --trust $level -- /usr/bin/sh -c \
      'cat /proc/self/attr/current; exec sleep 1000' >/tmp/inside 2>/tmp/status &
    local process
    process=$(pid_of sleep)
    [[ $(labels /tmp/status) == system_u:system_r:ringfence_${level}_t:s0:c*,c* ]]
    [[ $(tr -d '\0' </tmp/inside) == "$(labels /tmp/status)" ]]
    [[ $(tr -d '\0' <"/proc/$process/attr/current") == "$(labels /tmp/status)" ]]
    expect_text 'landlock: applied, probed' /tmp/status
    kill -TERM "$(pgrep -o -x ringfence-launc)"
    expect_code 143 wait $!
    expect_code 1 pgrep -x sleep
  done
}

case_AFileThatTheMountsShowIsDeniedByThePolicy() {
  show_file tmpfs_t
  for level in critical internal public untrusted; do
    shown $level # the control: no module is loaded
  done
  load_levels
  for level in critical internal public untrusted; do
    local other=critical
    [[ $level == critical ]] && other=untrusted
    for type in shadow_t ringfence_${other}_data_t; do
      show_file $type
      dmesg -C
      expect_code 1 shown $level 2>/tmp/out
      expect_text 'Permission denied' /tmp/out
      # Not denied quietly: the kernel's log names the layer and both sides.
      dmesg | grep 'avc:  denied' |
        grep "scontext=system_u:system_r:ringfence_${level}_t:s0:c" |
        grep -q "tcontext=system_u:object_r:$type:s0 tclass=file"
    done
    # The controls: its own data, and nothing but this layer in the way.
    show_file ringfence_${level}_data_t
    shown $level
    show_file shadow_t
    echo 0 >/sys/fs/selinux/enforce
    shown $level
    echo 1 >/sys/fs/selinux/enforce
  done
}

# Starts workloads by hand, because two levels never run on one host.
as_level() { # as_level LEVEL CATEGORIES COMMAND...
  runcon "system_u:system_r:ringfence_$1_t:s0:$2" "${@:3}"
}

case_AnotherLevelIsNeitherSignalledNorTraced() {
  load_levels '(allow ringfence_workload usr_t (file (entrypoint)))'
  for pair in 'critical internal' 'internal critical' 'public untrusted' \
    'untrusted public' 'critical untrusted' 'untrusted critical'; do
    local victim other=${pair#* } level=${pair% *}
    as_level $level c1,c2 /usr/bin/sleep 1000 &
    victim=$(pid_of sleep)
    expect_code 1 as_level $other c1,c2 /usr/bin/kill -0 $victim
    expect_code 1 as_level $other c1,c2 /usr/bin/kill -KILL $victim
    expect_code 1 as_level $other c1,c2 /usr/bin/cat /proc/$victim/environ
    # Its own level, but another workload.
    expect_code 1 as_level $level c1,c3 /usr/bin/kill -KILL $victim
    # The control: itself.
    as_level $level c1,c2 /usr/bin/kill -0 $victim
    as_level $level c1,c2 /usr/bin/cat /proc/$victim/environ >/dev/null
    kill -KILL $victim
    wait $! || :
  done
}

case_TwoWorkloadsOfOneLevelCannotTouchEachOthersFiles() {
  load_levels
  mkdir -p /srv/twins
  mount -t tmpfs -o mode=777 tmpfs /srv/twins
  for level in critical internal; do
    rm -f /srv/twins/*
    as_user ringfence run /tmp/compiled/one-$level.rfb -- 'echo secret >/data/one'
    local label
    label=$(stat -c %C /srv/twins/one)
    [[ $label == system_u:object_r:ringfence_${level}_data_t:s0:c*,c* ]]
    as_user ringfence run /tmp/compiled/one-$level.rfb -- 'cat /data/one && echo more >>/data/one'
    for command in 'cat /data/one' 'echo more >>/data/one || exit 1' \
      'rm -f /data/one'; do
      expect_code 1 as_user ringfence run /tmp/compiled/two-$level.rfb -- "$command" 2>/tmp/out
      expect_text 'Permission denied' /tmp/out
    done
    # The control: without categories it is anybody's of the level.
    chcon "system_u:object_r:ringfence_${level}_data_t:s0" /srv/twins/one
    as_user ringfence run /tmp/compiled/two-$level.rfb -- 'cat /data/one'
  done
  umount /srv/twins
  rmdir /srv/twins
}

case_ALevelThatRequiresSelinuxIsRefusedWithoutIt() {
  strict
  expect_code 121 run_strict -- /usr/bin/true 2>/tmp/out
  expect_text 'has no label system_u:system_r:ringfence_untrusted_t' /tmp/out
  expect_text 'as root: ringfence host init' /tmp/out
  load_levels
  run_strict -- /usr/bin/true
  expect_code 3 run_strict -- /usr/bin/sh -c 'exit 3'
  expect_code 126 run_strict -- /usr/lib/os-release
  expect_code 127 run_strict -- /usr/bin/no-such-program 2>/tmp/out
  expect_text 'cannot execute /usr/bin/no-such-program' /tmp/out
  # Each of what makes a loaded policy worth nothing.
  load_levels '(typepermissive ringfence_untrusted_t)'
  expect_code 121 run_strict -- /usr/bin/true 2>/tmp/out
  expect_text 'it is permissive' /tmp/out
  expect_text 'semanage permissive -d ringfence_untrusted_t' /tmp/out
  load_levels
  echo 0 >/sys/fs/selinux/enforce
  expect_code 121 run_strict -- /usr/bin/touch /tmp/ran 2>/tmp/out
  echo 1 >/sys/fs/selinux/enforce
  expect_text 'SELinux is permissive and denies nothing' /tmp/out
}

# A domain job_t that may what unconfined_t may, but nothing to workloads, and
# whoever differs from the boot's own user and role in one thing.
other_launchers() {
  cat <<'END'
(type job_t)
(roletype system_r job_t)
(typeattributeset domain (job_t))
(typeattribute job_reach)
(typeattributeset job_reach (not (or ringfence_workload ringfence_stub_t)))
(role shift_r)
(userrole system_u shift_r)
(roletype shift_r unconfined_t)
(roleallow system_r shift_r)
(user narrow_u)
(userrole narrow_u system_r)
(userlevel narrow_u low)
(userrange narrow_u lowlow)
END
  sed -n 's/^(allow unconfined_t all_types /(allow job_t job_reach /p' /vmout/base.cil
}
strict_from() { # strict_from CONTEXT COMMAND...
  as_user runcon "$1" ringfence run --verbose --profiles /tmp/strict --trust \
    untrusted -- "${@:2}"
}

case_ALauncherWhoseDomainLacksTheRuleIsRefused() {
  strict
  local job=system_u:system_r:job_t:s0-s0:c0.c1023 others
  others=$(other_launchers)
  load_levels "$others"
  expect_code 121 strict_from $job /usr/bin/touch /tmp/ran 2>/tmp/out
  expect_text "does not let $job start a program as system_u:system_r:ringfence_untrusted_t:s0:c" /tmp/out
  expect_text 'it lacks (allow job_t ringfence_untrusted_t (process (transition))) (allow job_t ringfence_untrusted_t (process (rlimitinh))) (allow job_t ringfence_untrusted_t (process2 (nnp_transition)))' /tmp/out
  expect_text '(typeattributeset ringfence_launcher (job_t))' /tmp/out
  # Only what is missing is named.
  load_levels "$others
(allow job_t ringfence_untrusted_t (process (transition rlimitinh)))"
  expect_code 121 strict_from $job /usr/bin/true 2>/tmp/out
  expect_text 'it lacks (allow job_t ringfence_untrusted_t (process2 (nnp_transition)))' /tmp/out
  # The remedy that it names is enough, and the control.
  load_levels "$others
(typeattributeset ringfence_launcher (job_t))"
  strict_from $job /usr/bin/cat /proc/self/attr/current >/tmp/inside 2>/tmp/out
  [[ $(tr -d '\0' </tmp/inside) == "$(labels /tmp/out)" ]]
  [[ $(labels /tmp/out) == system_u:system_r:ringfence_untrusted_t:s0:c*,c* ]]
}

case_ALauncherWhoseRoleOrUserCannotHaveTheLabelIsToldWhich() {
  strict
  local others
  others=$(other_launchers)
  load_levels "$others"
  local shift=system_u:shift_r:unconfined_t:s0-s0:c0.c1023
  expect_code 121 strict_from $shift /usr/bin/true 2>/tmp/out
  expect_text 'its role shift_r lacks the type' /tmp/out
  expect_text '(roletype shift_r ringfence_workload)' /tmp/out
  load_levels "$others
(roletype shift_r ringfence_workload)"
  strict_from $shift /usr/bin/true
  local narrow=narrow_u:system_r:unconfined_t:s0
  expect_code 121 strict_from $narrow /usr/bin/true 2>/tmp/out
  expect_text 'its user narrow_u lacks the categories' /tmp/out
  expect_text 'semanage user -m -r s0-s0:c0.c1023 narrow_u' /tmp/out
}

# A site's policy: that of Debian's package, with the module of our levels.
# Files have no labels of Debian's in this machine, but what is shown to the
# workload: the machine's own are usr_t, as in the boot's policy.
debian_policy() {
  # A label like the one that processes have here before there is a policy
  # would become that policy's for them, which is no login's: kernel_t.
  printf system_u:system_r:unconfined_t:s0-s0:c0.c1022 >/proc/self/attr/current
  dd if=/vmout/policy.debian of=/sys/fs/selinux/load bs=64M 2>/dev/null
  [[ $(</sys/fs/selinux/enforce) == 1 ]]
  seen=$(tr -d '\0' </proc/self/attr/current)
  [[ $seen == system_u:system_r:unconfined_t:* ]] || fail "as $seen"
}

case_ALevelRunsUnderDebiansPolicy() {
  strict
  show_file usr_t
  shown public
  debian_policy
  run_strict --verbose -- /usr/bin/cat /proc/self/attr/current >/tmp/inside 2>/tmp/out
  [[ $(tr -d '\0' </tmp/inside) == "$(labels /tmp/out)" ]]
  [[ $(labels /tmp/out) == system_u:system_r:ringfence_untrusted_t:s0:c*,c* ]]
  expect_code 3 run_strict -- /usr/bin/sh -c 'echo a | grep -q a && exit 3'
  run_strict -- /usr/bin/python3 -c 'open("/tmp/x", "w").write("y")'
  # What this policy denies, and the control.
  shown public
  for type in shadow_t ringfence_untrusted_data_t; do
    show_file $type
    expect_code 1 shown public 2>/tmp/out
    expect_text 'Permission denied' /tmp/out
  done
  show_file ringfence_public_data_t
  shown public
}

# The same tests that run in the developer's kernel.
case_NothingEscapesALabelledSandbox() {
  load_levels
  live_tests run '*Identity*/untrusted:*Isolation*/untrusted'
}
