"""Sets of drawn images: made from seeds by all cores, passed through JPEG and the manifest's preprocessing."""

import io
from multiprocessing import Pool

import numpy as np

import lesions
from preprocess import pixels

TRAIN_SIZE = (200, 150)  # pixels, width and height of a training image before preprocessing
TEST_SIZE = (300, 225)


def jpeg(image, quality=90, **options):
    """The bytes of `image` as a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality, **options)
    return buffer.getvalue()


def _one(task):
    seed, index, size = task
    return pixels(jpeg(lesions.draw([seed, index], lesions.CLASSES[index % len(lesions.CLASSES)], *size)))


def make(seed, count, size, processes=2):
    """`count` images, classes in turn: uint8 pixels [count, 96, 96, 3] and labels int64 [count].

    Image i depends on `seed` and i only, never on the number of processes."""
    with Pool(processes) as pool:
        images = pool.map(_one, [(seed, index, size) for index in range(count)], chunksize=64)
    return np.stack(images), np.arange(count) % len(lesions.CLASSES)
