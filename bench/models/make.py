#!/usr/bin/env python3
"""Makes a version folder for a benchmark: model, golden images and manifest (without digests: `manifest complete`).

    make.py b4 GENERATOR FOLDER    the model that GENERATOR writes as b4.onnx into its working folder: EfficientNet-B4
    make.py big MIB FOLDER         a model whose one weight has MIB MiB: image -> MatMul -> MatMul -> Softmax

Needs bench/requirements.txt. The golden answers are computed here, by Pillow and ONNX Runtime's Python package.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import numpy
import onnx
import onnxruntime
import PIL.Image
from onnx import TensorProto, helper, numpy_helper

CLASSES = ["actinic_keratosis", "basal_cell_carcinoma", "dermatofibroma", "melanoma", "nevus",
           "pigmented_benign_keratosis", "seborrheic_keratosis", "squamous_cell_carcinoma", "vascular_lesion"]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
IMAGES = pathlib.Path(__file__).resolve().parent.parent.parent / "demo/images"
GOLDEN = ["lesion_01.jpg", "lesion_02.jpg"]


def big_model(mib, side):
    rng = numpy.random.default_rng(0)
    inputs = 3 * side * side
    width = (mib << 20) // 4 // inputs
    weight = rng.standard_normal((inputs, width), dtype=numpy.float32) / numpy.float32(inputs)
    last = rng.standard_normal((width, len(CLASSES)), dtype=numpy.float32)
    nodes = [helper.make_node("Flatten", ["image"], ["flat"]), helper.make_node("MatMul", ["flat", "weight"], ["hidden"]),
             helper.make_node("MatMul", ["hidden", "last"], ["logits"]),
             helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1)]
    graph = helper.make_graph(
        nodes, "big", [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, len(CLASSES)])],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(last, "last")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    return model


def tensor_of(path, side):
    image = PIL.Image.open(path).convert("RGB")
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    image = image.crop((left, top, left + edge, top + edge)).resize((side, side), PIL.Image.Resampling.BILINEAR)
    pixels = numpy.asarray(image, dtype=numpy.float32) / numpy.float32(255)
    pixels = (pixels - numpy.float32(MEAN)) / numpy.float32(STD)
    return pixels.transpose(2, 0, 1)[numpy.newaxis].copy()


def write_manifest(folder, model_name, version, file, side, with_embedding):
    session = onnxruntime.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])
    cases = []
    (folder / "golden").mkdir()
    for name in GOLDEN:
        shutil.copy(IMAGES / name, folder / "golden" / name)
        answer = session.run(["probabilities"], {"image": tensor_of(IMAGES / name, side)})[0][0]
        cases.append({"image": f"golden/{name}", "probabilities": {"onnx": [float(value) for value in answer]}})
    outputs = [{"name": "probabilities", "shape": [-1, len(CLASSES)], "type": "float32"}]
    manifest = {
        "model_name": model_name, "version": version, "training_dataset": "none: random weights", "export_date": "2026-11-25",
        "source_framework": f"onnx {onnx.__version__}",
        "formats": {"onnx": {"path": file,
                             "inputs": [{"name": "image", "shape": [-1, 3, side, side], "type": "float32"}]}},
        "classes": CLASSES,
        "preprocessing": {"decode": "rgb8", "exif_orientation": "apply", "crop": "center_square",
                          "resize": {"width": side, "height": side, "filter": "bilinear"}, "divisor": 255, "mean": MEAN,
                          "std": STD, "layout": "NCHW"},
        "golden": {"origin": "recorded", "tolerance": 0.001, "cases": cases}, "accuracy": {},
    }
    if with_embedding:
        outputs.append({"name": "embedding", "shape": [-1, 1792], "type": "float32"})
        manifest["embedding"] = {"output": "embedding", "length": 1792}
    manifest["formats"]["onnx"]["outputs"] = outputs
    (folder / "model-manifest.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def main():
    kind, what, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True)
    if kind == "b4":
        subprocess.run([sys.executable, os.path.abspath(what)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        write_manifest(folder, "efficientnet_b4_bench", "b4", "b4.onnx", 380, True)
    else:
        side = 64
        onnx.save(big_model(int(what), side), folder / "big.onnx")
        write_manifest(folder, "lesion_cnn_demo", "big", "big.onnx", side, False)


if __name__ == "__main__":
    main()
