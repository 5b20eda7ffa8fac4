"""The encoded images: every kind of JPEG and PNG that Lotmark reads, small, with odd sides, made from seeded drawings."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from raw_png import png


def drawing(width, height, seed, channels=3):
    """A slope, a disc and noise: smooth parts, an edge, and detail that chroma subsampling and filters change."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for c in range(channels):
        slope = 255 * ((x + 1) * (c + 1) + (y + 1) * (channels - c)) / ((width + height) * (channels + 1))
        disc = ((x - width * 0.45) ** 2 + (y - height * 0.55) ** 2) < (min(width, height) * 0.3) ** 2
        planes.append(np.where(disc, 200 - 60 * c, slope) + rng.normal(0, 12, (height, width)))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def picture(width, height, seed, mode="RGB"):
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    pixels = drawing(width, height, seed, channels)
    return Image.fromarray(pixels[:, :, 0] if mode == "L" else pixels, mode=None if mode != "CMYK" else "CMYK")


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def exif(orientation, order="<", kind=3, count=1):
    """TIFF bytes with one entry, the orientation; `kind` 3 is SHORT, 4 is LONG."""
    value = struct.pack(order + ("H" if kind == 3 else "L"), orientation)
    head = b"II*\0" if order == "<" else b"MM\0*"
    if count == 1:
        return head + struct.pack(order + "LHHHL", 8, 1, 0x0112, kind, count) + value.ljust(4, b"\0") + bytes(4)
    entry = struct.pack(order + "LHHHLL", 8, 1, 0x0112, kind, count, 26)
    return head + entry + bytes(4) + value * count


def with_segment(data, marker, payload):
    """`data`, a JPEG, with one more segment right after its first two bytes."""
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + data[2:]


def jpegs():
    files = {}
    for quality in (35, 75, 95):
        for subsampling, name in ((0, "444"), (1, "422"), (2, "420")):
            image = picture(83 + quality, 61, quality + subsampling)
            files[f"jpeg_{name}_q{quality}.jpg"] = jpeg(image, quality=quality, subsampling=subsampling)
            if quality == 75:
                progressive = jpeg(image, quality=quality, subsampling=subsampling, progressive=True)
                files[f"jpeg_{name}_progressive.jpg"] = progressive
    files["jpeg_optimised.jpg"] = jpeg(picture(120, 90, 11), quality=85, optimize=True)
    files["jpeg_restart.jpg"] = jpeg(picture(120, 90, 12), quality=85, restart_marker_blocks=3)
    files["jpeg_rgb.jpg"] = jpeg(picture(70, 50, 13), quality=90, keep_rgb=True)
    files["jpeg_grey.jpg"] = jpeg(picture(75, 101, 14, "L"), quality=80)
    files["jpeg_grey_progressive.jpg"] = jpeg(picture(75, 101, 15, "L"), quality=80, progressive=True)
    files["jpeg_cmyk.jpg"] = jpeg(picture(66, 45, 16, "CMYK"), quality=90)
    files["jpeg_cmyk_progressive.jpg"] = jpeg(picture(66, 45, 17, "CMYK"), quality=90, progressive=True)
    files["jpeg_600x450.jpg"] = jpeg(picture(600, 450, 18), quality=88)
    files["jpeg_trailing_bytes.jpg"] = jpeg(picture(40, 30, 19)) + b"\xff\xd8\xff preview" * 20
    for width, height in ((1, 1), (1, 2), (2, 1), (3, 5), (8, 8), (9, 7), (16, 16), (17, 33), (1, 300), (300, 1)):
        files[f"jpeg_{width}x{height}.jpg"] = jpeg(picture(width, height, width * 7 + height), quality=80)
    files["jpeg_2000x16.jpg"] = jpeg(picture(2000, 16, 20), quality=60)
    files["jpeg_16x2000.jpg"] = jpeg(picture(16, 2000, 21), quality=60)
    return files


