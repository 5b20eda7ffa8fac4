"""Which resizes are compared with Pillow, and the pixels they start from.

The pixels come from a formula, so that the C++ test makes the same ones without a file: byte i of a case with `seed` is
    x = i * 2654435761 + seed;  x ^= x >> 16;  x *= 2246822519;  x ^= x >> 13      (all modulo 2^32)
then for pattern "noise" x >> 24, for "steps" 255 where the top bit of x is set and 0 elsewhere, and for "ramp" the low 8
bits of i / 3 (a slope with cliffs).
"""

import random

import numpy as np

FILTERS = ("bilinear",)
PATTERNS = ("noise", "steps", "ramp")

# (source width, source height, target width, target height) that a mistake would most likely show in.
SPECIAL = [
    (1, 1, 1, 1), (1, 1, 7, 5), (1, 1, 224, 224), (2, 2, 1, 1), (1, 100, 10, 10), (100, 1, 10, 10), (1, 500, 1, 3),
    (500, 1, 3, 1), (3, 3, 2, 2), (2, 3, 3, 2), (5, 5, 5, 5), (64, 64, 64, 64), (64, 64, 64, 32), (64, 64, 32, 64),
    (64, 64, 64, 65), (64, 64, 63, 64), (64, 64, 128, 128), (63, 65, 64, 64), (3000, 2, 4, 4), (2, 3000, 4, 4),
    (4000, 1, 1, 1), (1, 4000, 1, 1), (600, 450, 380, 380), (450, 450, 380, 380), (450, 450, 224, 224),
    (400, 400, 224, 224), (400, 400, 96, 96), (450, 450, 96, 96), (224, 224, 380, 380), (96, 96, 96, 96),
    (1024, 768, 224, 224), (1500, 1500, 299, 299), (31, 17, 500, 3), (17, 31, 3, 500), (255, 256, 257, 258),
    (10, 10, 11, 9), (10, 10, 9, 11), (999, 3, 333, 1), (7, 11, 13, 17), (320, 240, 8, 8),
]
RANDOM_CASES = 320


def random_sides(rng):
    kind = rng.randrange(4)
    if kind == 0:  # small
        return tuple(rng.randint(1, 12) for _ in range(4))
    if kind == 1:  # shrinking
        return rng.randint(40, 320), rng.randint(40, 320), rng.randint(1, 60), rng.randint(1, 60)
    if kind == 2:  # growing
        return rng.randint(1, 60), rng.randint(1, 60), rng.randint(40, 240), rng.randint(40, 240)
    width, height = rng.randint(2, 200), rng.randint(2, 200)  # nearly the same, or the same along one axis
    return width, height, max(1, width + rng.randint(-2, 2)), max(1, height + rng.randint(-2, 2))


def cases():
    rng = random.Random(2026)
    sides = SPECIAL + [random_sides(rng) for _ in range(RANDOM_CASES)]
    return [
        {"filter": name, "pattern": PATTERNS[i % len(PATTERNS)], "seed": i, "source": list(s[:2]), "target": list(s[2:])}
        for name in FILTERS for i, s in enumerate(sides)
    ]


def pattern(case):
    width, height = case["source"]
    i = np.arange(width * height * 3, dtype=np.uint32)
    if case["pattern"] == "ramp":
        return (i // 3 & 255).astype(np.uint8)
    x = i * np.uint32(2654435761) + np.uint32(case["seed"])
    x ^= x >> np.uint32(16)
    x *= np.uint32(2246822519)
    x ^= x >> np.uint32(13)
    if case["pattern"] == "steps":
        return np.where(x >> np.uint32(31), 255, 0).astype(np.uint8)
    return (x >> np.uint32(24)).astype(np.uint8)
