"""Only the published weights are used, and the graph file holds none of them."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from tools.knowledge import build_graph, weights


def test_the_installed_weights_are_the_published_ones() -> None:
    path = weights.model_file(weights.WEIGHTS_FILE, weights.WEIGHTS_SHA256)
    assert path.stat().st_size == 90_868_376
    assert len(weights.WEIGHTS_SHA256) == 64


def test_an_altered_file_is_refused_by_name_and_hash(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not the weights")
    with pytest.raises(weights.WeightsUnavailableError, match="refusing") as caught:
        weights.verify(path, weights.WEIGHTS_SHA256)
    assert hashlib.sha256(b"not the weights").hexdigest() in str(caught.value)


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(weights.WeightsUnavailableError, match="No such file"):
        weights.verify(tmp_path / "model.safetensors", weights.WEIGHTS_SHA256)


def test_tensors_are_read_only_views_in_the_stored_shapes() -> None:
    tensors = weights.load_tensors()
    assert tensors["embeddings.word_embeddings.weight"].shape == (30522, 384)
    assert tensors["encoder.layer.5.output.dense.weight"].shape == (384, 1536)
    assert not any(tensor.flags.writeable for tensor in tensors.values())


def test_safetensors_are_parsed_as_the_format_says() -> None:
    values = np.arange(6, dtype="<f4").reshape(2, 3)
    header = {
        "__metadata__": {"format": "pt"},
        "ids": {"dtype": "I64", "shape": [1], "data_offsets": [24, 32]},
        "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    }
    encoded = json.dumps(header).encode()
    data = len(encoded).to_bytes(8, "little") + encoded + values.tobytes() + bytes(8)
    tensors = weights.parse_safetensors(data)
    assert list(tensors) == ["weight"]
    np.testing.assert_array_equal(tensors["weight"], values)


def test_the_committed_graph_is_what_the_script_builds() -> None:
    built = build_graph.build_graph(weights.tensor_shapes())
    assert built.SerializeToString(deterministic=True) == weights.GRAPH_FILE.read_bytes()


def test_the_graph_file_holds_no_weights() -> None:
    graph = onnx.load(str(weights.GRAPH_FILE), load_external_data=False).graph
    inside = [tensor for tensor in graph.initializer if tensor.data_location != onnx.TensorProto.EXTERNAL]
    assert weights.GRAPH_FILE.stat().st_size < 50_000
    assert max(int(np.prod(list(tensor.dims) or [1])) for tensor in inside) < 10


def test_the_wheels_own_code_is_never_imported() -> None:
    program = (
        "import sys; from tools.knowledge.embeddings import LocalEmbeddings; "
        "LocalEmbeddings().embed_query('taper'); "
        "print([name for name in sys.modules if name.startswith(('gt_all', 'torch', 'sentence_transformers'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
