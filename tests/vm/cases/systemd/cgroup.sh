# Limits on memory, cpu and processes, in a cgroup that the user's own systemd
# manager makes.

readonly UNITS=/sys/fs/cgroup/user.slice/user-4242.slice/user@4242.service

# workload NAME LIMITS: /tmp/NAME.yaml, which runs the script of standard input
workload() {
  cat >"/tmp/$1.py"
  cat >"/tmp/$1.yaml" <<END
kind: Workload
name: $1
trust: untrusted
command: [/usr/bin/python3, /work/script.py]
filesystem: {read: [{host: /home/vmuser/$1.py, at: /work/script.py}]}
limits: $2
END
  install -o vmuser -m 644 "/tmp/$1.py" "/home/vmuser/$1.py"
}

start() { # start NAME OPTION...
  as_user ringfence run "${@:2}" --status-file "/tmp/$1.status" "/tmp/$1.yaml"
}

scopes() { find "$UNITS" -type d -name 'ringfence-*.scope'; }
no_scope() { [[ -z $(scopes) ]]; }
work() { find "$UNITS" -type d -name work; }
is_there() { [[ -n $(work) ]]; }

case_OverMemoryIsKilledAndSaid() {
  workload hungry '{memory: {max: 64Mi, if_available: false}}' <<'END'
b = [b"x" * (1 << 20) for _ in range(200)]
END
  : >/tmp/hungry.status && chown vmuser /tmp/hungry.status
  expect_code 137 start hungry 2>/tmp/err
  # That the supervisor lives on is what writes these lines.
  expect_text '"cause":"memory","value":9,"exit_code":137' /tmp/hungry.status
  grep -qE '"oom_kills":[1-9]' /tmp/hungry.status
  expect_text 'memory.max 67108864, memory.swap.max 0' /tmp/hungry.status
  expect_text 'killed at its limit on memory' /tmp/err
  until_true 100 no_scope
  as_user ringfence inspect hungry >/tmp/out
  expect_text 'was killed at its limit on memory' /tmp/out
  # The control: the same program with more of it.
  workload hungry '{memory: {max: 512Mi, if_available: false}}' <<'END'
b = [b"x" * (1 << 20) for _ in range(200)]
END
  start hungry
  expect_text '"cause":"exited","value":0' /tmp/hungry.status
}

case_AForkBombStopsAtItsLimit() {
  local script='
import os, time
n = 0
try:
    while n < 100:
        if os.fork() == 0:
            time.sleep(1000)
        n += 1
except OSError as error:
    print(n, error.errno, flush=True)
'
  workload bomb '{processes: 12}' <<<"$script"
  : >/tmp/bomb.status && chown vmuser /tmp/bomb.status
  # Init and the script are two of the twelve.
  [[ $(start bomb 2>/tmp/err) == '10 11' ]]
  expect_text '"forks_refused":1' /tmp/bomb.status
  expect_text 'pids.max 12' /tmp/bomb.status
  expect_text 'it wanted more processes than its limit' /tmp/err
  workload bomb '{processes: 20}' <<<"$script"
  [[ $(start bomb) == '18 11' ]]
}

stat_of() { sed -n "s/^$2 //p" "$1/cpu.stat"; }

