"""The service that users would write by themselves for the demo's model: FastAPI, ONNX Runtime, Pillow, SQLAlchemy.

Meant to be as fast as such a service reasonably is, and as durable as Lotmark: the row is committed to SQLite (WAL,
synchronous=FULL) before the reply. It does less: no quality, no digests of tensor and output, no id of the caller's.
Settings: PEER_MODEL_FOLDER (a version folder), PEER_DATABASE (a path).
"""
import datetime
import hashlib
import io
import json
import os
import pathlib
import threading
import uuid

import anyio.to_thread
import numpy
import onnxruntime
import PIL.Image
import PIL.ImageOps
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Float, String, Text, create_engine, event, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

FOLDER = pathlib.Path(os.environ["PEER_MODEL_FOLDER"])
MANIFEST_BYTES = (FOLDER / "model-manifest.json").read_bytes()
MANIFEST = json.loads(MANIFEST_BYTES)
MANIFEST_SHA256 = hashlib.sha256(MANIFEST_BYTES).hexdigest()
PREPROCESSING = MANIFEST["preprocessing"]
SIZE = (PREPROCESSING["resize"]["width"], PREPROCESSING["resize"]["height"])
# (x / divisor - mean) / std as one multiplication and one addition.
SCALE = (1 / (PREPROCESSING["divisor"] * numpy.array(PREPROCESSING["std"]))).astype(numpy.float32)
SHIFT = (-numpy.array(PREPROCESSING["mean"]) / numpy.array(PREPROCESSING["std"])).astype(numpy.float32)
# More threads than this only wait for Python's lock: measured, 2 to 4 are best on two cores.
THREADS = 4


class Base(DeclarativeBase):
    pass


class Classification(Base):
    __tablename__ = "lesion_classifications"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    time: Mapped[str] = mapped_column(String(32), index=True)
    model_name: Mapped[str] = mapped_column(String(64))
    model_version: Mapped[str] = mapped_column(String(64))
    manifest_sha256: Mapped[str] = mapped_column(String(64))
    image_sha256: Mapped[str] = mapped_column(String(64))
    classes: Mapped[str] = mapped_column(Text)
    probabilities: Mapped[str] = mapped_column(Text)
    top_class: Mapped[str] = mapped_column(String(128))
    confidence: Mapped[float] = mapped_column(Float)


engine = create_engine(f"sqlite:///{os.environ['PEER_DATABASE']}", pool_size=1, max_overflow=0,
                       connect_args={"check_same_thread": False, "timeout": 60})


@event.listens_for(engine, "connect")
def set_pragmas(connection, _):
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.inter_op_num_threads = 1
onnx = onnxruntime.InferenceSession(str(FOLDER / MANIFEST["formats"]["onnx"]["path"]), options,
                                    providers=["CPUExecutionProvider"])
INPUT = onnx.get_inputs()[0].name
OUTPUT = MANIFEST["formats"]["onnx"]["outputs"][0]["name"]
CLASSES = MANIFEST["classes"]
CLASSES_JSON = json.dumps(CLASSES)
INSERT = insert(Classification)
limiter = anyio.CapacityLimiter(THREADS)
writing = threading.Lock()  # SQLite takes one writer; waiting here is cheaper than its busy timer
app = FastAPI()


def tensor_of(body):
    image = PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(body))).convert("RGB")
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    image = image.resize(SIZE, PIL.Image.Resampling.BILINEAR, box=(left, top, left + edge, top + edge))
    pixels = numpy.asarray(image, dtype=numpy.float32) * SCALE + SHIFT
    return numpy.ascontiguousarray(pixels.transpose(2, 0, 1)[numpy.newaxis])


def classify(body):
    probabilities = onnx.run([OUTPUT], {INPUT: tensor_of(body)})[0][0].tolist()
    top = sorted(range(len(CLASSES)), key=lambda index: -probabilities[index])[:3]
    row = {
        "id": str(uuid.uuid4()),
        "time": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        "model_name": MANIFEST["model_name"],
        "model_version": MANIFEST["version"],
        "manifest_sha256": MANIFEST_SHA256,
        "image_sha256": hashlib.sha256(body).hexdigest(),
        "classes": CLASSES_JSON,
        "probabilities": json.dumps(probabilities),
        "top_class": CLASSES[top[0]],
        "confidence": probabilities[top[0]],
    }
    with writing, engine.begin() as connection:
        connection.execute(INSERT, row)
    return {
        "id": row["id"], "time": row["time"], "model_name": row["model_name"], "model_version": row["model_version"],
        "manifest_sha256": MANIFEST_SHA256, "top_class": row["top_class"], "confidence": row["confidence"],
        "top3": [{"label": CLASSES[index], "probability": probabilities[index]} for index in top],
        "classes": [{"label": name, "probability": value} for name, value in zip(CLASSES, probabilities)],
    }


@app.post("/classify")
async def classify_image(request: Request):
    body = await request.body()
    return JSONResponse(await anyio.to_thread.run_sync(classify, body, limiter=limiter))


@app.get("/health/ready")
async def ready():
    return {"ready": True}


def create_tables():
    Base.metadata.create_all(engine)
