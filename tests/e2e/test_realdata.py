"""A real 9-class ISIC model on real dermoscopy images through the service, compared with reference outputs."""
import csv
import json
import shutil
import unittest

from harness import REALDATA, LotmarkTest, sha256

CLASSES = ["actinic_keratosis", "basal_cell_carcinoma", "dermatofibroma", "melanoma", "nevus", "pigmented_benign_keratosis",
           "seborrheic_keratosis", "squamous_cell_carcinoma", "vascular_lesion"]
TOLERANCE = 2e-3


@unittest.skipUnless(REALDATA.is_dir(), f"no real data beside this checkout ({REALDATA.name})")
class RealData(LotmarkTest):
    def manifest(self, artifact):
        return {
            "model_name": "isic9_teachablemachine", "version": "float-v1",
            "training_dataset": "not stated by its authors", "export_date": "2026-01-01", "source_framework": "TensorFlow",
            "formats": {"onnx": {
                "path": artifact.name, "sha256": sha256(artifact.read_bytes()), "size": artifact.stat().st_size,
                "inputs": [{"name": "input", "shape": [-1, 224, 224, 3], "type": "float32"}],
                "outputs": [{"name": "probabilities", "shape": [-1, 9], "type": "float32"}]}},
            "classes": CLASSES,
            "preprocessing": {"decode": "rgb8", "crop": "center_square", "divisor": 1,
                              "resize": {"width": 224, "height": 224, "filter": "bilinear"},
                              "mean": [127.5, 127.5, 127.5], "std": [127.5, 127.5, 127.5], "layout": "NHWC"},
            "accuracy": {}, "previous_version": None}

    def test_probabilities_agree_with_the_reference(self):
        folder = self.scratch / "isic9"
        folder.mkdir()
        artifact = folder / "isic9_teachablemachine_float.onnx"
        shutil.copy(REALDATA / "models" / artifact.name, artifact)
        (folder / "model-manifest.json").write_text(json.dumps(self.manifest(artifact), indent=2))
        self.ok("init", self.volume, "--model", "isic9_teachablemachine")
        self.ok("add", folder / "model-manifest.json")
        self.relax_policy()
        self.ok("activate", "float-v1", "--reason", "real data")
        service = self.serve()
        with open(REALDATA / "reference_outputs/isic9_teachablemachine_float.onnx.csv", newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if (REALDATA / row["path"]).exists()]
        self.assertEqual(len(rows), 27)
        worst, same_top = 0.0, 0
        for row in rows:
            status, reply = service.classify((REALDATA / row["path"]).read_bytes())
            self.assertEqual(status, 200, reply)
            got = {c["label"]: c["probability"] for c in reply["classes"]}
            worst = max(worst, *(abs(got[name] - float(row[name])) for name in CLASSES))
            same_top += reply["top_class"] == row["argmax"]
        print(f"real data: {len(rows)} images, largest difference {worst:.2e}, same top class on {same_top}", flush=True)
        self.assertLess(worst, TOLERANCE)
        self.assertEqual(same_top, 27)


if __name__ == "__main__":
    unittest.main()
