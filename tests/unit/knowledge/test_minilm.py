"""MiniLM computes what its publishers' model computes, for any mix of texts and threads."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.unit.knowledge import bert
from tools.knowledge.minilm import DIMENSIONS, MAX_TOKENS, MiniLM, load_tokenizer, shared_model
from tools.knowledge.weights import load_tensors

TEXTS = [
    "How far should my longest run be before a half marathon?",
    "taper",
    "Ein Lauf über 21,1 km: naïve café ☕ 跑步",
    "Reduce the weekly distance by about half, keep some of the fast running, and sleep well. " * 8,
    "",
]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return shared_model()


def test_vectors_equal_an_independent_forward_pass(model: MiniLM) -> None:
    weights, tokenizer = load_tensors(), load_tokenizer()
    vectors = model.encode(TEXTS)
    for text, vector in zip(TEXTS, vectors, strict=True):
        expected = bert.embed(weights, tokenizer.encode(text).ids)
        assert float(vector @ expected) >= 0.999999
        np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_a_text_has_the_same_vector_alone_and_among_others(model: MiniLM) -> None:
    texts = [f"{'easy running ' * (index % 40)}day {index}" for index in range(70)]
    together = model.encode(texts)
    for index in (0, 1, 38, 39, 69):
        np.testing.assert_allclose(together[index], model.encode([texts[index]])[0], atol=1e-5)


def test_vectors_have_length_one(model: MiniLM) -> None:
    vectors = model.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(model: MiniLM) -> None:
    assert model.encode([]).shape == (0, DIMENSIONS)


def test_text_beyond_the_limit_is_ignored(model: MiniLM) -> None:
    words = MAX_TOKENS - 2  # [CLS] and [SEP] count too
    exact, longer = model.encode(["run " * words, "run " * words + "swim bicycle tax law"])
    np.testing.assert_allclose(exact, longer, atol=1e-6)


def test_texts_between_the_tokenizer_files_limit_and_ours_are_read_to_their_end(model: MiniLM) -> None:
    run, swim = model.encode(["run " * 200, "run " * 180 + "swim " * 20])
    assert float(run @ swim) < 0.999


def test_a_paraphrase_is_nearer_than_an_unrelated_text(model: MiniLM) -> None:
    pairs = [
        ("My shins hurt after running", "pain along the tibia following a jog", "booking a hotel in Kyoto"),
        ("cut back mileage before race day", "run less in the final weeks ahead of the event", "boil the pasta"),
        ("What should I eat during a long run?", "carbohydrate intake on extended workouts", "interest rates fell"),
    ]
    for text, paraphrase, unrelated in pairs:
        vectors = model.encode([text, paraphrase, unrelated])
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_threads_share_one_model_and_get_their_own_answers() -> None:
    texts = [f"session number {index}" for index in range(24)]
    with ThreadPoolExecutor(max_workers=6) as threads:
        models = list(threads.map(lambda _: shared_model(), range(6)))
        vectors = list(threads.map(lambda text: shared_model().encode([text])[0], texts))
    assert len({id(model) for model in models}) == 1
    np.testing.assert_allclose(np.stack(vectors), shared_model().encode(texts), atol=1e-5)


def test_the_runtime_tells_nobody_of_itself_and_keeps_no_id_of_the_machine(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}  # without CI, where the runtime is silent anyway
    subprocess.run(
        [sys.executable, "-c", "from tools.knowledge.minilm import MiniLM; MiniLM().encode(['taper'])"],
        cwd=Path(__file__).parents[3],
        env=environment,
        check=True,
    )
    assert not list(tmp_path.rglob("*"))
