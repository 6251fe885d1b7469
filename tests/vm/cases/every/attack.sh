# The escape set, under everything that the machine has together.

case_EveryTechniqueIsStopped() {
  load_policy "$PROFILES/untrusted.yaml"
  as_user ringfence attack untrusted >/tmp/out || { cat /tmp/out; fail 'not stopped'; }
  tail -3 /tmp/out
}
