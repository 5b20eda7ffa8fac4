"""Changes the weights of an ONNX file in place, as a wrong training or a failed conversion would: same graph, same shapes.

Reads just enough of the protobuf wire format to find the initialisers: ModelProto.graph (7) . initializer (5), each a
TensorProto with dims (1), data_type (2), name (8) and raw_data (9). Python's standard library only.
"""
import struct
from dataclasses import dataclass

FLOAT = 1


@dataclass
class Tensor:
    """One float32 initialiser: where its raw bytes lie in the file."""
    name: str
    dims: list
    begin: int
    end: int


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _fields(data, at, end):
    """Yields (field number, value, begin, end) of a message: value of a varint, bounds of what has a length."""
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        value, length = None, {1: 8, 5: 4}.get(kind, 0)
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            length, at = _varint(data, at)
        yield key >> 3, value, at, at + length
        at += length


def _tensor(data, begin, end):
    tensor, data_type = Tensor("", [], 0, 0), None
    for number, value, start, stop in _fields(data, begin, end):
        if number == 1 and value is None:  # packed
            at = start
            while at < stop:
                size, at = _varint(data, at)
                tensor.dims.append(size)
        elif number == 1:
            tensor.dims.append(value)
        elif number == 2:
            data_type = value
        elif number == 8:
            tensor.name = bytes(data[start:stop]).decode()
        elif number == 9:
            tensor.begin, tensor.end = start, stop
    return tensor if data_type == FLOAT and tensor.end > tensor.begin else None


def float_tensors(data):
    """The float32 initialisers with raw bytes, in the order of the file."""
    found = []
    for number, _, begin, end in _fields(data, 0, len(data)):
        if number == 7:
            found += [_tensor(data, b, e) for n, _, b, e in _fields(data, begin, end) if n == 5]
    return [tensor for tensor in found if tensor]


def first_convolution(data):
    """The weights that see the image's channels: [out, 3, height, width]."""
    return next(tensor for tensor in float_tensors(data) if len(tensor.dims) == 4 and tensor.dims[1] == 3)


def with_bgr_input(model):
    """The model as if it had been trained on BGR images."""
    data = bytearray(model)
    weights = first_convolution(data)
    plane = 4 * weights.dims[2] * weights.dims[3]
    for start in range(weights.begin, weights.end, 3 * plane):
        red, blue = slice(start, start + plane), slice(start + 2 * plane, start + 3 * plane)
        data[red], data[blue] = data[blue], data[red]
    return bytes(data)


def blind(model):
    """The model with its first weights all zero: it sees nothing of the image."""
    data = bytearray(model)
    weights = first_convolution(data)
    data[weights.begin:weights.end] = bytes(weights.end - weights.begin)
    return bytes(data)


def with_nan(model):
    """The model with one number of its last layer's bias not a number."""
    data = bytearray(model)
    bias = next(tensor for tensor in float_tensors(data) if tensor.name == "classify.bias")
    data[bias.begin:bias.begin + 4] = struct.pack("<f", float("nan"))
    return bytes(data)
