# ringfence@.service: a workload as a service.

show() { systemctl show --value -p "$1" ringfence@svc; }
is_again() { [[ $(show NRestarts) == 1 && $(show ActiveState) == active ]]; }
group() { echo /sys/fs/cgroup"$(show ControlGroup)"; }

service() {
  ringfence host init
  grep -q '^svc:' /etc/passwd || {
    echo 'svc:x:4343:4343::/nonexistent:/usr/sbin/nologin' >>/etc/passwd
    echo 'svc:x:4343:' >>/etc/group
  }
  mkdir -p /etc/ringfence/workloads /srv/svc /run/systemd/system/ringfence@svc.service.d
  cat >/srv/svc/script.py <<'END'
import os, socket, time
print("the workload speaks", flush=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect(os.environ["NOTIFY_SOCKET"])
s.send(b"READY=1\nSTATUS=serves")
time.sleep(1000)
END
  cat >/etc/ringfence/workloads/svc.yaml <<'END'
kind: Workload
name: svc
trust: untrusted
command: [/usr/bin/python3, /work/script.py]
filesystem: {read: [{host: /srv/svc/script.py, at: /work/script.py}]}
limits: {memory: {max: 128Mi, if_available: false}}
END
  printf '[Service]\nType=notify\n' \
    >/run/systemd/system/ringfence@svc.service.d/notify.conf
  systemctl daemon-reload
  systemctl start systemd-journald
}

case_AUnitBehavesLikeAPlainOne() {
  service
  # It comes back once the workload has said that it is ready.
  systemctl start ringfence@svc
  [[ $(show StatusText) == serves ]]
  [[ $(<"$(group)/work/memory.max") == 134217728 ]]
  journalctl --sync
  journalctl -u ringfence@svc >/tmp/out
  expect_text 'the workload speaks' /tmp/out
  local first
  first=$(show MainPID)
  systemctl restart ringfence@svc
  [[ $(show MainPID) != "$first" && $(show ActiveState) == active ]]
  systemctl stop ringfence@svc
  [[ $(show ActiveState) == inactive && $(show Result) == success ]]
  [[ ! -e /sys/fs/cgroup/system.slice/system-ringfence.slice/ringfence@svc.service/work ]]
}

case_AUnitComesBackAfterAFailureAndNotAfterARefusal() {
  service
  systemctl start ringfence@svc
  kill -KILL "$(show MainPID)"
  until_true 300 is_again
  systemctl stop ringfence@svc
  ringfence host accept public
  expect_code 1 systemctl start ringfence@svc
  [[ $(show ActiveState) == failed && $(show ExecMainStatus) == 120 ]]
  [[ $(show NRestarts) == 0 ]]
  ringfence host accept --all
  systemctl reset-failed ringfence@svc
  systemctl start ringfence@svc
  systemctl stop ringfence@svc
  ringfence host deinit
}
