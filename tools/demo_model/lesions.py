"""Draws lesion-like pictures from a seed. Synthetic drawings, not medical data.

Each class has a `Look`: a handful of strengths from 0 to 1, loosely after what dermoscopy textbooks describe. A picture
mixes the look of its class with that of a class it is often confused with, adds chance, and is then painted by optical
density: light skin colour times exp(-density), so brown, red and blue pigment darken the skin as filters do.

Lengths are in *units* of half the short side of the picture, so the same seed gives the same scene at any size of the
same proportions. Colours are float RGB from 0 to 1. Fields are float32 arrays of shape [height, width].
"""

from dataclasses import astuple, dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

CLASSES = ("actinic_keratosis", "basal_cell_carcinoma", "dermatofibroma", "melanoma", "nevus",
           "pigmented_benign_keratosis", "seborrheic_keratosis", "squamous_cell_carcinoma", "vascular_lesion")


@dataclass(frozen=True)
class Look:
    """Strengths from 0 to 1 of everything that can be seen in one lesion."""
    brown: float = 0.0         # melanin
    red: float = 0.0           # blood
    patchy: float = 0.3        # unevenness of the colour
    jagged: float = 0.3        # irregularity of the border
    soft: float = 0.4          # width of the border's fade-out
    size: float = 0.5
    network: float = 0.0       # pigment network
    globules: float = 0.0      # brown dots
    veil: float = 0.0          # blue-white veil
    scale: float = 0.0         # whitish flakes on the surface
    tree_vessels: float = 0.0  # branching vessels
    dot_vessels: float = 0.0   # dotted vessels
    lacunae: float = 0.0       # red to purple lakes
    cysts: float = 0.0         # small pale cysts
    plugs: float = 0.0         # dark comedo-like plugs
    white_centre: float = 0.0  # scar-like centre
    crust: float = 0.0         # ulcer or blood crust
    nests: float = 0.0         # blue-grey ovoid nests


LOOKS = {
    "actinic_keratosis": Look(brown=0.15, red=0.50, patchy=0.50, jagged=0.50, soft=0.80, size=0.55, scale=0.60,
                              dot_vessels=0.35),
    "basal_cell_carcinoma": Look(brown=0.20, red=0.35, patchy=0.40, jagged=0.35, soft=0.35, size=0.50,
                                 tree_vessels=0.80, crust=0.30, nests=0.60),
    "dermatofibroma": Look(brown=0.40, red=0.20, patchy=0.20, jagged=0.15, soft=0.75, size=0.40, network=0.40,
                           white_centre=0.80),
    "melanoma": Look(brown=0.80, red=0.20, patchy=0.80, jagged=0.80, soft=0.30, size=0.70, network=0.50, globules=0.50,
                     veil=0.60),
    "nevus": Look(brown=0.60, red=0.10, patchy=0.25, jagged=0.15, soft=0.45, size=0.45, network=0.60, globules=0.40),
    "pigmented_benign_keratosis": Look(brown=0.40, red=0.10, patchy=0.50, jagged=0.60, soft=0.25, size=0.60,
                                       network=0.15, scale=0.20, cysts=0.20, plugs=0.15),
    "seborrheic_keratosis": Look(brown=0.60, red=0.05, patchy=0.50, jagged=0.35, soft=0.10, size=0.60, scale=0.20,
                                 cysts=0.70, plugs=0.60),
    "squamous_cell_carcinoma": Look(brown=0.20, red=0.60, patchy=0.60, jagged=0.50, soft=0.40, size=0.60, scale=0.60,
                                    dot_vessels=0.60, crust=0.60),
    "vascular_lesion": Look(brown=0.05, red=0.75, patchy=0.40, jagged=0.25, soft=0.25, size=0.45, lacunae=0.80),
}

