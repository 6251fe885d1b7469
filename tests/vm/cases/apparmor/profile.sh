# The AppArmor backend's profiles, as the kernel takes them.

case_TheProfileOfEveryLevelConfines() {
  for level in critical internal public untrusted; do
    expect_code 1 confined ringfence-$level /usr/bin/true # not loaded
    load_profile "$PROFILES/$level.yaml"
    [[ $(confined ringfence-$level /usr/bin/cat /proc/self/attr/current) == \
      "ringfence-$level (enforce)" ]]
    cp /usr/bin/true /tmp/executable
    /tmp/executable
    expect_code 126 confined ringfence-$level /usr/bin/env /tmp/executable
    mkdir -p /tmp/mountpoint
    mount -t tmpfs none /tmp/mountpoint
    umount /tmp/mountpoint
    expect_code 32 confined ringfence-$level \
      /usr/bin/mount -t tmpfs none /tmp/mountpoint
  done
}

case_APathMatchesItselfAlone() {
  local odd='/srv/a*b [c]{d,e}^"q?\x' other='/srv/aZb c{d,e}^"q?\x'
  mkdir -p "$odd" "$other" "${odd}y"
  for folder in "$odd" "$other" "${odd}y"; do echo text >"$folder/file"; done
  cat >/tmp/odd.yaml <<'END'
kind: Workload
name: odd
trust: untrusted
command: [/usr/bin/true]
filesystem: {read: [{host: /srv, at: '/srv/a*b [c]{d,e}^"q?\x'}]}
END
  load_profile /tmp/odd.yaml
  confined ringfence-untrusted.odd /usr/bin/cat "$odd/file"
  confined ringfence-untrusted.odd /usr/bin/ls "$odd"
  expect_code 1 confined ringfence-untrusted.odd /usr/bin/cat "$other/file"
  expect_code 1 confined ringfence-untrusted.odd /usr/bin/cat "${odd}y/file"
}
