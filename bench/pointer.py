#!/usr/bin/env python3
"""Moving the pointer beside bare atomic writes with as many sync calls, in turn (bench/programs/pointer.cc).

A move: the intent's event, the link's rename, the done event, and after each event the remembered checkpoint, all durable.
What goes before it (hashing, the golden test, reading the journal) is not in it.
"""
import statistics

from common import versions
from common.harness import json_of, parse_arguments, scratch
from common.places import PROGRAMS
from common.results import Figure, Recorder, median_ratio


def main():
    args = parse_arguments(__doc__, 200, 20)
    recorder = Recorder("pointer", args)
    with scratch() as folder:
        place = versions.with_both(args.lotmark, folder)
        key, = (folder / "keys").glob("journal-*.key")
        raw = json_of([PROGRAMS / "bench_pointer", place.volume, "lesion_cnn_demo", versions.NEW, versions.OLD, key,
                       folder / "state", folder / "bare", args.rounds])
    syncs = statistics.median(raw["move_syncs"])
    figures = [Figure("a pointer move / bare atomic writes with as many sync calls",
                      median_ratio(raw["move_ms"], raw["writes_ms"]), at_most=1.5),
               Figure("sync calls of a pointer move", syncs, "calls")]
    detail = {name: {"median_ms": round(statistics.median(raw[key]), 2), "fastest_ms": round(min(raw[key]), 2),
                     "slowest_ms": round(max(raw[key]), 2), "all_ms": raw[key]}
              for name, key in (("a pointer move", "move_ms"), (f"bare atomic writes, {syncs:g} sync calls", "writes_ms"))}
    detail["a pointer move"].update(sync_calls=syncs, most_sync_calls=max(raw["move_syncs"]), all_sync_calls=raw["move_syncs"])
    recorder.write("moving the pointer", "A pair after the other.", figures, detail)


if __name__ == "__main__":
    main()