# What each class is most often mistaken for; an ambiguous picture borrows from one of these.
CONFUSERS = {
    "actinic_keratosis": ("squamous_cell_carcinoma", "basal_cell_carcinoma", "pigmented_benign_keratosis"),
    "basal_cell_carcinoma": ("squamous_cell_carcinoma", "melanoma", "vascular_lesion"),
    "dermatofibroma": ("nevus", "basal_cell_carcinoma", "pigmented_benign_keratosis"),
    "melanoma": ("nevus", "seborrheic_keratosis", "pigmented_benign_keratosis"),
    "nevus": ("melanoma", "dermatofibroma", "pigmented_benign_keratosis"),
    "pigmented_benign_keratosis": ("seborrheic_keratosis", "nevus", "actinic_keratosis"),
    "seborrheic_keratosis": ("pigmented_benign_keratosis", "melanoma", "nevus"),
    "squamous_cell_carcinoma": ("actinic_keratosis", "basal_cell_carcinoma", "vascular_lesion"),
    "vascular_lesion": ("squamous_cell_carcinoma", "melanoma", "basal_cell_carcinoma"),
}

MAX_AMBIGUITY = 0.4    # the largest share of the confuser's look
SPREAD = 0.12          # standard deviation of every strength

# Optical density per unit of pigment, for red, green and blue light.
BROWN = np.array([0.9, 1.5, 2.1], np.float32)
RED = np.array([0.15, 1.3, 1.0], np.float32)
BLUE = np.array([1.3, 0.9, 0.45], np.float32)

PALE_SKIN = np.array([0.93, 0.76, 0.68], np.float32)
DARK_SKIN = np.array([0.62, 0.43, 0.33], np.float32)


class Canvas:
    """A picture's size, its chance, and the fields and masks to paint with."""

    def __init__(self, rng, width, height):
        self.rng, self.width, self.height = rng, width, height
        self.unit = min(width, height) / 2  # pixels per unit
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        self.x = (columns + 0.5 - width / 2) / self.unit
        self.y = (rows + 0.5 - height / 2) / self.unit

    def noise(self, cell):
        """A smooth random field, mean 0 and standard deviation about 1, with grains of `cell` units."""
        shape = [int(np.ceil(pixels / self.unit / cell)) + 1 for pixels in (self.height, self.width)]
        coarse = self.rng.standard_normal(shape).astype(np.float32)
        return np.asarray(Image.fromarray(coarse).resize((self.width, self.height), Image.Resampling.BICUBIC))

    def mask(self, strokes=(), dots=(), blur=0.008):
        """A field from 0 to 1 of strokes (points, width) and dots (x, y, radius x, radius y), all in units."""
        size = (2 * self.width, 2 * self.height)  # drawn twice as large, for smooth edges
        image = Image.new("L", size)
        draw = ImageDraw.Draw(image)
        for points, width in strokes:
            draw.line([self._pixel(x, y) for x, y in points], fill=255, width=max(1, round(2 * width * self.unit)))
        for x, y, radius_x, radius_y in dots:
            draw.ellipse([self._pixel(x - radius_x, y - radius_y), self._pixel(x + radius_x, y + radius_y)], fill=255)
        image = image.reduce(2).filter(ImageFilter.GaussianBlur(blur * self.unit))
        return np.asarray(image, np.float32) / 255

    def _pixel(self, x, y):
        return (2 * (x * self.unit + self.width / 2), 2 * (y * self.unit + self.height / 2))


