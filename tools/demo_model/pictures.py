"""The picture files of the demo: golden images and samples. Each list says what a file exercises.

All are drawn like test images, from seeds that no training or test set uses. The two seeds were chosen by looking at
what the models say: every golden image is right by 2024-v1 and some are close calls, which notice small changes; the
samples show where the versions differ. So neither set measures accuracy.
"""

import csv
from dataclasses import dataclass, field

from PIL import Image

import lesions

GOLDEN_SEED = 7003
SAMPLE_SEED = 7006
ORIENTATION = 0x0112  # EXIF tag


@dataclass(frozen=True)
class Picture:
    """One file. `size` is width and height in pixels as a person sees it, after the EXIF orientation."""
    name: str
    label: str
    size: tuple
    turned: bool = False                         # stored turned, with EXIF orientation 6
    options: dict = field(default_factory=dict)  # Pillow's save options


GOLDEN = (
    Picture("melanoma_01.png", "melanoma", (300, 225)),
    # Orientation 6 and an odd difference of the sides: cropping before turning is off by one pixel.
    Picture("nevus_02.jpg", "nevus", (601, 450), turned=True),
    Picture("basal_cell_carcinoma_03.jpg", "basal_cell_carcinoma", (800, 533)),
    Picture("seborrheic_keratosis_04.jpg", "seborrheic_keratosis", (301, 452), options={"subsampling": "4:4:4"}),
    Picture("vascular_lesion_05.png", "vascular_lesion", (145, 98)),
    Picture("squamous_cell_carcinoma_06.jpg", "squamous_cell_carcinoma", (480, 480), options={"subsampling": "4:2:2"}),
)

SAMPLES = tuple(
    Picture(f"lesion_{number:02}.{suffix}", label, size, turned)
    for number, (label, suffix, size, turned) in enumerate([
        ("melanoma", "jpg", (600, 450), False),
        ("nevus", "jpg", (600, 450), False),
        ("actinic_keratosis", "jpg", (600, 450), False),
        ("basal_cell_carcinoma", "jpg", (600, 450), False),
        ("dermatofibroma", "jpg", (450, 600), True),
        ("pigmented_benign_keratosis", "jpg", (600, 450), False),
        ("seborrheic_keratosis", "png", (300, 225), False),
        ("squamous_cell_carcinoma", "jpg", (600, 450), False),
        ("vascular_lesion", "jpg", (600, 450), False),
        ("melanoma", "png", (300, 225), False),
        ("nevus", "jpg", (600, 450), False),
        ("melanoma", "jpg", (600, 450), False),
    ], start=1))


def save(picture, image, folder):
    """Writes `image` as the file that `picture` describes, into `folder` (a Path)."""
    folder.mkdir(parents=True, exist_ok=True)
    options = dict(picture.options)
    if picture.turned:
        image = image.transpose(Image.Transpose.ROTATE_90)  # EXIF 6 says: turn a quarter clockwise to see it
        options["exif"] = Image.Exif()
        options["exif"][ORIENTATION] = 6
    if picture.name.endswith(".jpg"):
        options.setdefault("quality", 88)
    else:
        options["optimize"] = True
    image.save(folder / picture.name, **options)


def write_golden(folder):
    """Writes the golden images."""
    for index, picture in enumerate(GOLDEN):
        save(picture, lesions.draw([GOLDEN_SEED, index], picture.label, *picture.size), folder)


def write_samples(folder):
    """Writes the sample images and labels.csv."""
    for index, picture in enumerate(SAMPLES):
        save(picture, lesions.draw([SAMPLE_SEED, index], picture.label, *picture.size), folder)
    with open(folder / "labels.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["file", "label"])
        writer.writerows([picture.name, picture.label] for picture in SAMPLES)
