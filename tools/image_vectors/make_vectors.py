"""Writes src/image/testdata/: small encoded images, and vectors.json with what Pillow makes of them.

Lotmark's pixels must be Pillow's, bit for bit, and the tests of src/image compare with the digests written here. Run it
with the versions in requirements.txt, from the root of the repository:

    python tools/image_vectors/make_vectors.py            # writes images and digests
    python tools/image_vectors/make_vectors.py --check    # writes nothing; fails where a digest would change

Everything is seeded: the same versions write the same bytes. Files in testdata/ that recipes.py does not know (those of
odd_jpegs.cc) are kept and get digests too.
"""

import argparse
import hashlib
import io
import json
import pathlib
import sys

import numpy as np
import PIL
from PIL import Image, ImageOps, features

import recipes
import resize_cases

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "src" / "image" / "testdata"
FILTERS = {"bilinear": Image.Resampling.BILINEAR}
# (crop, width, height, layout) of the model inputs that every file is turned into.
INPUTS = [("center_square", 32, 32, "NCHW"), ("none", 48, 20, "NHWC"), ("center_square", 97, 61, "NHWC")]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def resized(image, width, height, kernel):
    """Along the rows first, then down the columns: the order of every Pillow up to 12.1, and of Lotmark.

    Pillow 13.0.0 goes down the columns first where that looks cheaper to it; rounding between the passes then makes
    some bytes differ by 1. Two resizes of one axis each have the same result in every version (checked: 9.4, 12.3, 13.0).
    """
    target = image.resize((width, image.height), kernel).resize((width, height), kernel)
    columns_first = height < image.height and image.height - height > 2 * (image.width - width)
    assert columns_first or target.tobytes() == image.resize((width, height), kernel).tobytes()
    return target


def resize_vector(case):
    width, height = case["source"]
    source = Image.frombytes("RGB", (width, height), resize_cases.pattern(case).tobytes())
    target = resized(source, *case["target"], FILTERS[case["filter"]])
    return case | {"sha256": sha256(target.tobytes())}


def cropped(image, crop):
    if crop == "none":
        return image
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def normalised(pixels, layout):
    mean, std = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
    tensor = (pixels.astype(np.float32) / np.float32(255) - mean) / std
    return np.ascontiguousarray(tensor.transpose(2, 0, 1) if layout == "NCHW" else tensor)


def quality(image):
    luma = np.asarray(image.convert("L"), np.float64)
    padded = np.pad(luma, 1, mode="reflect")
    laplacian = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * luma
    return float(laplacian.var()), float(luma.mean())


def input_vector(upright, crop, width, height, layout):
    image = resized(cropped(upright, crop), width, height, Image.Resampling.BILINEAR)
    sharpness, brightness = quality(image)
    tensor = normalised(np.asarray(image), layout).astype("<f4")
    return {
        "crop": crop, "width": width, "height": height, "layout": layout,
        "pixels_sha256": sha256(image.tobytes()), "tensor_sha256": sha256(tensor.tobytes()),
        "sharpness": sharpness, "brightness": brightness,
    }


def file_vector(name, data):
    stored = Image.open(io.BytesIO(data))
    decoded = stored.convert("RGB")
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    return {
        "file": name, "mode": stored.mode, "size": list(stored.size),
        "decoded_sha256": sha256(decoded.tobytes()),
        "upright_size": list(upright.size), "upright_sha256": sha256(upright.tobytes()),
        "inputs": [input_vector(upright, *wanted) for wanted in INPUTS],
    }


def encoded_files():
    files = recipes.files()
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".jpg", ".png") and path.name not in files:
            files[path.name] = path.read_bytes()
    return files


def rows(name, vectors):
    lines = ",\n".join("  " + json.dumps(vector) for vector in vectors)
    return f'"{name}": [\n{lines}\n]'


def vectors_text(files):
    made_by = {"pillow": PIL.__version__, "libjpeg_turbo": features.version_feature("libjpeg_turbo"),
               "zlib": features.version_codec("zlib"), "numpy": np.__version__}
    parts = [f'"made_by": {json.dumps(made_by)}',
             rows("resize", [resize_vector(case) for case in resize_cases.cases()]),
             rows("files", [file_vector(name, data) for name, data in sorted(files.items())])]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where anything would change")
    check = parser.parse_args().check
    FOLDER.mkdir(exist_ok=True)
    files = encoded_files()
    wanted = {name: data for name, data in files.items()} | {"vectors.json": vectors_text(files).encode()}
    changed = [name for name, data in wanted.items()
               if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data]
    if check:
        sys.exit(f"would change: {', '.join(changed)}" if changed else 0)
    for name in changed:
        (FOLDER / name).write_bytes(wanted[name])
    print(f"{len(files)} images, {sum(map(len, files.values()))} bytes; {len(changed)} files changed")


if __name__ == "__main__":
    main()
