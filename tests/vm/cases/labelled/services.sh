# The examples under a label: each does its work, and the kernel has nothing to
# log. With AppArmor each has a profile of its own; with SELinux it is its level's
# label and its own pair of categories.

# A copy of an example that the user owns.
enter() { # enter EXAMPLE
  cp -r --preserve=timestamps "$EXAMPLES/$1" /home/vmuser/
  chown -R 4242:4242 "/home/vmuser/$1"
  cd "/home/vmuser/$1"
}

load() { # load WORKLOAD...
  load_policy "${@/%/.yaml}"
  dmesg -C
}

prepare() { # prepare EXAMPLE WORKLOAD...
  enter "$1"
  load "${@:2}"
}

# What ran last did so under a label of its own, and met with no denial.
expect_quiet() { # expect_quiet LEVEL.WORKLOAD
  if [[ $VM_BOOT == selinux ]]; then
    grep -q "\"detail\":\"system_u:system_r:ringfence_${1%.*}_t:s0:c[0-9]*,c[0-9]*\"" \
      /home/vmuser/status || { cat /home/vmuser/status; fail 'another label'; }
  else
    expect_text "\"detail\":\"ringfence-$1 (enforce)\"" /home/vmuser/status
  fi
  expect_no_denial
}

run() { as_user ringfence run --status-file /home/vmuser/status "$@"; }

case_PythonRunsWithoutADenial() {
  prepare python python
  run python.yaml >/tmp/out
  expect_text '100 jobs, total 328350, sha256 863a9b46' /tmp/out
  expect_quiet "$(sed -n 's/^trust: //p' python.yaml).python"
}

case_NodeRunsWithoutADenial() {
  enter node
  # There is one processor, and threads that compile would only wait for it.
  echo 'environment: {NODE_OPTIONS: --v8-pool-size=0}' >>node.yaml
  load node
  run node.yaml >/tmp/out
  expect_text 'primes: 2262' /tmp/out
  expect_quiet public.node
}

case_JavaRunsWithoutADenial() {
  enter java
  # On a machine that is ten times slower, and on which compiled code costs more
  # than it saves: its class, fewer rounds, less of them compiled, and a key store
  # that is not made hard to guess.
  sed -i 's/^time_limit: .*/time_limit: 10m/
    s|/srv/app/Service.java\]|-cp, /srv/app, Service]|
    s|Service\.java|Service.class|g' java.yaml
  local options='-Drounds=10000 -XX:TieredStopAtLevel=1 -XX:CompileThresholdScaling=10' of
  for of in mac certPbe keyPbe; do options+=" -Dkeystore.pkcs12.${of}IterationCount=1"; done
  echo "environment: {JAVA_TOOL_OPTIONS: $options}" >>java.yaml
  load java
  run java.yaml >/tmp/out
  expect_text 'heard 40000 over TLSv1.3' /tmp/out
  grep -E ' [1-9][0-9]* garbage collections, [1-9][0-9]* ms of compiling' /tmp/out
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

case_NginxRunsWithoutADenial() {
  prepare storefront storefront
  run storefront.yaml &
  until_true 300 curl -sf -o /tmp/page http://127.0.0.1:8080/
  expect_text 'Served from inside a ringfence' /tmp/page
  as_user ringfence stop storefront
  wait $!
  expect_quiet public.storefront
}

# A policy that goes away while a launch that was checked waits for its turn.
case_ALabelThatVanishesAfterTheCheckIsRefused() {
  sed "s/^trust: .*/trust: critical/; s/^name: .*/name: first/" >/tmp/first.yaml <<'END'
kind: Workload
name: x
trust: x
command: [/usr/bin/sleep, "1000"]
END
  sed 's/name: first/name: second/; s/trust: critical/trust: public/
    s|^command: .*|command: [/usr/bin/touch, /tmp/ran]|' \
    /tmp/first.yaml >/tmp/second.yaml
  vanish() {
    if [[ $VM_BOOT == selinux ]]; then
      dd if=/vmout/policy.selinux of=/sys/fs/selinux/load bs=64M
    else
      printf ringfence-public >/sys/kernel/security/apparmor/.remove
    fi
  }
  load_policy "$PROFILES/public.yaml"
  as_user ringfence run --wait=100s /tmp/second.yaml # the control
  as_user ringfence run /tmp/first.yaml &
  pid_of sleep
  as_user ringfence run --wait=100s /tmp/second.yaml 2>/tmp/out &
  local second=$!
  until_true 300 grep -q 'waiting until' /tmp/out
  vanish
  as_user ringfence stop first
  expect_code 121 wait $second
  expect_text 'cannot select the label' /tmp/out
}
