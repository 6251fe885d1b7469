# A clock that is put forward or back while workloads run.

case_AClockThatJumpsLosesNothing() {
  sleeper() { # sleeper NAME TIME_LIMIT
    cat >"/tmp/$1.yaml" <<END
kind: Workload
name: $1
trust: untrusted
command: [/usr/bin/sleep, '1000']
time_limit: $2
END
    as_user ringfence run --status-file "/tmp/$1.status" "/tmp/$1.yaml" &
    until_true 300 grep -q '"event":"started"' "/tmp/$1.status"
  }
  # $SECONDS would jump, too.
  uptime_s() { cut -d. -f1 /proc/uptime; }
  local booted
  booted=$(($(date +%s) - $(uptime_s)))
  for name in days brief; do
    : >/tmp/$name.status && chown vmuser /tmp/$name.status
  done
  sleeper days 1h
  date -s '+3 days'
  # It has not run for three days, nor for an hour.
  as_user ringfence ps >/tmp/out
  grep -qE '^days .* [0-9]+ (s|min) ' /tmp/out || { cat /tmp/out && false; }
  as_user ringfence run --trust untrusted -- /usr/bin/true
  # Back beyond the start of it all: a limit of some seconds passes all the same.
  sleeper brief 3s
  local brief=$!
  date -s '-10 days'
  expect_code 124 wait $brief
  expect_text '"cause":"time-limit"' /tmp/brief.status
  as_user ringfence ps >/tmp/out
  grep -qE '^days .* [0-9]+ (s|min) ' /tmp/out || { cat /tmp/out && false; }
  as_user ringfence inspect days >/tmp/out
  as_user ringfence stop days
  expect_text '"cause":"stopped"' /tmp/days.status
  as_user ringfence run --trust public -- /usr/bin/true
  # The log is in the order of what happened, whatever its times say.
  as_user ringfence log verify >/tmp/out
  as_user ringfence log show >/tmp/out
  expect_text 'brief' /tmp/out
  date -s "@$((booted + $(uptime_s)))"
}
