"""Where things lie. Everything that benchmarks make lies beneath build/bench and .venv."""
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "bench"
WORK = ROOT / "build/bench"  # on the disk that is measured: /tmp may be memory, where a sync costs nothing
TOOLS = WORK / "tools"  # Debian's nginx and wrk, unpacked by scripts/bench
PROGRAMS = ROOT / "build/release/bin"
VENV_PYTHON = ROOT / ".venv/bin/python"
DEMO = ROOT / "demo/models/2024-v1"
DEMO_IMAGES = ROOT / "demo/images"
IMAGE = DEMO_IMAGES / "lesion_01.jpg"  # 600 x 450
