#!/usr/bin/env python3
"""`POST /classify` on EfficientNet-B4 beside its bare pieces, one thread each, in turn within one client.

A round is one request on a kept connection, one bare ONNX Runtime run, one decode and resize of the same JPEG of
600 x 450, and one durable insert of such a row into a database of its own on the same disk (bench/programs/classify.cc).
"""
import statistics

from common.harness import Lotmark, json_of, parse_arguments, scratch
from common.models import efficientnet_b4
from common.places import IMAGE, PROGRAMS
from common.results import Figure, Recorder


def main():
    args = parse_arguments(__doc__, 150, 10)
    version = efficientnet_b4("classify")
    recorder = Recorder("classify", args)
    with scratch() as folder:
        place = Lotmark(args.lotmark, folder)
        place.init("efficientnet_b4_bench")
        place.add(version)
        place.activate("b4")
        with place.serving("--workers", 1) as (_, port):
            raw = json_of([PROGRAMS / "bench_classify", port, version / "b4.onnx", version / "model-manifest.json", IMAGE,
                           f"sqlite://{place.records}", f"sqlite://{folder}/own.db", args.rounds])
    p50 = {name: statistics.median(values) for name, values in raw.items()}
    pieces = p50["run_ms"] + p50["decode_ms"] + p50["insert_ms"]
    by_round = statistics.median(service / (run + decode + insert) for service, run, decode, insert in zip(*raw.values()))
    labels = {"service_ms": "POST /classify", "run_ms": "bare run", "decode_ms": "bare decode and resize",
              "insert_ms": "one durable insert"}
    detail = {labels[name]: {"p50_ms": round(p50[name], 3), "p90_ms": round(sorted(values)[len(values) * 9 // 10], 3),
                             "fastest_ms": round(min(values), 3), "ms": values} for name, values in raw.items()}
    recorder.write("`/classify` of a 600 x 450 JPEG, EfficientNet-B4", "One connection, one worker, one thread a run.",
                   [Figure("p50 / sum of the pieces' p50", p50["service_ms"] / pieces, at_most=1.08),
                    Figure("median of the rounds' ratios", by_round),
                    Figure("p50 above the sum of the pieces", p50["service_ms"] - pieces, "ms")], detail)


if __name__ == "__main__":
    main()
