"""The service that users would write by themselves for the demo's model: FastAPI, ONNX Runtime, Pillow, SQLAlchemy.

Written in the frameworks' own ways (an uploaded file, a response model, an ORM session) by somebody who measures: one
thread inside a run, few threads beside Python's lock, one writer at a time instead of SQLite's busy timer. As durable as
Lotmark: the row is committed (WAL, synchronous=FULL) before the reply. It does less: no quality, no digests of tensor and
output, no id of the caller's.
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
from fastapi import FastAPI, UploadFile
from pydantic import BaseModel
from sqlalchemy import Float, String, Text, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

FOLDER = pathlib.Path(os.environ["PEER_MODEL_FOLDER"])
MANIFEST_BYTES = (FOLDER / "model-manifest.json").read_bytes()
MANIFEST = json.loads(MANIFEST_BYTES)
MANIFEST_SHA256 = hashlib.sha256(MANIFEST_BYTES).hexdigest()
PREPROCESSING = MANIFEST["preprocessing"]
SIZE = (PREPROCESSING["resize"]["width"], PREPROCESSING["resize"]["height"])
# (x / divisor - mean) / std as one multiplication and one addition.
SCALE = (1 / (PREPROCESSING["divisor"] * numpy.array(PREPROCESSING["std"]))).astype(numpy.float32)
SHIFT = (-numpy.array(PREPROCESSING["mean"]) / numpy.array(PREPROCESSING["std"])).astype(numpy.float32)
# More threads only wait for Python's lock: measured on two cores, 1 and 2 are best, 16 a quarter slower.
THREADS = 2


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


class ClassProbability(BaseModel):
    label: str
    probability: float


class Reply(BaseModel):
    id: str
    time: str
    model_name: str
    model_version: str
    manifest_sha256: str
    top_class: str
    confidence: float
    top3: list[ClassProbability]
    classes: list[ClassProbability]


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
    ranked = [ClassProbability(label=label, probability=value) for label, value in zip(CLASSES, probabilities)]
    top = sorted(ranked, key=lambda one: -one.probability)[:3]
    reply = Reply(id=str(uuid.uuid4()), time=datetime.datetime.now(datetime.timezone.utc).isoformat(),
                  model_name=MANIFEST["model_name"], model_version=MANIFEST["version"], manifest_sha256=MANIFEST_SHA256,
                  top_class=top[0].label, confidence=top[0].probability, top3=top, classes=ranked)
    row = Classification(id=reply.id, time=reply.time, model_name=reply.model_name, model_version=reply.model_version,
                         manifest_sha256=reply.manifest_sha256, image_sha256=hashlib.sha256(body).hexdigest(),
                         classes=CLASSES_JSON, probabilities=json.dumps(probabilities), top_class=reply.top_class,
                         confidence=reply.confidence)
    with writing, Session(engine) as session:
        session.add(row)
        session.commit()
    return reply


@app.post("/classify")
async def classify_image(image: UploadFile) -> Reply:
    body = await image.read()
    return await anyio.to_thread.run_sync(classify, body, limiter=limiter)


@app.get("/health/ready")
async def ready():
    return {"ready": True}


def create_tables():
    Base.metadata.create_all(engine)
