"""From the bytes of an image file to the numbers that reach the model: exactly what the manifests say.

`PREPROCESSING` is written into every manifest; the functions below are the same words as code. They are used for
training, for testing and for the golden images alike, so the model never sees pixels that were made in another way.
"""

import io

import numpy as np
from PIL import Image, ImageOps

SIDE = 96  # pixels, width and height of the model's input

PREPROCESSING = {
    "decode": "rgb8",
    "exif_orientation": "apply",
    "crop": "center_square",
    "resize": {"width": SIDE, "height": SIDE, "filter": "bilinear"},
    "divisor": 255,
    "mean": [0.5, 0.5, 0.5],
    "std": [0.25, 0.25, 0.25],
    "layout": "NCHW",
}


def pixels(file_bytes):
    """The uint8 pixels [96, 96, 3] that the bytes of an image file become: decode, turn, crop, resize."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file_bytes))).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.crop((left, top, left + side, top + side))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def normalise(batch):
    """uint8 [N, 96, 96, 3] to float32 [N, 3, 96, 96], each step rounded to float32 in the manifest's order."""
    mean = np.array(PREPROCESSING["mean"], np.float32)
    std = np.array(PREPROCESSING["std"], np.float32)
    scaled = batch.astype(np.float32) / np.float32(PREPROCESSING["divisor"])
    return np.ascontiguousarray(((scaled - mean) / std).transpose(0, 3, 1, 2))


def quality(image):
    """(variance of the 3x3 Laplacian of the luma, mean of the luma) of uint8 pixels [96, 96, 3]."""
    luma = np.asarray(Image.fromarray(image).convert("L"), np.float64)
    padded = np.pad(luma, 1, mode="reflect")
    laplacian = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * luma
    return laplacian.var(), luma.mean()
