"""Results as JSON, one file a benchmark, and all of them as bench/RESULTS.md."""
import dataclasses
import json
import os
import statistics

from common import machine
from common.places import BENCH

RESULTS = BENCH / "results"
ORDER = ["add", "verify", "classify", "service", "idle", "download", "start", "memory", "pool", "pointer",
         "swaps", "rollback"]


@dataclasses.dataclass
class Figure:
    """One number, and the goal it is held to: at_most, at_least, or None for a number that only informs."""
    what: str
    value: float
    unit: str = "x"
    at_most: float | None = None
    at_least: float | None = None

    def as_json(self):
        entry = {"what": self.what, "value": round(self.value, 3), "unit": self.unit}
        if self.at_most is not None:
            entry.update(at_most=self.at_most, met=self.value <= self.at_most)
        if self.at_least is not None:
            entry.update(at_least=self.at_least, met=self.value >= self.at_least)
        return entry


def median_ratio(numerators, denominators):
    """The median of the pairs' ratios: what disturbs the machine for longer than a pair disturbs both alike."""
    return statistics.median(a / b for a, b in zip(numerators, denominators))


class Recorder:
    """Made before measuring, so that it knows how busy the machine was."""

    def __init__(self, name, args):
        self.name = name
        self.args = args
        self.load_before = os.getloadavg()[0]

    def write(self, title, how, figures, detail, **more):
        report = {"benchmark": self.name, "title": title, "how": how, "rounds": self.args.rounds,
                  "quick": self.args.quick, "machine": machine.facts(self.args.lotmark), **more,
                  "load_average_before": round(self.load_before, 2), "load_average_after": round(os.getloadavg()[0], 2),
                  "figures": [figure.as_json() for figure in figures], "detail": detail}
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        write_page()
        for line in _rows(report):
            print(line)


def _goal(figure):
    if "at_most" in figure:
        return f"at most {figure['at_most']:g} {figure['unit']}"
    if "at_least" in figure:
        return f"at least {figure['at_least']:g} {figure['unit']}"
    return ""


def _rows(report):
    for figure in report["figures"]:
        met = {True: "yes", False: "**no**", None: ""}[figure.get("met")]
        yield (f"| {report['benchmark']} | {figure['what']} | {figure['value']:g} {figure['unit']} | {_goal(figure)} | "
               f"{met} |")


def _machine_lines(reports):
    """Facts that all results share once; a result from another machine or build says so itself."""
    facts = reports[-1]["machine"]
    yield (f"{facts['cpu']}, {facts['cores']} cores, {facts['memory_gib']:g} GiB of memory, {facts['file_system']}, Linux "
           f"{facts['kernel']}; {facts['lotmark']} (commit `{facts['commit']}`, release preset, {facts['compiler']}), "
           f"{facts['openssl']}.")
    yield ""
    yield ("A load average above the number of cores says that others were using the machine: then trust the figures in "
           "processor time and in memory more than those on the wall.")
    for report in reports:
        if report["machine"] != facts:
            other = {key: value for key, value in report["machine"].items() if facts.get(key) != value}
            yield f"But `{report['benchmark']}`: " + ", ".join(f"{key} {value}" for key, value in other.items()) + "."


def write_page():
    reports = []
    for name in ORDER:
        path = RESULTS / f"{name}.json"
        if path.exists():
            reports.append(json.loads(path.read_text(encoding="utf-8")))
    lines = ["# Benchmark results", "",
             "Written by `scripts/bench` from `bench/results/*.json`; [README.md](README.md) says what each measures.", "",
             *_machine_lines(reports), "", "| benchmark | figure | measured | goal | met |", "|---|---|---|---|---|"]
    for report in reports:
        lines.extend(_rows(report))
    for report in reports:
        quick = " This was a short run (`--quick`)." if report["quick"] else ""
        lines += ["", f"## {report['benchmark']}: {report['title']}", "",
                  f"{report['how']} {report['rounds']} rounds; load average {report['load_average_before']:.1f} before, "
                  f"{report['load_average_after']:.1f} after.{quick}"]
        if report.get("versions"):
            lines += ["", "Beside it: " + ", ".join(f"{key} {value}" for key, value in report["versions"].items()) + "."]
        lines += ["", *_detail_table(report["detail"])]
    (BENCH / "RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _detail_table(detail):
    """{row name: {column: number}}; lists of raw values stay in the JSON."""
    columns = []
    for row in detail.values():
        columns += [key for key, value in row.items() if not isinstance(value, list) and key not in columns]
    yield "| | " + " | ".join(column.replace("_", " ") for column in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for name, row in detail.items():
        yield f"| {name} | " + " | ".join(f"{row[column]:g}" if column in row else "" for column in columns) + " |"
