import pytest

from tools.pain.body_regions import WPI_AREAS
from tools.pain.peg import score_peg
from tools.pain.start_back import score_start_back
from tools.pain.wpi_sss import score_wpi_sss


def test_peg_is_the_mean_of_its_three_items() -> None:
    assert score_peg(7, 5, 6).score == 6.0
    assert score_peg(7, 5, 6).text == "PEG score 6.0 of 10."


@pytest.mark.parametrize(("previous", "meaningful"), [(6.0, True), (5.7, False), (3.0, True), (4.2, False)])
def test_a_change_of_30_percent_is_meaningful_in_either_direction(previous: float, meaningful: bool) -> None:
    assert score_peg(4.2, 4.2, 4.2, previous=previous).meaningful is meaningful


def test_no_percentage_is_made_of_an_earlier_score_of_zero() -> None:
    assert score_peg(3, 3, 3, previous=0).percent is None


@pytest.mark.parametrize("items", [(11, 5, 5), (-1, 5, 5), (float("nan"), 5, 5), (5, 5, float("inf"))])
def test_peg_items_outside_0_to_10_are_refused(items: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="from 0 to 10"):
        score_peg(*items)


@pytest.mark.parametrize(
    ("answers", "total", "subscale", "risk"),
    [
        ([0] * 9, 0, 0, "low"),
        ([1, 1, 1, 0, 0, 0, 0, 0, 0], 3, 0, "low"),
        ([1, 1, 1, 1, 0, 0, 0, 0, 0], 4, 0, "medium"),
        ([1, 0, 0, 0, 1, 1, 1, 0, 0], 4, 3, "medium"),
        ([0, 0, 0, 0, 1, 1, 1, 1, 0], 4, 4, "high"),
        ([1] * 9, 9, 5, "high"),
    ],
)
def test_start_back_groups_by_total_and_subscale(answers: list[int], total: int, subscale: int, risk: str) -> None:
    score = score_start_back(answers)
    assert (score.total, score.subscale, score.risk) == (total, subscale, risk)


@pytest.mark.parametrize("answers", [[0] * 8, [0] * 10, [2] + [0] * 8, [-1] + [0] * 8])
def test_impossible_start_back_answers_are_refused(answers: list[int]) -> None:
    with pytest.raises(ValueError, match="STarT Back"):
        score_start_back(answers)


WIDE = ["left shoulder girdle", "right upper arm", "left lower leg", "right upper leg", "neck", "lower back", "chest"]


@pytest.mark.parametrize(
    ("wpi", "sss", "fits"),
    [(7, 5, True), (7, 4, False), (6, 9, True), (4, 9, True), (3, 12, False), (6, 8, False), (19, 12, True)],
)
def test_the_numeric_pattern_has_two_ways_to_be_met(wpi: int, sss: int, fits: bool) -> None:
    assert score_wpi_sss(wpi=wpi, sss=sss).numbers_fit is fits


def test_regions_and_months_belong_to_the_pattern() -> None:
    assert score_wpi_sss(areas=WIDE, sss=5, months=3).meets is True
    assert score_wpi_sss(areas=WIDE, sss=5, months=2.5).meets is False
    assert score_wpi_sss(areas=WIDE, sss=5).meets is None
    one_side = [area for area in WPI_AREAS if area.startswith("left")]
    assert score_wpi_sss(areas=one_side, sss=9, months=12).meets is False


def test_the_result_names_no_illness() -> None:
    text = score_wpi_sss(areas=WIDE, sss=5, months=6).text
    assert "meets the published numeric pattern" in text
    assert "Only a clinician" in text
    assert "fibromyalgia" not in text.lower()


def test_symptoms_add_up() -> None:
    assert score_wpi_sss(wpi=8, severities=[3, 2, 1, 1, 0, 1]).sss == 8


@pytest.mark.parametrize(
    "given",
    [
        {"wpi": 20, "sss": 5},
        {"wpi": -1, "sss": 5},
        {"wpi": 7, "sss": 13},
        {"wpi": 7},
        {"sss": 7},
        {"areas": ["left ear"], "sss": 3},
        {"areas": ["neck"], "wpi": 2, "sss": 3},
        {"wpi": 7, "severities": [4, 0, 0, 0, 0, 0]},
        {"wpi": 7, "severities": [1, 1, 1]},
        {"wpi": 7, "sss": 5, "months": -1},
    ],
)
def test_impossible_numbers_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"WPI|SSS|areas|symptoms|months"):
        score_wpi_sss(**given)  # type: ignore[arg-type]
