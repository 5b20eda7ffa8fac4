"""confined.py UNIT PROGRAM...: runs a program under the system call filter of a systemd unit and without memory that is
both writable and executable, as systemd would. For a machine where systemd itself does not run.
"""
import ctypes
import functools
import os
import pathlib
import re
import subprocess
import sys

EPERM, ALLOW, ERRNO = 1, 0x7FFF0000, 0x00050000
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
seccomp.seccomp_init.restype = ctypes.c_void_p
seccomp.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
seccomp.seccomp_load.argtypes = [ctypes.c_void_p]


@functools.cache
def groups():
    """What systemd knows: {name of a group: names of calls and groups in it}."""
    found = {}
    shown = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout
    for line in shown.splitlines():
        if line.startswith("@"):
            members = found[line] = []
        elif re.fullmatch(r" +@?[a-z0-9_-]+", line) and found:
            members.append(line.strip())
    return found


def calls_of(name):
    """Names of the calls in a group such as @system-service, and in the groups that it holds."""
    if not name.startswith("@"):
        return {name}
    return set().union(*(calls_of(member) for member in groups()[name]))


def allowed(unit):
    # What systemd always allows, since a program needs it to begin.
    calls = calls_of("@default")
    for line in re.findall(r"^SystemCallFilter=(.+)$", unit, re.M):
        for word in line.split():
            group = calls_of(word.removeprefix("~"))
            calls = calls - group if word.startswith("~") else calls | group
    return calls | {"execve"}


def confine(unit):
    calls = allowed(unit)
    assert "openat" in calls and "mount" not in calls
    if "MemoryDenyWriteExecute=yes" in unit and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
        print("confined: this kernel cannot deny memory that is writable and executable", file=sys.stderr)
    rules = seccomp.seccomp_init(ERRNO | EPERM)
    for name in calls:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # others do not exist on this architecture
            assert seccomp.seccomp_rule_add(rules, ALLOW, number, 0) == 0, name
    assert seccomp.seccomp_load(rules) == 0


if __name__ == "__main__":
    confine(pathlib.Path(sys.argv[1]).read_text())
    os.execv(sys.argv[2], sys.argv[2:])
