"""The smallest sentence-transformers folder: a table of one vector a word, written byte by byte as ONNX."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = ("[UNK]", "ro", "ordning", "frihet", "regn")
DIM = 3
TABLE = np.array([[0, 0, 1], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)


def write_model(folder: Path, *, card: str = "", pooling: str = "mean") -> Path:
    """Write model, tokenizer, pooling and card."""
    for name in ("onnx", "1_Pooling"):
        (folder / name).mkdir(parents=True)
    (folder / "onnx/model.onnx").write_bytes(_graph())
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]  # the stub knows no subclass
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_cls_token": pooling == "cls"}))
    (folder / "README.md").write_text(card)
    return folder


def _graph() -> bytes:
    """A graph with one node: the rows of a table, one for each token."""
    table = _field(1, *DIM_AND_WORDS) + _number(2, 1) + _text(8, "table") + _bytes(9, TABLE.tobytes())
    node = _text(1, "table") + _text(1, "input_ids") + _text(2, "last_hidden_state") + _text(4, "Gather")
    ids = _value("input_ids", 7, ("batch", "tokens"))
    rows = _value("last_hidden_state", 1, ("batch", "tokens", "dim"))
    graph = _bytes(1, node) + _text(2, "tiny") + _bytes(5, table) + _bytes(11, ids) + _bytes(12, rows)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 17))


DIM_AND_WORDS = (len(WORDS), DIM)


def _value(name: str, kind: int, dims: tuple[str, ...]) -> bytes:
    shape = b"".join(_bytes(1, _text(2, dim)) for dim in dims)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _field(number: int, *values: int) -> bytes:
    return b"".join(_number(number, value) for value in values)


def _number(number: int, value: int) -> bytes:
    return bytes([number << 3]) + _varint(value)


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _bytes(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])
