"""From a trained network to a version folder: ONNX file, golden images and model-manifest.json.

`write_version` is the one export path. Another format of the same checkpoint adds one entry to `formats` and one list
of probabilities to each golden case.
"""

import hashlib
import json
import re

import numpy as np
import torch

from lesions import CLASSES
from network import EMBEDDING
from pictures import GOLDEN, write_golden
from preprocess import PREPROCESSING, SIDE, normalise, pixels

MODEL_NAME = "lesion_cnn_demo"
EXPORT_DATE = "2026-11-23"
OPSET = 17
# Two float32 runtimes differ here by less than 1e-5 (RESULTS.md); the wrong resize filter, crop, orientation or channel
# order moves some golden probability by far more than 1e-4.
TOLERANCE = 1e-4
INPUT = {"name": "input", "shape": [1, 3, SIDE, SIDE], "type": "float32"}
OUTPUTS = [{"name": "probabilities", "shape": [1, len(CLASSES)], "type": "float32"},
           {"name": "embedding", "shape": [1, EMBEDDING], "type": "float32"}]


def sha256(content):
    """64 lower-case hex digits of the SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def classify(network, image):
    """PyTorch's own probabilities [9] for uint8 pixels [96, 96, 3]."""
    with torch.no_grad():
        return network(torch.from_numpy(normalise(image[None])))[0][0].numpy()


def write_onnx(network, path):
    """Writes `network`, softmax included, as one self-contained ONNX file with batch size 1."""
    torch.onnx.export(network, (torch.zeros(INPUT["shape"]),), str(path), dynamo=False, opset_version=OPSET,
                      input_names=[INPUT["name"]], output_names=[output["name"] for output in OUTPUTS])


def onnx_format(path):
    """The manifest's `formats.onnx` for the file at `path`."""
    content = path.read_bytes()
    return {"path": path.name, "sha256": sha256(content), "size": len(content), "input_shape": INPUT["shape"],
            "output_classes": len(CLASSES), "inputs": [INPUT], "outputs": OUTPUTS}


def golden_case(network, folder, name):
    """One golden case: digests of the file and of its pixels, and PyTorch's answer: label and probabilities."""
    content = (folder / "golden" / name).read_bytes()
    image = pixels(content)
    probabilities = classify(network, image)
    return {"image": f"golden/{name}", "sha256": sha256(content), "pixels_sha256": sha256(image.tobytes()),
            "top_class": CLASSES[int(probabilities.argmax())],
            "probabilities": {"onnx": [float(f"{p:.9g}") for p in probabilities]}}


def to_json(manifest):
    """Readable JSON: two spaces, lists of plain values on one line."""
    text = json.dumps(manifest, indent=2)
    return re.sub(r"\[[^\[\]{}]*\]", lambda found: "[" + " ".join(found[0][1:-1].split()) + "]", text) + "\n"


def write_version(network, folder, version, training_dataset, accuracy, quality, previous):
    """Writes the whole folder of one version. `accuracy` and `quality` are the manifest's objects, as measured."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx_path = folder / f"{MODEL_NAME}_{version.replace('-', '')}.onnx"
    write_onnx(network, onnx_path)
    write_golden(folder / "golden")
    manifest = {
        "model_name": MODEL_NAME,
        "version": version,
        "training_dataset": training_dataset,
        "export_date": EXPORT_DATE,
        "source_framework": "PyTorch " + torch.__version__.split("+")[0],
        "formats": {"onnx": onnx_format(onnx_path)},
        "classes": list(CLASSES),
        "embedding": {"output": "embedding", "length": EMBEDDING},
        "preprocessing": PREPROCESSING | {"quality": quality},
        "golden": {"origin": "training", "tolerance": TOLERANCE,
                   "cases": [golden_case(network, folder, picture.name) for picture in GOLDEN]},
        "accuracy": accuracy,
        "previous_version": previous,
    }
    (folder / "model-manifest.json").write_text(to_json(manifest), encoding="utf-8")
    return onnx_path


def onnx_probabilities(path, images):
    """ONNX Runtime's probabilities [N, 9] for uint8 pixels [N, 96, 96, 3], one image a call as in service."""
    import onnxruntime
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["probabilities"], {"input": normalise(image[None])})[0] for image in images])
