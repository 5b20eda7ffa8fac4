"""A PNG writer that can write every type, depth and interlacing (Pillow's cannot), with the chunks that a test asks for."""

import struct
import zlib

import numpy as np

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples per pixel of each colour type
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind, data):
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def packed(samples, depth):
    """One row of samples as PNG stores it: the leftmost sample in the highest bits."""
    if depth == 16:
        return samples.astype(">u2").tobytes()
    if depth == 8:
        return samples.astype(np.uint8).tobytes()
    bits = (samples[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).ravel()).tobytes()


def filtered(rows, unit):
    """Rows behind their filter bytes, every one of PNG's five filters in turn. `unit` is the bytes of one pixel."""
    out, above = b"", bytes(len(rows[0]))
    for i, row in enumerate(rows):
        kind = i % 5
        left = bytes(unit) + row[:-unit] if len(row) > unit else bytes(len(row))
        corner = bytes(unit) + above[:-unit] if len(row) > unit else bytes(len(row))
        predicted = (bytes(len(row)), left, above, bytes((a + b) // 2 for a, b in zip(left, above)),
                     bytes(map(paeth, left, above, corner)))[kind]
        out += bytes([kind]) + bytes((a - b) & 255 for a, b in zip(row, predicted))
        above = row
    return out


def paeth(left, above, corner):
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def png(width, height, depth, kind, seed, interlaced=False, palette=None, extra=(), after=()):
    """Random slopes of samples; `extra` chunks go before the pixels, `after` behind them."""
    rng = np.random.default_rng(seed)
    per_pixel = SAMPLES[kind]
    y, x = np.mgrid[0:height, 0:width]
    samples = np.stack([(x * (900 + 700 * c) + y * 1100 + rng.integers(0, 3000, (height, width))) % 65536
                        for c in range(per_pixel)], -1) >> (16 - depth)
    passes = [samples[top::down, left::across] for left, top, across, down in ADAM7] if interlaced else [samples]
    unit = max(1, depth * per_pixel // 8)
    raw = b"".join(filtered([packed(row.reshape(-1), depth) for row in part], unit) for part in passes if part.size)
    header = struct.pack(">LLBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    if kind == 3 and palette is None:
        palette = b"PLTE", rng.integers(0, 256, 3 << depth, np.uint8).tobytes()
    chunks = [(b"IHDR", header), *early(extra), *([palette] if palette else []), *late(extra),
              (b"IDAT", zlib.compress(raw, 9)), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*c) for c in chunks)


def early(chunks):
    """gAMA, iCCP and sBIT stand before the palette, all others behind it."""
    return [c for c in chunks if c[0] in (b"gAMA", b"iCCP", b"sBIT")]


def late(chunks):
    return [c for c in chunks if c[0] not in (b"gAMA", b"iCCP", b"sBIT")]
