# The examples under profiles of their own: each does its work, and the kernel
# has nothing to log.

# Compiles and loads the profile of an example's workload, in a copy that the
# user owns.
prepare() { # prepare EXAMPLE WORKLOAD...
  local example=$1 workload
  shift
  cp -r "$EXAMPLES/$example" /home/vmuser/
  chown -R 4242:4242 "/home/vmuser/$example"
  cd "/home/vmuser/$example"
  for workload; do
    ringfence compile "$workload.yaml" -o /tmp/compiled
    apparmor_parser -r -K "/tmp/compiled/$(sed -n 's/^name: //p' "$workload.yaml").apparmor"
  done
  dmesg -C
}

# What ran last did so under a profile of its own, and met with no denial.
expect_quiet() { # expect_quiet LEVEL.WORKLOAD
  expect_text "\"detail\":\"ringfence-$1 (enforce)\"" /home/vmuser/status
  if dmesg | grep 'apparmor="DENIED".*profile="ringfence'; then
    fail 'something was denied'
  fi
}

run() { as_user ringfence run --status-file /home/vmuser/status "$@"; }

case_PythonRunsWithoutADenial() {
  prepare python python
  run python.yaml >/tmp/out
  expect_text '100 jobs, total 328350, sha256 863a9b46' /tmp/out
  expect_quiet "$(sed -n 's/^trust: //p' python.yaml).python"
}

case_NodeRunsWithoutADenial() {
  prepare node node
  run node.yaml >/tmp/out
  expect_text 'primes: 2262' /tmp/out
  expect_quiet public.node
}

case_JavaRunsWithoutADenial() {
  prepare java java
  # It starts from the source on a machine that is ten times slower.
  sed -i 's/^time_limit: .*/time_limit: 10m/' java.yaml
  run java.yaml >/tmp/out
  expect_text 'heard 800000 over TLSv1.3' /tmp/out
  expect_quiet public.java
}

case_RedisRunsWithoutADenial() {
  prepare redis redis
  run redis.yaml >/tmp/out &
  redis() { redis-cli --no-auth-warning -a change-me "$@"; }
  until_true 600 grep -q 'Ready to accept' /tmp/out
  [[ $(redis SET gate shut) == OK ]]
  [[ $(redis GET gate) == shut ]]
  [[ $(redis SAVE) == OK ]]
  as_user ringfence stop redis
  wait $!
  expect_quiet internal.redis
}

case_PostgreSqlRunsWithoutADenial() {
  prepare postgresql initdb postgresql
  echo correct-horse >password
  chown 4242:4242 password
  run initdb.yaml >/tmp/out
  expect_quiet critical.postgresql-initdb
  run postgresql.yaml 2>/tmp/out &
  until_true 600 grep -q 'ready to accept' /tmp/out
  [[ $(PGPASSWORD=correct-horse psql -h 127.0.0.1 -U postgres -At -c \
    'CREATE TABLE t AS SELECT generate_series(1, 100) AS n;
     SELECT sum(n) FROM t') == *5050 ]]
  as_user ringfence stop postgresql
  wait $!
  expect_quiet critical.postgresql
}