class Lesion:
    """Where one lesion lies on its canvas: centre, radius by angle, and the field `inside` from 0 to 1."""

    def __init__(self, canvas, look):
        rng = canvas.rng
        self.rng, self.canvas = rng, canvas
        self.centre = rng.normal(0, 0.07, 2)
        self.radius = 0.36 + 0.42 * look.size
        self.stretch = rng.uniform(0.75, 1.0)
        self.turn = rng.uniform(0, np.pi)
        waves = np.arange(2, 9)
        self.amplitude = 0.15 * look.jagged * rng.standard_normal(len(waves)) / (waves / 2) ** 0.8
        self.phase = rng.uniform(0, 2 * np.pi, len(waves))
        self.distance = self._distance(canvas.x, canvas.y)
        fade = 0.025 + 0.16 * look.soft
        self.inside = 1 / (1 + np.exp(np.clip((self.distance - 1) / (fade / self.radius), -30, 30)))

    def _distance(self, x, y):
        """Distance from the centre, 1 on the border."""
        x, y = x - self.centre[0], y - self.centre[1]
        along = x * np.cos(self.turn) + y * np.sin(self.turn)
        across = (y * np.cos(self.turn) - x * np.sin(self.turn)) / self.stretch
        angle = np.arctan2(across, along)
        border = self.radius * (1 + sum(a * np.cos(k * angle + p)
                                        for k, (a, p) in enumerate(zip(self.amplitude, self.phase), start=2)))
        return (np.hypot(along, across) / np.maximum(border, 0.3 * self.radius)).astype(np.float32)

    def places(self, count, reach=0.9):
        """`count` random points of shape [count, 2] within `reach` times the radius, in units."""
        radius = self.radius * reach * np.sqrt(self.rng.uniform(0, 1, count))
        angle = self.rng.uniform(0, 2 * np.pi, count)
        return self.centre + np.stack([radius * np.cos(angle), self.stretch * radius * np.sin(angle)], axis=1)

    def dots(self, strength, most, small, large, reach=0.9, blur=0.008):
        """A mask of up to `most` dots with radii from `small` to `large` units."""
        count = self.rng.poisson(most * strength)
        radii = self.rng.uniform(small, large, (count, 1)) * self.rng.uniform(0.75, 1.25, (count, 2))
        return self.canvas.mask(dots=np.hstack([self.places(count, reach), radii]), blur=blur)


def sample_look(rng, label):
    """The look of one picture of class `label`, which borrows something from a class that it is confused with."""
    own = np.array(astuple(LOOKS[label]))
    other = np.array(astuple(LOOKS[rng.choice(CONFUSERS[label])]))
    ambiguity = rng.uniform(0, MAX_AMBIGUITY)
    mixed = (1 - ambiguity) * own + ambiguity * other
    spread = SPREAD * rng.standard_normal(len(mixed)) * (mixed > 0)
    return Look(*np.clip(mixed + spread, 0, 1))


def honeycomb(canvas):
    """The lines of a pigment network, 0 to 1: three warped waves at 60 degrees."""
    pitch = canvas.rng.uniform(0.10, 0.14)
    x = canvas.x + 0.03 * canvas.noise(0.25)
    y = canvas.y + 0.03 * canvas.noise(0.25)
    waves = sum(np.cos(2 * np.pi / pitch * (x * np.cos(a) + y * np.sin(a))) for a in np.deg2rad([0, 60, 120]))
    return np.clip(0.5 - waves / 1.5, 0, 1)


def vessel_tree(rng, lesion, strength):
    """Strokes of branching vessels that grow inwards from the border."""
    strokes = []
    for _ in range(rng.poisson(5 * strength)):
        angle = rng.uniform(0, 2 * np.pi)
        start = lesion.centre + lesion.radius * np.array([np.cos(angle), np.sin(angle)])
        grow(rng, strokes, start, angle + np.pi + rng.normal(0, 0.4), 0.6 * lesion.radius, 0.028)
    return strokes


def grow(rng, strokes, point, angle, length, width):
    """Adds one winding vessel and, from its end, two thinner ones."""
    points = [point]
    for _ in range(6):
        angle += rng.normal(0, 0.3)
        points.append(points[-1] + length / 6 * np.array([np.cos(angle), np.sin(angle)]))
    strokes.append((points, width))
    if width > 0.012:
        for side in (-0.6, 0.6):
            grow(rng, strokes, points[-1], angle + side, 0.6 * length, 0.6 * width)


