#!/usr/bin/env python3
"""Writes a small, complete SELinux policy with MLS as CIL.

    tests/vm/policy/base.py >base.cil

One trusted type for every process of the guest (sys_t) and one for its files
(host_t), so that nothing has to be labelled. What is tested comes in modules
beside it. The classes and permissions are those of
security/selinux/include/classmap.h, as far as the tests need them.
"""

CATEGORIES = 1024

FILE = """ioctl read write create getattr setattr lock relabelfrom relabelto
    append map unlink link rename execute quotaon mounton audit_access open
    execmod watch watch_mount watch_sb watch_with_perm watch_reads"""
SOCKET = """ioctl read write create getattr setattr lock relabelfrom relabelto
    append map bind connect listen accept getopt setopt shutdown recvfrom
    sendto name_bind"""
IPC = """create destroy getattr setattr read write associate unix_read
    unix_write"""
CAPABILITY = """chown dac_override dac_read_search fowner fsetid kill setgid
    setuid setpcap linux_immutable net_bind_service net_broadcast net_admin
    net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace
    sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config
    mknod lease audit_write audit_control setfcap"""
CAPABILITY2 = """mac_override mac_admin syslog wake_alarm block_suspend
    audit_read perfmon bpf checkpoint_restore"""

# The first ones stand in the order that the kernel is compiled with.
CLASSES = {
    "security": """compute_av compute_create compute_member check_context
        load_policy compute_relabel compute_user setenforce setbool setsecparam
        setcheckreqprot read_policy validate_trans""",
    "process": """fork transition sigchld sigkill sigstop signull signal ptrace
        getsched setsched getsession getpgid setpgid getcap setcap share
        getattr setexec setfscreate noatsecure siginh setrlimit rlimitinh
        dyntransition setcurrent execmem execstack execheap setkeycreate
        setsockcreate getrlimit""",
    "process2": "nnp_transition nosuid_transition",
    "system": """ipc_info syslog_read syslog_mod syslog_console module_request
        module_load""",
    "capability": CAPABILITY,
    "capability2": CAPABILITY2,
    "cap_userns": CAPABILITY,
    "cap2_userns": CAPABILITY2,
    "filesystem": """mount remount unmount getattr relabelfrom relabelto
        associate quotamod quotaget watch""",
    "file": FILE + " execute_no_trans entrypoint",
    "dir": FILE + " add_name remove_name reparent search rmdir",
    "fd": "use",
    "lnk_file": FILE,
    "chr_file": FILE,
    "blk_file": FILE,
    "sock_file": FILE,
    "fifo_file": FILE,
    "anon_inode": FILE,
    "socket": SOCKET,
    "tcp_socket": SOCKET + " node_bind name_connect",
    "udp_socket": SOCKET + " node_bind",
    "rawip_socket": SOCKET + " node_bind",
    "netlink_socket": SOCKET,
    "packet_socket": SOCKET,
    "netlink_route_socket": SOCKET + " nlmsg_read nlmsg_write",
    "netlink_audit_socket": SOCKET + """ nlmsg_read nlmsg_write nlmsg_relay
        nlmsg_readpriv nlmsg_tty_audit""",
    "netlink_kobject_uevent_socket": SOCKET,
    "unix_stream_socket": SOCKET + " connectto",
    "unix_dgram_socket": SOCKET,
    "vsock_socket": SOCKET,
    "alg_socket": SOCKET,
    "node": "recvfrom sendto",
    "netif": "ingress egress",
    "peer": "recv",
    "packet": "send recv relabelto forward_in forward_out",
    "ipc": IPC,
    "sem": IPC,
    "msgq": IPC + " enqueue",
    "msg": "send receive",
    "shm": IPC + " lock",
    "key": "view read write search link setattr create",
    "kernel_service": "use_as_override create_files_as",
    "bpf": "map_create map_read map_write prog_load prog_run",
    "perf_event": "open cpu kernel tracepoint read write",
    "io_uring": "override_creds sqpoll cmd",
    "user_namespace": "create",
}
# security/selinux/include/initial_sid_to_string.h; unused ones keep a place.
SIDS = """kernel security unlabeled fs file file_labels init any_socket port
    netif netmsg node igmp_packet icmp_socket tcp_socket sysctl_modprobe sysctl
    sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev
    kmod policy scmp_packet devnull""".split()
CONTEXT_OF = {"kernel": "sys_c", "init": "sys_c", "devnull": "null_c"}

LABELLED_BY_TASK = "pipefs sockfs".split()
LABELLED_ON_REQUEST = "tmpfs devtmpfs devpts shm hugetlbfs mqueue".split()
LABELLED_AS_ONE = """proc sysfs securityfs selinuxfs cgroup cgroup2 9p overlay
    rootfs nsfs anon_inodefs bdev debugfs tracefs bpf""".split()


def policy():
    yield "(handleunknown allow)(mls true)"
    for capability in ("open_perms", "extended_socket_class",
                       "cgroup_seclabel", "nnp_nosuid_transition"):
        yield f"(policycap {capability})"
    for name, permissions in CLASSES.items():
        yield f"(class {name} ({' '.join(permissions.split())}))"
    yield f"(classorder ({' '.join(CLASSES)}))"
    for sid in SIDS:
        yield f"(sid {sid})"
    yield f"(sidorder ({' '.join(SIDS)}))"
    yield "(sensitivity s0)(sensitivityorder (s0))"
    names = [f"c{number}" for number in range(CATEGORIES)]
    for name in names:
        yield f"(category {name})"
    yield f"(categoryorder ({' '.join(names)}))"
    everything = f"(range c0 {names[-1]})"
    yield f"(sensitivitycategory s0 {everything})"
    yield f"(level low (s0))(level high (s0 {everything}))"
    yield "(levelrange lowlow (low low))(levelrange lowhigh (low high))"
    yield """(user sys_u)(role sys_r)(role object_r)
(userrole sys_u sys_r)(userrole sys_u object_r)
(userlevel sys_u low)(userrange sys_u lowhigh)
(type sys_t)(roletype sys_r sys_t)(roletype object_r sys_t)
(type host_t)(roletype object_r host_t)
(type null_device_t)(roletype object_r null_device_t)
(context sys_c (sys_u sys_r sys_t lowhigh))
(context host_c (sys_u object_r host_t lowlow))
(context null_c (sys_u object_r null_device_t lowlow))
(typeattribute all_types)(typeattributeset all_types (all))
(typeattribute mcs_constrained)
(allow all_types null_device_t
  (chr_file (read write append getattr open ioctl)))
(allow all_types host_t (filesystem (associate)))"""
    for sid in SIDS:
        yield f"(sidcontext {sid} {CONTEXT_OF.get(sid, 'host_c')})"
    for name in LABELLED_ON_REQUEST:
        yield f"(fsuse trans {name} host_c)"
    for name in LABELLED_BY_TASK:
        yield f"(fsuse task {name} host_c)"
    for name in LABELLED_AS_ONE:
        yield f'(genfscon {name} "/" host_c)'
    for name in CLASSES:
        yield f"(allow sys_t all_types ({name} (all)))"
    # Whoever is constrained must hold the categories of what it touches.
    reach = "(or (dom h1 h2) (neq t1 mcs_constrained))"
    yield f"""(mlsconstrain (file (read write append execute map ioctl create
  getattr setattr unlink rename link entrypoint)) {reach})
(mlsconstrain (dir (read write search getattr add_name remove_name rmdir))
  {reach})
(mlsconstrain (process (transition ptrace sigkill signal sigstop)) {reach})"""


if __name__ == "__main__":
    print("\n".join(policy()))
