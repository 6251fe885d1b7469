# Limits where no systemd runs: in a cgroup of the caller's own, or in one that
# is handed over.

readonly U=/sys/fs/cgroup/u

delegate() { # delegate DIRECTORY: vmuser may divide it
  mkdir -p "$1"
  chown vmuser "$1" "$1"/cgroup.{procs,subtree_control,threads}
}

subtree() {
  echo '+memory +cpu +pids' >/sys/fs/cgroup/cgroup.subtree_control
  mkdir -p $U
  echo '+memory +cpu +pids' >$U/cgroup.subtree_control
}

cat >/tmp/lone.yaml <<'END'
kind: Workload
name: lone
trust: untrusted
command: [/usr/bin/python3, -c, 'print("ran", flush=True); b = b"x" * (100 << 20)']
limits: {memory: {max: 64Mi, if_available: false}}
END

case_WithoutACgroupARequiredLimitRefuses() {
  expect_code 121 as_user ringfence run /tmp/lone.yaml >/tmp/out 2>&1
  expect_text 'the limit on memory is required, and cannot be enforced here: the cgroup /sys/fs/cgroup/ is not delegated to this user' /tmp/out
  expect_text 'over: --cgroup DIR' /tmp/out
  as_user ringfence doctor >/tmp/out || :
  expect_text 'is not delegated to this user' /tmp/out
  # What is not required is run without, and that is said.
  as_user ringfence run --verbose --trust untrusted -- /usr/bin/true 2>/tmp/out
  expect_text 'memory: not enforced: 1073741824 bytes: the cgroup' /tmp/out
}

case_TheCallersOwnCgroupIsDividedAndPutBack() {
  subtree
  delegate $U/own
  expect_code 137 bash -c "echo \$\$ >$U/own/cgroup.procs &&
    exec setpriv --reuid 4242 --regid 4242 --clear-groups \
      ringfence run /tmp/lone.yaml" >/tmp/out 2>&1
  expect_text ran /tmp/out
  expect_text 'killed at its limit on memory' /tmp/out
  [[ -z $(find $U/own -mindepth 1 -type d) ]]
  [[ -z $(<$U/own/cgroup.subtree_control) ]]
  rmdir $U/own
}

case_NoFaultInACgroupLeavesAProgramWithLess() {
  subtree
  delegate $U/vmuser
  echo '+memory +cpu +pids' >$U/vmuser/cgroup.subtree_control
  delegate $U/vmuser/shell
  delegate $U/vmuser/job
  (
    echo $BASHPID >$U/vmuser/shell/cgroup.procs
    RINGFENCE_SWEEP_CGROUP=$U/vmuser/job live_tests fault 'Sweep.Of*'
  )
  grep injections: /tmp/live.out
}

case_ADirectoryHandedOverHoldsOneWorkload() {
  subtree
  delegate $U/vmuser
  echo '+memory +cpu +pids' >$U/vmuser/cgroup.subtree_control
  delegate $U/vmuser/shell
  delegate $U/vmuser/job
  in_shell() {
    bash -c "echo \$\$ >$U/vmuser/shell/cgroup.procs && exec setpriv \
      --reuid 4242 --regid 4242 --clear-groups ringfence run --cgroup \
      $U/vmuser/job \"\$@\"" bash "$@"
  }
  in_shell --trust untrusted -- /usr/bin/sleep 1000 &
  is_there() { [[ -d $U/vmuser/job/work && -n $(<$U/vmuser/job/work/cgroup.procs) ]]; }
  until_true 300 is_there
  [[ $(<$U/vmuser/job/work/memory.max) == 1073741824 ]]
  expect_code 121 in_shell /tmp/lone.yaml 2>/tmp/out
  expect_text "is another workload's" /tmp/out
  kill -KILL "$(<$U/vmuser/job/sup/cgroup.procs)"
  wait $! || :
  is_empty() { grep -q 'populated 0' $U/vmuser/job/cgroup.events; }
  until_true 100 is_empty
  # What a killed supervisor left is taken up by the next one.
  expect_code 137 in_shell /tmp/lone.yaml
  [[ -z $(find $U/vmuser/job -mindepth 1 -type d) ]]
  # Another cgroup than the user's, and no cgroup at all.
  expect_code 121 as_user ringfence run --cgroup $U --trust untrusted -- \
    /usr/bin/true 2>/tmp/out
  expect_text "cannot divide $U: Permission denied" /tmp/out
  expect_code 121 as_user ringfence run --cgroup /tmp --trust untrusted -- \
    /usr/bin/true 2>/tmp/out
  expect_text '/tmp is no cgroup v2' /tmp/out
}
