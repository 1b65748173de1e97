"""all-MiniLM-L6-v2 on onnxruntime: texts to vectors of length 1, without torch and without a network."""

import os
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from tools.knowledge.onnx import ort
from tools.knowledge.weights import GRAPH_FILE, TOKENIZER_FILE, TOKENIZER_SHA256, load_tensors, model_file

DIMENSIONS = 384
# sentence_bert_config.json of the published model: longer texts were never seen in training.
MAX_TOKENS = 256
# Bounds the memory of a call: 32 texts of 256 tokens need about 100 MB of attention scores.
BATCH_SIZE = 32
MAX_THREADS = 4
# BERT's pooling head, which the sentence embedding does not use and the graph does not contain.
UNUSED_PREFIX = "pooler."


class MiniLM:
    """The model, loaded. Calls from several threads at once are safe."""

    def __init__(self) -> None:
        """Read, verify and load the model: about half a second of disk and CPU.

        Raises WeightsUnavailableError if its files are missing or altered.
        """
        self._tokenizer = load_tokenizer()
        tensors = {name: array for name, array in load_tensors().items() if not name.startswith(UNUSED_PREFIX)}
        # onnxruntime borrows the arrays' memory: they must live as long as the session.
        self._weights = {name: ort.OrtValue.ortvalue_from_numpy(array) for name, array in tensors.items()}
        options = ort.SessionOptions()
        options.intra_op_num_threads = min(MAX_THREADS, os.cpu_count() or 1)
        # Threads that spin while they wait would take a core from the server between two texts.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_external_initializers(list(self._weights), list(self._weights.values()))
        self._session = ort.InferenceSession(GRAPH_FILE.read_bytes(), options, providers=["CPUExecutionProvider"])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of `texts`, shape (len(texts), 384); tokens beyond the 256th of a text are ignored."""
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(list(texts))
        for batch in batches(encodings):
            ids, mask = padded([encodings[index].ids for index in batch])
            (vectors[batch],) = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})
        return vectors


def load_tokenizer() -> Tokenizer:
    """The model's own WordPiece tokenizer, truncating at 256 tokens.

    The published file says 128 and pads every text to that length; sentence-transformers overrides both.
    """
    tokenizer = Tokenizer.from_file(str(model_file(TOKENIZER_FILE, TOKENIZER_SHA256)))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def batches(encodings: Sequence[Encoding]) -> Iterator[list[int]]:
    """Indices of `encodings` in batches of texts of like length, so that little is spent on padding."""
    order = sorted(range(len(encodings)), key=lambda index: len(encodings[index].ids))
    for start in range(0, len(order), BATCH_SIZE):
        yield order[start : start + BATCH_SIZE]


def padded(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Token ids and attention mask, both (len(rows), longest row); 0 is the id of [PAD]."""
    shape = (len(rows), max(map(len, rows)))
    ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return ids, mask


_loading = threading.Lock()


@lru_cache(maxsize=1)
def _load() -> MiniLM:
    return MiniLM()


def shared_model() -> MiniLM:
    """The process's one loaded model; the first call loads it, and calls meanwhile wait for that."""
    with _loading:
        return _load()