def pigment(canvas, lesion, look):
    """Densities of brown, red and blue pigment, each [height, width]."""
    rng, inside = canvas.rng, lesion.inside
    uneven = np.clip(1 + 0.55 * look.patchy * canvas.noise(0.30) + 0.2 * look.patchy * canvas.noise(0.1), 0.1, 2.2)
    brown = inside * (0.05 + 0.95 * look.brown) * uneven
    red = inside * look.red * np.clip(1 + 0.4 * look.patchy * canvas.noise(0.25), 0.1, 2)
    blue = np.zeros_like(brown)

    brown += 0.55 * look.network * honeycomb(canvas) * inside
    brown += 0.8 * lesion.dots(look.globules, 30, 0.015, 0.04)
    brown += 1.1 * lesion.dots(look.plugs, 22, 0.02, 0.05)
    red += 0.9 * canvas.mask(strokes=vessel_tree(rng, lesion, look.tree_vessels))
    red += 0.8 * lesion.dots(look.dot_vessels, 60, 0.012, 0.022)
    lakes = lesion.dots(look.lacunae, 14, 0.07, 0.15, reach=0.75, blur=0.015)
    red += 0.9 * lakes
    blue += rng.uniform(0.1, 0.7) * lakes
    nests = lesion.dots(look.nests, 8, 0.05, 0.12, reach=0.85, blur=0.03)
    blue += 0.5 * nests
    brown += 0.15 * nests
    blue += 0.8 * look.veil * inside * np.clip(canvas.noise(0.45) + 0.2, 0, 1)
    sore = look.crust * np.clip(1.3 - 2.2 * lesion.distance + 0.5 * canvas.noise(0.15), 0, 1)
    return brown + 0.6 * sore, red + 0.9 * sore, blue


def lighten(canvas, lesion, look, rgb):
    """Paints what is paler than the lesion onto `rgb` [height, width, 3]: scar, veil, flakes, cysts."""
    centre = look.white_centre * np.exp(-(lesion.distance / 0.45) ** 2)
    flakes = look.scale * lesion.inside * np.clip(1.5 * canvas.noise(0.07) + 0.8 * canvas.noise(0.3) - 0.9, 0, 1)
    cysts = lesion.dots(look.cysts, 24, 0.015, 0.035)
    for amount, colour in ((0.75 * centre, (0.95, 0.83, 0.78)), (0.75 * flakes, (0.97, 0.93, 0.82)),
                           (0.8 * cysts, (0.98, 0.93, 0.75))):
        rgb += amount[..., None] * (np.array(colour, np.float32) - rgb)


def hair(canvas):
    """The mask of a few dark hairs that cross the picture."""
    rng, strokes = canvas.rng, []
    for _ in range(rng.poisson(3)):
        start, end = rng.uniform(-1.5, 1.5, (2, 2))
        bend = rng.normal(0, 0.25, 2)
        t = np.linspace(0, 1, 16)[:, None]
        strokes.append(((1 - t) * start + t * end + 4 * t * (1 - t) * bend, rng.uniform(0.008, 0.018)))
    return canvas.mask(strokes=strokes, blur=0.003)


def photograph(canvas, rgb):
    """The picture that a camera takes of `rgb` [height, width, 3]: light, vignette, white balance, grain, blur."""
    rng = canvas.rng
    slope = rng.normal(0, 0.06, 2)
    light = rng.normal(1.0, 0.08) * (1 + slope[0] * canvas.x + slope[1] * canvas.y)
    light = light * (1 - rng.uniform(0, 0.14) * (canvas.x ** 2 + canvas.y ** 2))
    rgb = rgb * light[..., None] * rng.normal(1, 0.03, 3)
    rgb = rgb + rng.uniform(0.005, 0.016) * np.stack([canvas.noise(0.016) for _ in range(3)], axis=2)
    image = Image.fromarray((255 * np.clip(rgb, 0, 1) + 0.5).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(rng.gamma(2.0, 0.004) * canvas.unit))


def draw(seed, label, width, height):
    """A picture (Pillow, RGB) of class `label`. `seed` is a list of integers; it alone decides all chance."""
    rng = np.random.default_rng(seed)
    look = sample_look(rng, label)
    canvas = Canvas(rng, width, height)
    lesion = Lesion(canvas, look)
    tone = rng.beta(1.2, 2.2)
    skin = (1 - tone) * PALE_SKIN + tone * DARK_SKIN
    texture = 1 + 0.03 * canvas.noise(0.03) + 0.04 * canvas.noise(0.6)
    brown, red, blue = pigment(canvas, lesion, look)
    density = brown[..., None] * BROWN + red[..., None] * RED + blue[..., None] * BLUE
    rgb = skin * texture[..., None] * np.exp(-density)
    lighten(canvas, lesion, look, rgb)
    rgb *= 1 - 0.8 * hair(canvas)[..., None]
    return photograph(canvas, rgb)
