# shellcheck shell=bash
# What the cases share. Sourced by bash -eu -o pipefail.

readonly EXAMPLES=/usr/local/share/ringfence-tests/examples
readonly PROFILES=/usr/local/share/ringfence/profiles

fail() { echo "case: $*" >&2 && exit 1; }

# The processes of this name, of which there is one.
pid_of() { # pid_of NAME
  local - pids
  set +x
  until_true 100 pgrep -x "$1" >/dev/null
  pids=$(pgrep -x "$1")
  [[ $pids != *$'\n'* ]] || fail "more than one $1"
  echo "$pids"
}

# Succeeds if the command fails with one of these exit codes.
expect_code() { # expect_code CODE COMMAND...
  local wanted=$1 got=0
  shift
  "$@" || got=$?
  [[ $got == "$wanted" ]] || fail "exit code $got, not $wanted: $*"
}

expect_text() { # expect_text TEXT FILE
  grep -qF -- "$1" "$2" || { cat "$2"; fail "not there: $1"; }
}

as_user() {
  local -
  set +x
  setpriv --reuid 4242 --regid 4242 --clear-groups --reset-env \
    env PATH="$PATH" XDG_RUNTIME_DIR=/run/user/4242 \
    DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/4242/bus "$@"
}

# until_true TENTHS COMMAND...
until_true() {
  local - left=$1
  set +x
  shift
  until "$@"; do
    ((left-- > 0)) || fail "not in time: $*"
    sleep 0.1
  done
}

# The layer that this boot is about denies something at this moment that is
# allowed without it. Nothing else counts: a policy that is loaded, or a module
# that is enabled, may still let everything through.
assert_enforcing() {
  case $VM_BOOT in
    apparmor | nolandlock)
      [[ $(</sys/module/apparmor/parameters/enabled) == Y ]] ||
        fail 'AppArmor is off'
      [[ -r /vmout/policy/canary.txt ]] || fail 'the control is not readable'
      local confined
      confined=$(aa_canary '</vmout/policy/canary.txt' 2>&1)
      [[ $confined == *'Permission denied'* ]] || fail "AppArmor: $confined"
      [[ $(aa_canary '</proc/self/attr/current') == 'vm-canary (enforce)' ]] ||
        fail 'the canary does not run under its profile'
      [[ $VM_BOOT == apparmor || $(</sys/kernel/security/lsm) != *landlock* ]] ||
        fail 'there is a Landlock'
      ;;
    selinux)
      [[ $(</sys/fs/selinux/enforce) == 1 ]] || fail 'SELinux is permissive'
      local label=system_u:system_r:canary_t:s0
      [[ -r /tmp/canary ]] || {
        echo secret >/tmp/canary
        chcon system_u:object_r:canary_file_t:s0 /tmp/canary
      }
      [[ $(</tmp/canary) == secret ]] || fail 'the control is not readable'
      [[ $(runcon $label bash -c 'echo "$(</proc/self/attr/current)"' |
        tr -d '\0') == "$label" ]] || fail 'the canary has another label'
      local denied
      denied=$(runcon $label bash -c 'echo "$(</tmp/canary)"' 2>&1 || :)
      [[ $denied == *'Permission denied'* ]] || fail "SELinux: $denied"
      ;;
    systemd)
      local controllers=/sys/fs/cgroup/cgroup.controllers
      for controller in cpu memory pids; do
        grep -qw $controller $controllers || fail "no cgroup v2 $controller"
      done
      [[ $(ps -o comm= -p 1) == systemd ]] || fail 'PID 1 is not systemd'
      # A limit limits: the second process of a group of one does not come.
      local group=/sys/fs/cgroup/canary
      mkdir -p $group
      echo 1 >$group/pids.max
      local forked
      # dash, because bash tries for 15 seconds.
      forked=$(dash -c "echo \$\$ >$group/cgroup.procs; (exit 0); echo forked" \
        2>&1 || :)
      [[ $forked == *'Cannot fork'* ]] ||
        fail "pids.max limits nothing: $forked"
      ;;
  esac
}

# Loads the AppArmor profile of a level or of a workload, as SED changes it. It is
# compiled only if it changed since tests/vm/prepare.py did that.
load_profile() { # load_profile FILE.yaml [SED]
  local profile
  profile=/tmp/compiled/$(sed -n 's/^name: //p' "$1").apparmor
  [[ $profile -nt $1 ]] || ringfence compile "$1" -o /tmp/compiled
  sed "${2:-}" "$profile" >/tmp/loaded.apparmor
  apparmor_parser -r -K /tmp/loaded.apparmor
}

# A workload of that level that prints /srv/shown/file, the same bundle each time.
shown() { # shown LEVEL
  as_user ringfence run "/tmp/compiled/shown-$1.rfb"
}

# SELinux: the module of the levels beside the boot's own policy. STATEMENTS are
# added to it.
load_levels() { # load_levels [STATEMENTS]
  local policy=/vmout/policy.levels
  if (($#)); then
    { cat /vmout/levels.cil && echo "$1"; } >/tmp/levels.cil
    policy=/tmp/policy.levels
    secilc -c 33 -o $policy -f /dev/null /vmout/base.cil \
      /vmout/policy/canary.cil /tmp/levels.cil
  fi
  dd if=$policy of=/sys/fs/selinux/load bs=64M 2>/dev/null
}

# What the boot's security module enforces on these levels and workloads.
load_policy() { # load_policy FILE.yaml...
  local file
  case $VM_BOOT in
    selinux) load_levels ;;
    apparmor) for file; do load_profile "$file"; done ;;
  esac
}

# Since the kernel's log was cleared.
expect_no_denial() {
  local denied='apparmor="DENIED".*profile="ringfence'
  [[ $VM_BOOT != selinux ]] || denied='avc:  denied.*scontext=[^ ]*:ringfence_'
  if dmesg | grep "$denied"; then fail 'something was denied'; fi
}

# A redirection of bash under the canary's profile; its content is printed.
aa_canary() {
  bash -c "printf 'exec vm-canary' >/proc/self/attr/apparmor/exec &&
    exec bash -c 'echo \"\$($1)\"'"
}

# Tests of tests/live, by the filter of GoogleTest. At least one has to run.
live_tests() { # live_tests NAME FILTER
  RINGFENCE_TEST_USER=vmuser "$(</vmout/build)/tests/live_$1" \
    --gtest_filter="$2" --gtest_brief=1 | tee /tmp/live.out
  grep -qE '^\[  PASSED  \] [1-9][0-9]* tests?' /tmp/live.out ||
    fail 'no test ran'
}

# A command under an AppArmor profile, outside of any sandbox.
confined() { # confined PROFILE COMMAND...
  bash -c 'printf "exec $0" >/proc/self/attr/apparmor/exec && exec "$@"' "$@"
}