case_CpuHoldsWithinATenth() {
  workload busy '{cpu: {max: 0.5, if_available: false}}' <<'END'
while True:
    pass
END
  : >/tmp/busy.status && chown vmuser /tmp/busy.status
  start busy &
  until_true 300 is_there
  local group used periods start
  group=$(work)
  until_true 300 grep -q 'nr_throttled [1-9]' "$group/cpu.stat"
  [[ $(<"$group/cpu.max") == '50000 100000' ]]
  as_user ringfence ps >/tmp/out
  expect_text '1024 MiB, 500 thousandths of a core' /tmp/out
  start=$(cut -d' ' -f1 /proc/uptime)
  used=$(stat_of "$group" usage_usec)
  periods=$(stat_of "$group" nr_periods)
  sleep 4
  used=$(($(stat_of "$group" usage_usec) - used))
  periods=$(($(stat_of "$group" nr_periods) - periods))
  # Never more than its share of the time that passed, and all that its periods
  # hold: the machine may be too busy for every period to come.
  awk -v used=$used -v periods=$periods -v start="$start" '{
    elapsed = ($1 - start) * 1e6
    print "used", used / elapsed, "of the time,", used / (periods * 1e5),
      "of", periods, "periods"
    exit !(used < 0.55 * elapsed && used < 0.55 * periods * 1e5 &&
           used > 0.45 * periods * 1e5)
  }' /proc/uptime
  as_user ringfence stop busy
  wait $! || :
  expect_text '"cause":"stopped"' /tmp/busy.status
  until_true 100 no_scope
}

case_NothingRemainsOfAKilledSupervisor() {
  workload killed '{processes: 30}' <<'END'
import os, time
os.fork()
time.sleep(1000)
END
  : >/tmp/killed.status && chown vmuser /tmp/killed.status
  start killed &
  until_true 300 is_there
  until_true 300 grep -q started /tmp/killed.status
  [[ $(wc -l <"$(work)/cgroup.procs") -ge 2 ]]
  local supervisor
  supervisor=$(<"$(scopes)/sup/cgroup.procs")
  kill -KILL "$supervisor"
  wait $! || :
  until_true 100 no_scope
}

# No signal of init's reaches a process of another PID namespace: cgroup.kill does,
# whether the workload ended when it was asked to or had to be ended.
case_WhoeverIsInTheCgroupEndsWithIt() {
  : >/tmp/joined.status && chown vmuser /tmp/joined.status
  for does in SIG_DFL SIG_IGN; do
    workload joined '{processes: 30}' <<END
import signal, time
signal.signal(signal.SIGTERM, signal.$does)
print("waits", flush=True)
time.sleep(1000)
END
    echo 'stop: {grace: 1s}' >>/tmp/joined.yaml
    : >/tmp/joined.out # of the run before this one
    start joined >/tmp/joined.out &
    local run=$! inside outside
    until_true 300 grep -q waits /tmp/joined.out
    setpriv --reuid 4242 --clear-groups /usr/bin/sleep 3333 &
    inside=$!
    setpriv --reuid 4242 --clear-groups /usr/bin/sleep 3333 &
    outside=$!
    echo $inside >"$(work)/cgroup.procs"
    as_user ringfence stop joined
    wait $run || :
    expect_code 137 wait $inside
    kill -0 $outside # the control
    kill $outside
    until_true 100 no_scope
  done
}

case_ADelegatedScopeIsUsedAsItIs() {
  workload own '{memory: {max: 64Mi, if_available: false}}' <<<'print("ran")'
  as_user systemd-run --user --scope -q --unit own -p Delegate=yes \
    ringfence run --verbose /tmp/own.yaml >/tmp/out 2>&1
  expect_text ran /tmp/out
  expect_text 'memory: enforced: memory.max 67108864' /tmp/out
  no_scope
  [[ -z $(work) ]]
}

case_DoctorSaysWhoMakesTheCgroup() {
  as_user ringfence doctor >/tmp/out || :
  expect_text 'your systemd manager makes a cgroup for each workload' /tmp/out
}

# The last one of this file: it ends the manager.
case_WithoutAManagerARequiredLimitRefuses() {
  workload lone '{memory: {max: 64Mi, if_available: false}}' <<<'print("ran")'
  systemctl stop user@4242
  expect_code 121 as_user ringfence run /tmp/lone.yaml >/tmp/out 2>&1
  expect_text 'the limit on memory is required' /tmp/out
  expect_text 'loginctl enable-linger 4242' /tmp/out
  as_user ringfence doctor >/tmp/out || :
  expect_text 'no systemd manager of this user runs' /tmp/out
  systemctl start user@4242
  as_user ringfence run /tmp/lone.yaml
}
