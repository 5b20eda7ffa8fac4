#!/usr/bin/env python3
"""Writes the small ONNX files of src/runtime_onnx/testdata, always the same bytes. Made with onnx 1.17.0, numpy 2.4.6.

Each model answers "which colour prevails?" for a 4x4 RGB image: mean of each channel -> matrix -> softmax. The variants
are what an adapter must tell apart: layouts, several outputs, wrong counts and types, NaN, data in other files.

Usage: make_onnx_fixtures.py FOLDER
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

GAIN = 8.0
SIDE = 4


def tensor(name, array):
    return numpy_helper.from_array(np.asarray(array, dtype=np.float32), name)


def external(name, shape, location, offset=None, length=None):
    """A float32 tensor whose bytes lie in the file `location`."""
    proto = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    proto.external_data.add(key="location", value=location)
    if offset is not None:
        proto.external_data.add(key="offset", value=str(offset))
        proto.external_data.add(key="length", value=str(length))
    return proto


def floats(name, shape, element=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def model(nodes, inputs, outputs, initializers):
    graph = helper.make_graph(nodes, "colours", inputs, outputs, initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="lotmark test fixture")
    made.ir_version = 8
    return made


def channel_means(layout="NCHW", source="input"):
    axes = [2, 3] if layout == "NCHW" else [1, 2]
    return helper.make_node("ReduceMean", [source], ["means"], axes=axes, keepdims=0)


def softmax_of(name, output="probabilities"):
    return helper.make_node("Softmax", [name], [output], axis=1)


def classifier(weights=None, layout="NCHW", classes=3, batch="N", before=(), after=None, declared=None,
               extra_outputs=(), extra_initializers=(), source="input", input_info=None, weights_tensor=None):
    """means x weights -> `after` (softmax unless told otherwise)."""
    shape = [batch, 3, SIDE, SIDE] if layout == "NCHW" else [batch, SIDE, SIDE, 3]
    weights = GAIN * np.eye(3, classes) if weights is None else weights
    nodes = [*before, channel_means(layout, source), helper.make_node("MatMul", ["means", "weights"], ["logits"]),
             *(after or [softmax_of("logits")])]
    return model(nodes, input_info or [floats("input", shape)],
                 [*extra_outputs, floats("probabilities", declared or [batch, classes])],
                 [weights_tensor or tensor("weights", weights), *extra_initializers])


def with_embedding():
    node = helper.make_node("MatMul", ["means", "projection"], ["embedding"])
    return classifier(extra_outputs=[floats("embedding", ["N", 5])], after=[node, softmax_of("logits")],
                      extra_initializers=[tensor("projection", np.arange(15).reshape(3, 5) / 10)])


def subgraph(kind):
    """Data outside the file, hidden where only a walk of the whole model finds it."""
    if kind == "attribute":
        constant = helper.make_node("Constant", [], ["bias"])
        constant.attribute.append(helper.make_attribute("value", external("bias", [3], "hidden.bin")))
        return classifier(before=[constant], after=[helper.make_node("Add", ["logits", "bias"], ["moved"]),
                                                    softmax_of("moved")])
    branches = {}
    for name in ("then_branch", "else_branch"):
        copy = helper.make_node("Identity", ["hidden_" + name], [name + "_out"])
        branches[name] = helper.make_graph([copy], name, [], [floats(name + "_out", [3])],
                                           [external("hidden_" + name, [3], "hidden.bin")])
    choice = helper.make_node("If", ["yes"], ["bias"], **branches)
    yes = numpy_helper.from_array(np.array(True), "yes")
    return classifier(before=[choice], after=[helper.make_node("Add", ["logits", "bias"], ["moved"]),
                                              softmax_of("moved")], extra_initializers=[yes])


def fixtures():
    permuted = GAIN * np.eye(3)[:, [1, 2, 0]]
    as_float = helper.make_node("Cast", ["input"], ["pixels"], to=TensorProto.FLOAT)
    minus = [helper.make_node("Sub", ["logits", "logits"], ["zeros"]),
             helper.make_node("Div", ["zeros", "zeros"], ["nans"]), softmax_of("nans")]
    flat = [helper.make_node("Sub", ["logits", "logits"], ["zeros"]),
            helper.make_node("Add", ["zeros", "bias"], ["moved"]), softmax_of("moved")]
    # How many columns Compress keeps is known only when it runs.
    chosen = [helper.make_node("Compress", ["logits", "keep"], ["kept"], axis=1), softmax_of("kept")]
    keep = numpy_helper.from_array(np.array([True] * 4), "keep")
    two = [floats("input", ["N", 3, SIDE, SIDE]), floats("age", ["N", 3])]
    yield "colours.onnx", classifier()
    yield "colours_nhwc.onnx", classifier(layout="NHWC", batch=1)
    yield "colours_embedding.onnx", with_embedding()
    yield "colours_permuted.onnx", classifier(weights=permuted)
    yield "colours_weaker.onnx", classifier(weights=0.9 * GAIN * np.eye(3))
    yield "constant.onnx", classifier(after=flat, extra_initializers=[tensor("bias", [1, 2, 3])])
    yield "four_classes.onnx", classifier(classes=4)
    yield "four_classes_undeclared.onnx", classifier(classes=4, declared=["N", "C"], after=chosen,
                                                     extra_initializers=[keep])
    yield "logits.onnx", classifier(after=[helper.make_node("Identity", ["logits"], ["probabilities"])])
    yield "nan.onnx", classifier(after=minus)
    yield "batch_of_two.onnx", classifier(batch=2)
    yield "int8_input.onnx", classifier(before=[as_float], source="pixels",
                                        input_info=[floats("input", ["N", 3, SIDE, SIDE], TensorProto.INT8)])
    yield "two_inputs.onnx", classifier(input_info=two, after=[helper.make_node("Add", ["logits", "age"], ["moved"]),
                                                               softmax_of("moved")])
    yield "external.onnx", classifier(weights_tensor=external("weights", [3, 3], "weights.bin", 64, 36))
    yield "external_in_subgraph.onnx", subgraph("if")
    yield "external_in_attribute.onnx", subgraph("attribute")
    yield "external_memory.onnx", classifier(weights_tensor=external("weights", [3, 3], "*/_ORT_MEM_ADDR_/*", 4096, 36))


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, made in fixtures():
        (folder / name).write_bytes(made.SerializeToString(deterministic=True))
    weights = (GAIN * np.eye(3)).astype("<f4").tobytes()
    (folder / "weights.bin").write_bytes(b"\0" * 64 + weights)


if __name__ == "__main__":
    main()
