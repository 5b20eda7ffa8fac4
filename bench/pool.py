#!/usr/bin/env python3
"""How a service should spend its cores on EfficientNet-B4: one thread for each of as many callers, or a shared pool.

Three ways in turn on bare ONNX Runtime (bench/programs/pool.cc). The service does the first.
"""
import os
import statistics

from common.harness import json_of, parse_arguments
from common.models import efficientnet_b4
from common.places import IMAGE, PROGRAMS
from common.results import Figure, Recorder, median_ratio


def main():
    args = parse_arguments(__doc__, 8, 2, lambda parser: parser.add_argument("--runs", type=int, default=24))
    version = efficientnet_b4("pool")
    recorder = Recorder("pool", args)
    raw = json_of([PROGRAMS / "bench_pool", version / "b4.onnx", version / "model-manifest.json", IMAGE, os.cpu_count(),
                   args.rounds, args.runs])
    single, shared, alone = (raw[name]["images_per_s"] for name in raw)
    detail = {name.replace("_", " "): {"median_images_per_s": round(statistics.median(way["images_per_s"]), 2),
                                       "p50_ms": way["p50_ms"], "p99_ms": way["p99_ms"], "images_per_s": way["images_per_s"]}
              for name, way in raw.items()}
    recorder.write("one thread for each caller, or a shared pool, EfficientNet-B4",
                   f"As many callers as cores, {args.runs} runs a round and way.",
                   [Figure("images/s, one thread for each caller / callers sharing a pool", median_ratio(single, shared)),
                    Figure("images/s, one thread for each caller / one caller with all threads", median_ratio(single, alone))],
                   detail)


if __name__ == "__main__":
    main()
