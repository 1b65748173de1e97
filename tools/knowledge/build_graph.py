"""Write `minilm.onnx`: the computation of all-MiniLM-L6-v2 without its weights.

Run by hand, with the development dependency `onnx`, when the graph has to change:

    python -m tools.knowledge.build_graph

The model is BERT (Devlin et al., 2019, arXiv:1810.04805) with 6 layers, 12 heads and width 384, distilled as
MiniLM (Wang et al., 2020, arXiv:2002.10957), followed by Sentence-BERT's mean pooling and L2 normalisation
(Reimers and Gurevych, 2019, arXiv:1908.10084). Every weight is an initializer named as in the published
safetensors file and marked as external data; `weights.py` hands the arrays to onnxruntime at load.
"""

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from tools.knowledge.weights import GRAPH_FILE, WEIGHTS_FILE, tensor_shapes

LAYERS = 6
HEADS = 12
WIDTH = 384
HEAD_WIDTH = WIDTH // HEADS
LAYER_NORM_EPSILON = 1e-12
# What is subtracted from the scores of padding: large enough that its softmax weight is exactly 0 in float32.
PADDING_SCORE = -1e9
# Opset 20 brought Gelu, 17 LayerNormalization; onnxruntime reads both since 1.17.
OPSET = 20
IR_VERSION = 9


class Builder:
    """Collects nodes, small constants and the weights they mention."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.weights: set[str] = set()

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Add an operation and return the name of its one output."""
        output = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attributes))
        return output

    def weight(self, name: str) -> str:
        """Mention a tensor of the safetensors file."""
        self.weights.add(name)
        return name

    def ints(self, *values: int) -> str:
        """A constant int64 vector."""
        name = "ints_" + "_".join(map(str, values))
        self.constants[name] = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
        return name

    def scalar(self, value: float) -> str:
        """A constant float32 scalar."""
        name = f"float_{value}"
        self.constants[name] = helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        return name

    def dense(self, rows: str, name: str) -> str:
        """`rows` (n, in) through the linear layer `name`, whose weight is stored (out, in)."""
        return self.node("Gemm", rows, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), transB=1)

    def layer_norm(self, rows: str, name: str) -> str:
        """Layer normalisation over the last axis."""
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", rows, scale, bias, epsilon=LAYER_NORM_EPSILON)


def embed_tokens(build: Builder) -> str:
    """Sum of word, position and segment embeddings, normalised: (batch, tokens, width)."""
    words = build.node("Gather", build.weight("embeddings.word_embeddings.weight"), "input_ids")
    tokens = build.node("Shape", "input_ids", start=1, end=2)
    positions = build.node(
        "Slice", build.weight("embeddings.position_embeddings.weight"), build.ints(0), tokens, build.ints(0)
    )
    segment = build.node("Gather", build.weight("embeddings.token_type_embeddings.weight"), build.ints(0))
    summed = build.node("Add", build.node("Add", words, positions), segment)
    return build.layer_norm(summed, "embeddings.LayerNorm")


def attention(build: Builder, rows: str, shape: str, padding: str, name: str) -> str:
    """Multi-head self-attention of `rows` (batch · tokens, width)."""

    def heads(part: str, order: list[int]) -> str:
        projected = build.dense(rows, f"{name}.self.{part}")
        return build.node("Transpose", build.node("Reshape", projected, shape), perm=order)

    query, value = heads("query", [0, 2, 1, 3]), heads("value", [0, 2, 1, 3])
    key = heads("key", [0, 2, 3, 1])
    scores = build.node("Mul", build.node("MatMul", query, key), build.scalar(HEAD_WIDTH**-0.5))
    weights = build.node("Softmax", build.node("Add", scores, padding), axis=-1)
    mixed = build.node("Transpose", build.node("MatMul", weights, value), perm=[0, 2, 1, 3])
    return build.dense(build.node("Reshape", mixed, build.ints(-1, WIDTH)), f"{name}.output.dense")


def layer(build: Builder, rows: str, shape: str, padding: str, name: str) -> str:
    """One transformer layer: attention and feed-forward, each added to its input and normalised."""
    attended = build.node("Add", rows, attention(build, rows, shape, padding, f"{name}.attention"))
    rows = build.layer_norm(attended, f"{name}.attention.output.LayerNorm")
    wide = build.node("Gelu", build.dense(rows, f"{name}.intermediate.dense"))
    return build.layer_norm(
        build.node("Add", rows, build.dense(wide, f"{name}.output.dense")), f"{name}.output.LayerNorm"
    )


def pool(build: Builder, rows: str, mask: str) -> str:
    """Mean of the token vectors that are not padding, scaled to length 1: (batch, width)."""
    shape = build.node("Concat", build.node("Shape", "input_ids", start=0, end=2), build.ints(WIDTH), axis=0)
    weighted = build.node("Mul", build.node("Reshape", rows, shape), build.node("Unsqueeze", mask, build.ints(2)))
    summed = build.node("ReduceSum", weighted, build.ints(1), keepdims=0)
    mean = build.node("Div", summed, build.node("ReduceSum", mask, build.ints(1), keepdims=1))
    return build.node("Div", mean, build.node("ReduceL2", mean, build.ints(1), keepdims=1))


def external(name: str, shape: list[int]) -> onnx.TensorProto:
    """A float32 initializer whose data is not in the graph file."""
    tensor = onnx.TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=WEIGHTS_FILE)
    return tensor


def build_graph(shapes: dict[str, list[int]]) -> onnx.ModelProto:
    """The whole model: `input_ids`, `attention_mask` (batch, tokens) to `embedding` (batch, width)."""
    build = Builder()
    mask = build.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    gap = build.node("Mul", build.node("Sub", mask, build.scalar(1.0)), build.scalar(-PADDING_SCORE))
    padding = build.node("Unsqueeze", gap, build.ints(1, 2))
    shape = build.node(
        "Concat",
        build.node("Shape", "input_ids", start=0, end=2),
        build.ints(HEADS, HEAD_WIDTH),
        axis=0,
    )
    rows = build.node("Reshape", embed_tokens(build), build.ints(-1, WIDTH))
    for index in range(LAYERS):
        rows = layer(build, rows, shape, padding, f"encoder.layer.{index}")
    build.nodes.append(helper.make_node("Identity", [pool(build, rows, mask)], ["embedding"]))
    initializers = [external(name, shapes[name]) for name in sorted(build.weights)]
    graph = helper.make_graph(
        build.nodes,
        "all-MiniLM-L6-v2",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", WIDTH])],
        [*initializers, *build.constants.values()],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="planloom"
    )


if __name__ == "__main__":
    Path(GRAPH_FILE).write_bytes(build_graph(tensor_shapes()).SerializeToString(deterministic=True))
