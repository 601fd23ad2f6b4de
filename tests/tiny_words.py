"""Small language models in the format of the shipped ones: they know which piece follows which, from a few lines."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import sentencepiece
from onnx import TensorProto, helper, numpy_helper

SENTENCES = {
    "en": [
        "i just ran ten miles and need a drink of water",
        "i need a drink of water",
        "she wants a drink of milk",
        "he drives the car to london",
        "they drive the car down the street",
        "the cat sat on the mat",
        "the united states of america",
        "he lives in the united states",
    ],
    "fr": ["le train part au départ de paris", "il prend le départ de la course", "l'homme boit de l'eau"],
    "es": ["el niño bebe un vaso de agua", "el año que viene", "ella bebe agua"],
}


LETTERS = "the quick brown fox jumps over a lazy dog, vixen! jock? blitz (w)-é è à â ê î ô û ç ñ ó á í ú ü x'y z."


def write(folder: Path, language: str, sentences: Sequence[str] = (), task: str = "text") -> Path:
    """Make the model's folder; the state counts the pieces read."""
    lines = list(sentences or SENTENCES[language])
    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join([*lines, *LETTERS.split()] * 20), "utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus), model_prefix=str(folder / "pieces"), vocab_size=420, model_type="unigram",
        user_defined_symbols=sorted({"▁" + word for line in lines for word in line.replace("'", "' ").split()}),
        byte_fallback=True, hard_vocab_limit=False, character_coverage=1.0, minloglevel=2, unk_id=0, bos_id=1, eos_id=2,
    )  # fmt: skip
    corpus.unlink()
    (folder / "pieces.vocab").unlink()
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "pieces.model"))
    size = pieces.get_piece_size()
    counts = np.full((size, size), 0.002, np.float64)
    for line in lines:
        row = [1, *pieces.encode(line), 2]
        for first, second in itertools.pairwise(row):
            counts[first, second] += 1
    table = np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)
    name = folder.name
    path = folder / f"{name}_int8.onnx"
    path.write_bytes(network(table).SerializeToString())
    (folder / "casing.txt").write_text("i\tI\nlondon\tLondon\nunited\tUnited\nstates\tStates\n", "utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "card.md").write_text(
        f"---\nname: {name}\ntask: {task}\nfile: {path.name}\nsha256: {digest}\n---\n# Test\n", "utf-8"
    )
    return folder


def write_all(folder: Path) -> Path:
    """Models of all languages where the shipped ones would lie: set KITT_MODELS to this folder."""
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    for language in SENTENCES:
        write(folder / f"kitt_lm_{language}", language)
    return folder


def network(table: np.ndarray, layers: int = 2, hidden: int = 3) -> onnx.ModelProto:
    """`table` (V, V): log-probabilities of the piece that follows."""
    state = [layers, "batch", hidden]
    nodes = [
        helper.make_node("Gather", ["table", "token"], ["log_probs"], axis=0),
        helper.make_node("Add", ["h", "one"], ["h_out"]),
        helper.make_node("Identity", ["c"], ["c_out"]),
    ]
    inputs = [helper.make_tensor_value_info("token", TensorProto.INT64, ["batch"])]
    inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, state) for name in "hc"]
    outputs = [helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["batch", table.shape[1]])]
    outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, state) for name in ("h_out", "c_out")]
    weights = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.ones(1, np.float32), "one")]
    graph = helper.make_graph(nodes, "bigrams", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