def turned():
    """Orientation tags: good ones in both byte orders, odd ones, damaged ones, and those in XMP."""
    files = {}
    base = jpeg(picture(53, 34, 30), quality=85)
    for orientation in range(1, 9):
        order = "<" if orientation % 2 else ">"
        files[f"turned_{orientation}.jpg"] = with_segment(base, 0xE1, b"Exif\0\0" + exif(orientation, order))
    odd = {
        "zero": exif(0), "nine": exif(9), "long": exif(6, ">", 4), "two_values": exif(6, count=2),
        "four_values": exif(8, ">", count=4), "wrong_magic_order": b"II\0*" + exif(6)[4:],
        "entry_cut": exif(6)[:-5], "values_cut": exif(6, count=4)[:-1], "directory_far_away": exif(6)[:4] + b"\xff" * 4,
        "no_entries": b"II*\0" + struct.pack("<LH", 8, 0),
    }
    for name, tiff in odd.items():
        files[f"exif_{name}.jpg"] = with_segment(base, 0xE1, b"Exif\0\0" + tiff)
    files["exif_prefix_twice.jpg"] = with_segment(base, 0xE1, b"Exif\0\0Exif\0\0" + exif(3))
    in_two = with_segment(base, 0xE1, b"Exif\0\0" + exif(6)[20:])
    files["exif_in_two_segments.jpg"] = with_segment(in_two, 0xE1, b"Exif\0\0" + exif(6)[:20])
    xmp = b"http://ns.adobe.com/xap/1.0/\0"
    attribute = xmp + b'<rdf:Description tiff:Orientation="8"/>'
    files["xmp_attribute.jpg"] = with_segment(base, 0xE1, attribute)
    files["xmp_element.jpg"] = with_segment(base, 0xE1, xmp + b"<tiff:Orientation>5</tiff:Orientation>")
    files["xmp_below_exif.jpg"] = with_segment(with_segment(base, 0xE1, attribute), 0xE1, b"Exif\0\0" + exif(2))
    return files


def pngs():
    files = {}
    for depth, kind in ((1, 0), (2, 0), (4, 0), (8, 0), (8, 2), (16, 2), (1, 3), (2, 3), (4, 3), (8, 3), (8, 4), (16, 4),
                        (8, 6), (16, 6)):
        name = {0: "grey", 2: "rgb", 3: "palette", 4: "grey_alpha", 6: "rgba"}[kind]
        for interlaced in (False, True):
            suffix = "_interlaced" if interlaced else ""
            files[f"png_{name}_{depth}bit{suffix}.png"] = png(37, 23, depth, kind, 40 + depth, interlaced)
    short = b"PLTE", bytes(range(9))
    files["png_palette_too_short.png"] = png(19, 11, 4, 3, 60, palette=short)
    files["png_palette_transparent.png"] = png(19, 11, 8, 3, 61, extra=[(b"tRNS", bytes(range(200)))])
    files["png_grey_transparent.png"] = png(19, 11, 4, 0, 62, extra=[(b"tRNS", b"\0\5")])
    files["png_rgb_transparent.png"] = png(19, 11, 8, 2, 63, extra=[(b"tRNS", b"\0\1\0\2\0\3")])
    files["png_gamma.png"] = png(19, 11, 8, 2, 64, extra=[(b"gAMA", struct.pack(">L", 45455))])
    files["png_profile.png"] = png(19, 11, 8, 2, 65, extra=[(b"iCCP", b"x\0\0" + zlib.compress(bytes(5000)))])
    files["png_significant_bits.png"] = png(19, 11, 8, 2, 66, extra=[(b"sBIT", b"\5\6\5")])
    for width, height in ((1, 1), (1, 9), (9, 1), (2, 2), (3, 400), (400, 3)):
        for interlaced in (False, True):
            suffix = "_interlaced" if interlaced else ""
            files[f"png_{width}x{height}{suffix}.png"] = png(width, height, 8, 2, width + height, interlaced)
    for orientation in range(1, 9):
        files[f"png_turned_{orientation}.png"] = png(21, 13, 8, 2, 70, extra=[(b"eXIf", exif(orientation, ">"))])
    files["png_turned_at_end.png"] = png(21, 13, 8, 2, 71, after=[(b"eXIf", exif(6))])
    packet = b"<tiff:Orientation>7</tiff:Orientation>"
    files["png_turned_by_xmp.png"] = png(21, 13, 8, 2, 72, extra=[(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)])
    files["png_trailing_bytes.png"] = png(21, 13, 8, 2, 73) + b"more bytes"
    return files


def files():
    return jpegs() | turned() | pngs()
