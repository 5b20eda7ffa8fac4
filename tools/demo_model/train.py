"""Trains both demo versions and writes everything under demo/. One command, no options; see README.md."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

import datasets
import pictures
import results
from export import MODEL_NAME, TOLERANCE, onnx_probabilities, write_version
from lesions import CLASSES
from network import LesionCnn
from preprocess import SIDE, normalise, quality

HERE = Path(__file__).resolve().parent
DEMO = HERE.parent.parent / "demo"
BATCH = 64
TEST_SEED, TEST_COUNT = 9001, 3600
TOP3 = 3


@dataclass(frozen=True)
class Recipe:
    """How one version is trained. Its seed draws the training images and starts the network."""
    version: str
    previous: str | None
    seed: int
    images: int
    widths: tuple
    epochs: int
    rate: float = 3e-3  # peak learning rate


RECIPES = (
    Recipe("2023-v1", None, seed=2023, images=2700, widths=(12, 24, 48), epochs=16),
    Recipe("2024-v1", "2023-v1", seed=2024, images=12600, widths=(16, 32, 64, 96), epochs=12),
)


def train(recipe, images, labels):
    """A trained network, in evaluation mode. `images` uint8 [N, 96, 96, 3], `labels` int64 [N]."""
    torch.manual_seed(recipe.seed)
    network = LesionCnn(recipe.widths)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-2)
    batches = len(images) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.epochs * batches)
    for epoch in range(recipe.epochs):
        total = 0.0
        for chosen in torch.randperm(len(images))[:batches * BATCH].reshape(batches, BATCH).numpy():
            batch = turn_at_random(torch.from_numpy(normalise(images[chosen])))
            logits, _ = network.logits_and_embedding(batch)
            loss = functional.cross_entropy(logits, torch.from_numpy(labels[chosen]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        print(f"{recipe.version} epoch {epoch + 1}/{recipe.epochs}: loss {total / batches:.3f}", flush=True)
    return network.eval()


def turn_at_random(batch):
    """The batch [N, 3, 96, 96] in one of its eight orientations: a lesion has no up and no down."""
    quarter_turns, mirrored = torch.randint(0, 4, ()).item(), torch.randint(0, 2, ()).item()
    batch = torch.rot90(batch, quarter_turns, (2, 3))
    return batch.flip(3) if mirrored else batch


def predict(network, images):
    """PyTorch's probabilities [N, 9]."""
    with torch.no_grad():
        return np.concatenate([network(torch.from_numpy(normalise(images[i:i + 100])))[0].numpy()
                               for i in range(0, len(images), 100)])


def accuracy(probabilities, labels):
    """The manifest's `accuracy`: shares from 0 to 1 of the test set [N, 9], [N]."""
    ranked = np.argsort(-probabilities, axis=1)
    melanoma = labels == CLASSES.index("melanoma")
    top1 = ranked[:, 0] == labels
    return {"top1": round(float(top1.mean()), 4),
            "top3": round(float((ranked[:, :TOP3] == labels[:, None]).any(axis=1).mean()), 4),
            "melanoma_sensitivity": round(float(top1[melanoma].mean()), 4)}


def quality_thresholds(images):
    """The manifest's `quality`: what 99 in 100 test images reach; `min_side` so that no image is enlarged."""
    sharpness, brightness = np.array([quality(image) for image in images]).T
    return {"min_sharpness": round(float(np.percentile(sharpness, 1)), 1),
            "min_brightness": round(float(np.percentile(brightness, 1)), 1),
            "max_brightness": round(float(np.percentile(brightness, 99)), 1), "min_side": SIDE}


def main():
    (HERE / "checkpoints").mkdir(exist_ok=True)
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    test_images, test_labels = datasets.make(TEST_SEED, TEST_COUNT, datasets.TEST_SIZE)
    training_sets = [datasets.make(recipe.seed, recipe.images, datasets.TRAIN_SIZE) for recipe in RECIPES]
    print("drew all images", flush=True)
    pictures.write_samples(DEMO / "images")
    thresholds = quality_thresholds(test_images)
    measured = []
    for recipe, (images, labels) in zip(RECIPES, training_sets):
        network = train(recipe, images, labels)
        torch.save(network.state_dict(), HERE / "checkpoints" / f"{MODEL_NAME}_{recipe.version.replace('-', '')}.pt")
        probabilities = predict(network, test_images)
        shares = accuracy(probabilities, test_labels)
        dataset = f"synthetic lesion drawings, not medical data ({recipe.images:,} images, seed {recipe.seed})"
        folder = DEMO / "models" / recipe.version
        onnx_path = write_version(network, folder, recipe.version, dataset, shares, thresholds, recipe.previous)
        onnx = onnx_probabilities(onnx_path, test_images)
        measured.append(results.Measured(recipe, network, folder, shares, probabilities, accuracy(onnx, test_labels),
                                         float(np.abs(onnx - probabilities).max())))
        print(recipe.version, shares, "ONNX Runtime:", measured[-1].onnx_accuracy, measured[-1].onnx_difference)
    text = results.report(measured, test_labels, TEST_SEED, thresholds, DEMO / "images", TOLERANCE)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
