# Limits on disks. All of the workload has to lie on one, which an overlay, as the
# guest's root is, names none of: so its program is a static one, on a disk of its
# own, and its level shows nothing else.

readonly FOR_CASES=/usr/lib/ringfence-tests
readonly G=/sys/fs/cgroup/g

# A partition at /srv, of a disk that is DEVICE, until the case ends.
disk() {
  local module
  for module in loop crc32c_generic crc16 mbcache jbd2 ext4; do
    [[ -d /sys/module/$module ]] || $FOR_CASES/busybox insmod $FOR_CASES/$module.ko
  done
  rm -f /tmp/disk
  truncate -s 64M /tmp/disk
  # A partition table with one entry: type 83, from 1 MiB to the end.
  printf '\0\0\0\0\203\0\0\0\0\10\0\0\0\370\1\0' |
    dd of=/tmp/disk bs=1 seek=446 conv=notrunc status=none
  printf '\125\252' | dd of=/tmp/disk bs=1 seek=510 conv=notrunc status=none
  DISK=$(losetup -Pf --show /tmp/disk)
  trap 'umount -l /srv; losetup -d $DISK' EXIT
  DEVICE=$(<"/sys/class/block/${DISK#/dev/}/dev")
  until_true 50 test -b "${DISK}p1"
  mkfs.ext4 -q "${DISK}p1"
  mkdir -p /srv
  mount "${DISK}p1" /srv
  mkdir /srv/data
  chown vmuser /srv/data
  cp $FOR_CASES/busybox /srv/busybox
  dd if=/dev/urandom of=/srv/data/big bs=1M count=8 status=none
  chown vmuser /srv/data/big
}

cgroup() { # cgroup CONTROLLER...
  echo "${*/#/+}" >/sys/fs/cgroup/cgroup.subtree_control
  mkdir -p $G
  echo "${*/#/+}" >$G/cgroup.subtree_control
  mkdir -p $G/shell $G/job
  chown vmuser $G $G/cgroup.procs
  chown vmuser $G/{shell,job} $G/{shell,job}/cgroup.{procs,subtree_control,threads}
}

level_and_workload() { # level_and_workload LIMITS SCRIPT
  mkdir -p /home/vmuser/disk
  cp -r $PROFILES/. /home/vmuser/disk
  cat >/home/vmuser/disk/on-a-disk.yaml <<'YAML'
kind: TrustLevel
name: on-a-disk
extends: public
filesystem: {may_read: [/srv], may_write: [/srv], may_execute: [/srv]}
YAML
  cat >/home/vmuser/disk/copier.yaml <<YAML
kind: Workload
name: copier
trust: on-a-disk
command: [/srv/busybox, sh, -c, "$2"]
filesystem:
  read: [{host: /srv/busybox, at: /srv/busybox, execute: true}]
  write: [{host: /srv/data, at: /srv/data}]
limits: $1
YAML
}

run() {
  local code=0
  sync
  echo 3 >/proc/sys/vm/drop_caches
  bash -c "echo \$\$ >$G/shell/cgroup.procs && exec setpriv --reuid 4242 \
    --regid 4242 --clear-groups ringfence run --cgroup $G/job --verbose \
    --profiles /home/vmuser/disk /home/vmuser/disk/copier.yaml" \
    >/tmp/out 2>&1 || code=$?
  cat /tmp/out
  return $code
}

# The seconds that each of the programs took, without the launch.
times() {
  sed -nE 's/^real[^0-9]*([0-9]+)m ([0-9.]+)s/\1 \2/p' /tmp/out |
    awk '{printf "%s ", 60 * $1 + $2}'
}

case_WhatIsReadFromADiskAndWrittenToItIsLimited() {
  local busybox='/srv/busybox time /srv/busybox' copy
  copy="$busybox dd if=/srv/data/big of=/dev/null bs=64k;
    $busybox dd if=/dev/zero of=/srv/data/new bs=64k count=64 conv=fsync"
  disk
  cgroup memory cpu pids io
  level_and_workload '{disk_read: 4Mi, disk_write: 2Mi}' "$copy"
  run
  for name in disk_read disk_write; do
    expect_text "$name: enforced: io.max $DEVICE rbps=4194304 wbps=2097152" \
      /tmp/out
  done
  local limited
  limited=$(times)
  level_and_workload '{disk_read: 1Gi, disk_write: 1Gi}' "$copy"
  run
  echo "limited: $limited, the control: $(times)"
  # 8 MiB are read, and 4 MiB written.
  awk '{exit !($1 > 1.8 && $2 > 1.8 && $3 < 1.8 && $4 < 1.8)}' \
    <<<"$limited $(times)"
}

case_ADiskThatCannotBeLimitedRefuses() {
  disk
  cgroup memory cpu pids io
  # The guest's /usr is an overlay.
  cat >/home/vmuser/lone-disk.yaml <<'YAML'
kind: Workload
name: lone
trust: untrusted
command: [/usr/bin/true]
limits: {disk_read: 1Mi}
YAML
  in_shell() {
    bash -c "echo \$\$ >$G/shell/cgroup.procs && exec setpriv --reuid 4242 \
      --regid 4242 --clear-groups ringfence run --cgroup $G/job --verbose \
      /home/vmuser/lone-disk.yaml"
  }
  expect_code 121 in_shell >/tmp/out 2>&1
  expect_text 'the limit on disk_read is required, and cannot be enforced here: ' /tmp/out
  expect_text 'lies on overlay, which names no disk of its own' /tmp/out
  sed -i 's/1Mi/{max: 1Mi, if_available: true}/' /home/vmuser/lone-disk.yaml
  in_shell >/tmp/out 2>&1
  expect_text 'disk_read: not enforced: 1048576 bytes a second: ' /tmp/out
  # And where nobody handed the controller on.
  echo -io >$G/cgroup.subtree_control
  level_and_workload '{disk_read: 1Mi}' true
  expect_code 121 run
  expect_text 'has no io.max: the controller is not delegated' /tmp/out
}
