#!/usr/bin/env python3
"""`lotmark add` of one large artifact beside its two unavoidable parts, each alone, with the same bytes.

Each round does the three in turn, on one disk, with everything synced in between: `lotmark add` as a whole process;
write + fsync; OpenSSL's SHA-256. The source is in the page cache for all, and memory is there for the copy. Needs twice
the artifact's size of disk.
"""
import os
import shutil
import statistics
import sys

from common.harness import Lotmark, parse_arguments, scratch, timed_child, warm_page_cache, write_big_version
from common.places import BENCH, ROOT
from common.results import Figure, Recorder, median_ratio

PLAIN = [sys.executable, BENCH / "common/plain.py"]


def one_add(program, folder, source, mib):
    place = Lotmark(program, folder)
    folder.mkdir()
    place.init("lesion_cnn_demo")
    os.sync()
    warm_page_cache(folder, mib)
    ended = timed_child([program, "add", source / "model-manifest.json"], env=place.environment)
    # Registered folders are read-only.
    os.system(f"chmod -R u+w '{folder}'")
    shutil.rmtree(folder)
    return ended


def main():
    args = parse_arguments(__doc__, 9, 2, lambda parser: parser.add_argument("--mib", type=int, default=512))
    recorder = Recorder("add", args)
    seconds, processor = ({"lotmark add": [], "write + fsync": [], "SHA-256": []} for _ in range(2))
    peaks = []
    with scratch() as folder:
        source = folder / "source"
        write_big_version(source, "big", args.mib)
        artifact = source / "big.onnx"
        idle = timed_child([args.lotmark, "--version"], cwd=ROOT).peak_mib
        for number in range(args.rounds + 1):
            added = one_add(args.lotmark, folder / "place", source, args.mib)
            os.sync()
            target = folder / "copy"
            warm_page_cache(folder, args.mib)
            written = timed_child([*PLAIN, "write", artifact, target]).numbers()
            target.unlink()
            os.sync()
            hashed = timed_child([*PLAIN, "hash", artifact]).numbers()
            if number == 0:
                continue  # the first fills the page cache
            for name, pair in zip(seconds, ([added.seconds, added.processor_seconds], written, hashed)):
                seconds[name].append(round(pair[0], 4))
                processor[name].append(round(pair[1], 4))
            peaks.append(added.peak_mib)
    slower = [max(pair) for pair in zip(seconds["write + fsync"], seconds["SHA-256"])]
    both = [sum(pair) for pair in zip(processor["write + fsync"], processor["SHA-256"])]
    recorder.write(
        f"`add` of {args.mib} MiB", "Whole process, beside its two unavoidable parts on the same bytes.",
        [Figure("time of `add` / slower of (write + fsync, SHA-256)", median_ratio(seconds["lotmark add"], slower), at_most=1.15),
         Figure("the same of the fastest rounds", min(seconds["lotmark add"]) / max(min(seconds["write + fsync"]),
                                                                                   min(seconds["SHA-256"]))),
         Figure("processor time of `add` / that of both together", median_ratio(processor["lotmark add"], both)),
         Figure("peak memory above `lotmark --version`", max(peaks) - idle, "MiB", at_most=64)],
        {name: {"median_s": round(statistics.median(values), 3), "MiB_per_s": round(args.mib / statistics.median(values)),
                "fastest_s": min(values), "median_processor_s": round(statistics.median(processor[name]), 3), "s": values,
                "processor_s": processor[name]} for name, values in seconds.items()})


if __name__ == "__main__":
    main()
