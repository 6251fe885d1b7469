# The escape set, under everything that the machine has together.

case_EveryTechniqueIsStopped() {
  case $VM_BOOT in
    selinux) load_levels ;;
    apparmor) load_profile "$PROFILES/untrusted.yaml" ;;
  esac
  as_user ringfence attack untrusted >/tmp/out || { cat /tmp/out; fail 'not stopped'; }
  tail -3 /tmp/out
}
