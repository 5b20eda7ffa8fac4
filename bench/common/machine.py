"""What a result was measured on: nothing that names the machine or its folders."""
import os
import pathlib
import platform
import re
import subprocess

from common.places import ROOT


def _cpu():
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found.group(1).strip() if found else platform.machine()


def _memory_gib():
    kib = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8")).group(1)
    return round(int(kib) / (1 << 20), 1)


def _output(*command):
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    return run.stdout.strip() if run.returncode == 0 else ""


def _commit():
    """With a plus where the measured sources are not the commit's."""
    changed = _output("git", "status", "--porcelain", "--", "src", "apps", "cmake", "CMakeLists.txt", "CMakePresets.json")
    return _output("git", "rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def facts(lotmark):
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "kernel": platform.release(),
        "file_system": _output("findmnt", "-n", "-o", "FSTYPE", "-T", str(ROOT)),
        "lotmark": ", ".join(_output(lotmark, "--version").splitlines()),
        "commit": _commit(),
        "openssl": " ".join(_output("openssl", "version").split()[:2]),
        "compiler": _output("c++", "--version").splitlines()[0] if _output("c++", "--version") else "",
    }
