#!/usr/bin/env python3
"""`lotmark verify` of several large files beside OpenSSL's SHA-256 of the same bytes in memory, all cores for both.

In turn: `lotmark verify` as a whole process, which reads the files from the page cache; OpenSSL on buffers that are
read before its clock starts. So reading counts against Lotmark alone. Needs MIB x FILES of disk, and as much memory.
"""
import os
import statistics
import sys

from common.harness import Lotmark, parse_arguments, scratch, timed_child, write_big_version
from common.places import BENCH
from common.results import Figure, Recorder, median_ratio

PLAIN = [sys.executable, BENCH / "common/plain.py"]


def options(parser):
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--files", type=int, default=2 * os.cpu_count())


def main():
    args = parse_arguments(__doc__, 9, 2, options)
    recorder = Recorder("verify", args)
    seconds, processor = ({"lotmark verify": [], "OpenSSL in memory": []} for _ in range(2))
    with scratch() as folder:
        place = Lotmark(args.lotmark, folder)
        place.init("lesion_cnn_demo")
        paths = []
        for number in range(args.files):
            source = folder / f"source-{number}"
            write_big_version(source, f"v{number}", args.mib)
            place.add(source)
            os.remove(source / "big.onnx")
            paths.append(place.volume / f"models/lesion_cnn_demo/versions/v{number}/big.onnx")
        os.sync()
        for number in range(args.rounds + 1):
            verified = timed_child([args.lotmark, "verify"], env=place.environment)
            hashed = timed_child([*PLAIN, "hash", *paths]).numbers()
            if number > 0:
                for name, pair in zip(seconds, ([verified.seconds, verified.processor_seconds], hashed)):
                    seconds[name].append(round(pair[0], 4))
                    processor[name].append(round(pair[1], 4))
    mib = args.mib * args.files
    recorder.write(
        f"`verify` of {args.files} files of {args.mib} MiB", "Whole process, beside OpenSSL on bytes that are in memory already.",
        [Figure("speed / OpenSSL's on as many cores", median_ratio(seconds["OpenSSL in memory"], seconds["lotmark verify"]),
                at_least=0.9),
         Figure("the same in processor time", median_ratio(processor["OpenSSL in memory"], processor["lotmark verify"]))],
        {name: {"median_s": round(statistics.median(values), 3), "MiB_per_s": round(mib / statistics.median(values)),
                "median_processor_s": round(statistics.median(processor[name]), 3), "s": values,
                "processor_s": processor[name]} for name, values in seconds.items()})


if __name__ == "__main__":
    main()
