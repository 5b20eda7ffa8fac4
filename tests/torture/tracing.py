"""Running a command under strace: which system calls touch a place, and making one of them fail or kill."""
import collections
import re
import subprocess

CALLS = ("openat openat2 read pread64 write writev pwrite64 fsync fdatasync sync_file_range rename renameat renameat2 "
         "unlink unlinkat mkdir mkdirat symlink symlinkat link linkat fchmod fchmodat ftruncate fallocate flock close "
         "getdents64 readlinkat newfstatat fstat statx copy_file_range sendfile").split()
SYNCS = ("fsync", "fdatasync")
# What an error or a kill does: the call is not carried out.
ACTIONS = {"EIO": "error=EIO", "ENOSPC": "error=ENOSPC", "SIGKILL": "signal=SIGKILL"}

_LINE = re.compile(r"^(\d+) +(\w+)\(")

# One call of a command: strace counts the calls of one name in each thread.
Instance = collections.namedtuple("Instance", "call number")


class Traced:
    """The outcome of a command under strace: code, err, and the lines of the log."""

    def __init__(self, place, line, inject=None):
        log = place.folder.parent / (place.folder.name + ".strace")
        strace = ["strace", "-f", "-y", "-qq", "-s", "0", "-o", str(log), "-e", "trace=" + ",".join(CALLS)]
        if inject:
            instance, action = inject
            strace += ["-e", f"inject={instance.call}:{ACTIONS[action]}:when={instance.number}"]
            # Quicker, for other calls then run at full speed; but it loses injected signals (strace 6.1).
            strace += ["--seccomp-bpf"] if action != "SIGKILL" else []
        done = subprocess.run([*strace, *place.line(line)], env=place.environment, capture_output=True, text=True,
                              timeout=600, stdin=subprocess.DEVNULL, check=False)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.lines = log.read_text(errors="replace").splitlines()
        log.unlink()
        self.folder = str(place.folder) + "/"

    @property
    def killed(self):
        return self.code in (-9, 137)

    def touches(self, line):
        return self.folder in line

    def instances(self):
        """Every call that touches the place, once for each number it has in any thread."""
        counts, found = collections.Counter(), []
        for line in self.lines:
            match = _LINE.match(line)
            if not match:
                continue
            counts[match.groups()] += 1
            if self.touches(line):
                found.append(Instance(match.group(2), counts[match.groups()]))
        return list(dict.fromkeys(found))

    def injected_into(self, folder):
        """True when the call that failed was about something in this folder of the place."""
        return any("(INJECTED)" in line and f"{self.folder}{folder}" in line for line in self.lines)

    def hit(self, instance, action):
        """True when the injection met a call that touches the place."""
        if action == "SIGKILL":
            calls = [line for line in self.lines if _LINE.match(line) and f" {instance.call}(" in line]
            return self.killed and any(self.touches(line) for line in calls[-1:])
        return any("(INJECTED)" in line and self.touches(line) for line in self.lines)


def why_unusable(place):
    """"" when strace can trace and inject here; else what it said."""
    try:
        done = subprocess.run(["strace", "-f", "-qq", "-o", str(place / "probe"), "-e", "trace=openat", "-e",
                               "inject=openat:error=EIO:when=1", "cat", "/dev/null"], capture_output=True, text=True,
                              timeout=60, check=False)
    except FileNotFoundError:
        return "strace is not installed: run scripts/setup"
    log = place / "probe"
    if log.exists() and "(INJECTED)" in log.read_text():
        log.unlink()
        return ""
    return "strace cannot trace here (is ptrace forbidden?): " + (done.stderr.strip() or f"exit {done.returncode}")
