#!/usr/bin/env python3
"""The real program, with one system call failing or killing it: every changing command, every call that touches what the
command works on, each with EIO, ENOSPC and SIGKILL (strace -e inject).

After each run the rules of rules.py are checked: what the command said is so; recovery finds exactly old or new; twice is
once; the command can be run again. In a second round (when there are runs left) the recovery after a kill is injected too.
Prints `injected: N runs, B bad`; exits 1 when a rule was broken or nothing can be injected here.

    inject.py [--runs N] [--jobs N] [--only NAME]
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading

from commands import CASES, Place
import rules
import tracing

# The share of injections that must meet the call they were meant for: files are hashed by whichever thread is free, and
# calls are counted by thread, so it is not all.
ACCOUNT_FOR = 0.9
MEMORY = "/dev/shm"


class Base:
    """A case with the place it starts from, and what may be found afterwards (rules.allowed)."""

    def __init__(self, case, place, outcomes, first):
        self.case, self.place, self.outcomes = case, place, outcomes
        self.first = first  # whether it is the command itself, not the recovery after it
        self.instances = []


class Torture:
    def __init__(self, scratch, jobs, runs):
        self.scratch, self.jobs, self.wanted = scratch, jobs, runs
        self.lock = threading.Lock()
        self.next_place = 0
        self.checked = set()  # (case, fingerprint, what was said): one check stands for all
        self.states = {}      # fingerprint -> state
        self.dirty = {}       # (case, fingerprint) -> Base: what kills left that needs recovery
        self.calls = collections.Counter()
        self.runs = self.missed = 0
        self.bad = []

    def new_folder(self):
        with self.lock:
            self.next_place += 1
            return self.scratch / f"place-{self.next_place:06}"

    def prepare(self, case):
        place = Place(self.new_folder())
        place.prepare(case)
        clean = place.copy(self.new_folder())
        clean.ok(case.args)
        base = Base(case, place, rules.allowed(case, place, clean), first=True)
        clean.remove()
        return base

    def baseline(self, base):
        place = base.place.copy(self.new_folder())
        traced = tracing.Traced(place, base.case.args)
        place.remove()
        if traced.code != 0:
            raise RuntimeError(f"{base.case.name}: without an injection: {traced.err}")
        base.instances = traced.instances()

    def one(self, base, instance, action):
        """One run and its checks."""
        place = base.place.copy(self.new_folder())
        try:
            traced = tracing.Traced(place, base.case.args, (instance, action))
            if not traced.hit(instance, action):
                with self.lock:
                    self.missed += 1
                return
            self.check(base, place, traced, instance, action)
            with self.lock:
                self.runs += 1
                self.calls[instance.call] += 1
        except rules.Broken as broken:
            with self.lock:
                self.runs += 1
                self.bad.append(f"{base.case.name}: {instance.call} number {instance.number}, {action}: {broken}")
        finally:
            place.remove()

    def check(self, base, place, traced, instance, action):
        case, fingerprint = base.case, rules.fingerprint(place)
        if base.first:
            found = self.state(place, fingerprint)
            rules.check_answer(place, base.outcomes, found, traced, instance, action)
        acknowledged = base.first and traced.code == 0
        key = (case.name, fingerprint, acknowledged)
        with self.lock:
            if key in self.checked:
                return
            self.checked.add(key)
        kept = place.copy(self.new_folder()) if base.first and traced.killed else None
        rules.check_afterwards(place, case, base.outcomes, acknowledged)
        if kept:
            again = case.recovery()
            with self.lock:
                self.dirty[key] = Base(again, kept, base.outcomes, first=False)

    def state(self, place, fingerprint):
        if fingerprint not in self.states:
            self.states[fingerprint] = rules.state(place)
        return self.states[fingerprint]

    def round(self, bases):
        """Injections until there are as many runs as wanted, or no more: spread evenly over commands, calls and actions."""
        plan = self.plan(bases)
        while plan and self.runs < self.wanted:
            left = self.wanted - self.runs
            now, plan = plan[:left], plan[left:]
            with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
                try:
                    for future in concurrent.futures.as_completed([pool.submit(self.one, *one) for one in now]):
                        future.result()
                        self.show()
                except BaseException:
                    pool.shutdown(wait=True, cancel_futures=True)
                    raise

    @staticmethod
    def plan(bases):
        """All injections, one of each command, call and action after the other; always in the same order."""
        groups = collections.defaultdict(list)
        for base in bases:
            for instance in base.instances:
                for action in tracing.ACTIONS:
                    groups[(base.case.name, instance.call, action)].append((base, instance, action))
        generator = random.Random(4)
        for group in groups.values():
            generator.shuffle(group)
        plan, waiting = [], list(groups.values())
        while waiting:
            plan += [group.pop() for group in waiting]
            waiting = [group for group in waiting if group]
        return plan

    def show(self):
        if sys.stderr.isatty():
            end = "\n" if self.runs == self.wanted else ""
            print(f"\rinjected: {self.runs} of {self.wanted} runs, {len(self.bad)} bad\033[K", end=end, file=sys.stderr, flush=True)

    def run(self, cases):
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            bases = list(pool.map(self.prepare, cases))
            list(pool.map(self.baseline, bases))
            for base in bases:
                print(f"{base.case.name}: {len(base.instances)} calls, {len(base.instances) * len(tracing.ACTIONS)} injections")
            self.round(bases)
            if self.runs < self.wanted:
                dirty = list(self.dirty.values())
                list(pool.map(self.baseline, dirty))
                print(f"recovery after a kill: {len(dirty)} places, "
                      f"{sum(len(base.instances) for base in dirty) * len(tracing.ACTIONS)} injections")
                self.round(dirty)


def report(torture):
    for text in torture.bad[:20]:
        print("BAD " + text)
    print("by call: " + ", ".join(f"{call} {count}" for call, count in sorted(torture.calls.items())))
    print(f"{torture.missed} injections met no call that touches the place and do not count; "
          f"{len(torture.checked)} different outcomes")
    print(f"injected: {torture.runs} runs, {len(torture.bad)} bad")
    if torture.runs < ACCOUNT_FOR * (torture.runs + torture.missed):
        print("too many injections met nothing: the commands do not do the same thing twice")
        return 1
    return 1 if torture.bad else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000, help="at most so many (default 1000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at the same time (default: as many as cores)")
    parser.add_argument("--only", default="", help="only commands whose name contains this")
    return parser.parse_args()


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    in_memory = MEMORY if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) else None
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="lotmark-inject-", dir=in_memory))
    try:
        if why := tracing.why_unusable(scratch):
            print(f"injected: impossible: {why}", file=sys.stderr)
            return 1
        torture = Torture(scratch, options.jobs, options.runs)
        torture.run([case for case in CASES if options.only in case.name])
        return report(torture)
    except KeyboardInterrupt:
        return 130
    finally:
        for folder, _, _ in os.walk(scratch):
            os.chmod(folder, 0o755)
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
