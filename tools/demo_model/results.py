"""Writes RESULTS.md: what was measured, in numbers that a rerun on the same versions gives again."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from export import classify
from lesions import CLASSES
from pictures import GOLDEN, SAMPLES
from preprocess import SIDE, pixels


@dataclass(frozen=True)
class Measured:
    """One version and what was measured of it on the test set."""
    recipe: object
    network: object
    folder: object           # Path of the version folder
    accuracy: dict           # by PyTorch
    probabilities: object    # float32 [N, 9]
    onnx_accuracy: dict      # by ONNX Runtime
    onnx_difference: float   # largest absolute difference of any probability


def skewed_pixels(file_bytes):
    """The pixels that common mistakes in preprocessing would give: name of the mistake -> uint8 [96, 96, 3]."""
    stored = Image.open(io.BytesIO(file_bytes)).convert("RGB")
    seen = ImageOps.exif_transpose(Image.open(io.BytesIO(file_bytes))).convert("RGB")

    def finish(image, shift=0, filter=Image.Resampling.BILINEAR):
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        left, top = left + shift * (image.width > side), top + shift * (image.height > side)
        return np.asarray(image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE), filter))

    return {"EXIF orientation ignored": finish(stored),
            "not cropped": np.asarray(seen.resize((SIDE, SIDE), Image.Resampling.BILINEAR)),
            "crop one pixel off": finish(seen, shift=1),
            "bicubic filter": finish(seen, filter=Image.Resampling.BICUBIC),
            "nearest filter": finish(seen, filter=Image.Resampling.NEAREST),
            "blue and red swapped": np.ascontiguousarray(pixels(file_bytes)[:, :, ::-1])}


def skews(version):
    """Name of the mistake -> for each golden image, the largest change of a probability."""
    found = {}
    for picture in GOLDEN:
        content = (version.folder / "golden" / picture.name).read_bytes()
        right = classify(version.network, pixels(content))
        for mistake, image in skewed_pixels(content).items():
            change = np.abs(classify(version.network, image) - right).max()
            found.setdefault(mistake, []).append(float(change))
    return found


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |\n"


def head(*cells):
    return row(*cells) + "|" + "---|" * len(cells) + "\n"


def accuracy_table(versions):
    text = head("version", "training images", "parameters", "top1", "top3", "melanoma sensitivity", "ONNX Runtime",
                "largest difference of a probability, ONNX Runtime to PyTorch")
    for version in versions:
        parameters = sum(p.numel() for p in version.network.parameters())
        drawn = f"{version.recipe.images:,} (seed {version.recipe.seed})"
        text += row(version.recipe.version, drawn, f"{parameters:,}",
                    *(f"{value:.4f}" for value in version.accuracy.values()),
                    " / ".join(f"{value:.4f}" for value in version.onnx_accuracy.values()),
                    f"{version.onnx_difference:.1e}")
    return text


def class_table(versions, labels):
    text = head("class", *(f"sensitivity, {version.recipe.version}" for version in versions))
    for index, name in enumerate(CLASSES):
        found = [v.probabilities[labels == index].argmax(axis=1) == index for v in versions]
        text += row(name, *(f"{hits.mean():.3f}" for hits in found))
    return text


def skew_table(versions, tolerance):
    found = [skews(version) for version in versions]
    text = head("mistake", *(f"{version.recipe.version}" for version in versions))
    for mistake in found[0]:
        changes = [f[mistake] for f in found]
        text += row(mistake, *(f"{sum(change > tolerance for change in c)} of {len(c)} images, up to {max(c):.4f}"
                               for c in changes))
    return text


def picture_table(versions, pictures, folder_of):
    text = head("file", "drawn as", *(f"{version.recipe.version} says" for version in versions))
    for picture in pictures:
        cells = []
        for version in versions:
            p = classify(version.network, pixels((folder_of(version) / picture.name).read_bytes()))
            cells.append(f"{CLASSES[p.argmax()]} {p.max():.3f}")
        text += row(picture.name, picture.label, *cells)
    return text


def report(versions, labels, test_seed, thresholds, samples, tolerance):
    """The text of RESULTS.md."""
    count = len(labels)
    melanoma = int((labels == CLASSES.index("melanoma")).sum())
    top1_error, melanoma_error = (100 * np.sqrt(0.85 * 0.15 / n) for n in (count, melanoma))
    return f"""# Measured results of the demo model

Written by `train.py`. **Everything here is about synthetic drawings, not medical data; the numbers say nothing about
real skin.**

Test set: {count:,} images (seed {test_seed}, {melanoma} of each class), drawn at 300x225, saved as JPEG (quality 90),
read back and preprocessed as the manifest says. At 0.85 one standard error is {top1_error:.1f} points for top1 and
{melanoma_error:.1f} points for melanoma sensitivity.

{accuracy_table(versions)}
(ONNX Runtime: top1 / top3 / melanoma sensitivity on the same images, one image a call.)

{class_table(versions, labels)}
Quality thresholds (1st and 99th percentile of the test set): {thresholds}.

## What the golden images notice

Golden images beyond the tolerance {tolerance:g} when preprocessing is wrong, and the largest change of a probability:

{skew_table(versions, tolerance)}
## Golden images

{picture_table(versions, GOLDEN, lambda version: version.folder / "golden")}
## Sample images

Chosen by seed to show where the versions differ; not a measure of accuracy.

{picture_table(versions, SAMPLES, lambda version: samples)}"""
