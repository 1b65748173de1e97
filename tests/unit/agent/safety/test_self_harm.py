"""Which words mean danger to oneself, which leave a doubt, and which mean something else."""

from datetime import UTC, datetime

import pytest

from agent.safety.answers import cleared, yes_or_no
from agent.safety.finding import SafetyFinding, SafetyInput, gravest
from agent.safety.self_harm import CODE, CODE_OTHER, self_harm
from agent.safety.texts import Help

NOW = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)


def found(text: str, asked: SafetyFinding | None = None) -> SafetyFinding | None:
    return self_harm(SafetyInput(text=text, now=NOW, asked=asked))


CERTAIN = [
    "I want to kill myself",
    "i wanna give up. I am going to end my life tonight",
    "I\u2019ve been thinking of killing myself",
    "I feel suicidal",
    "I'm having suicidal thoughts again",
    "I don't want to live anymore",
    "I do not want to wake up tomorrow",
    "I just want to die",
    "everyone would be better off without me",
    "I wish I was dead",
    "there is no point in living",
    "I keep cutting myself to cope",
    "I want to hurt myself",
    "I have the urge to self-harm",
    "I took all my pills",
    "thinking about suicide",
    "kms",
    "Can you move my run? Also I can't go on living like this",
    "I'm not going to eat and I want to end it all",
    "it's fine, but I want to kill my self",
    "I w\u200bant to k\u00adill myself",
    "ich will nicht mehr leben",
    "je veux mourir",
    "quiero quitarme la vida",
]
DOUBTFUL = [
    "I don't want to kill myself",
    "I'm not suicidal",
    "I could kill myself for skipping the long run",
    "I nearly killed myself on that hill",
    "I wanted to die at km 35",
    "when I was 17 I tried to take my own life",
    "I used to cut myself to cope",
]
NOTHING = [
    "this hill is killing me",
    "I'm dying to run a marathon",
    "that workout was murder, I'm dead",
    "kill the tempo on Tuesday",
    "end the plan in week 8",
    "I cut myself shaving",
    "I hurt my knee",
    "can you take my long run off Sunday",
    "I live in Berlin and want to visit Suicide Forest's neighbour, Mount Fuji",
    "I don't want to run on Mondays",
    "make the last week easier",
    "",
]


@pytest.mark.parametrize("text", CERTAIN)
def test_words_of_danger_are_an_emergency_without_a_question(text: str) -> None:
    finding = found(text)
    assert finding is not None
    assert (finding.code, finding.level, finding.question) == (CODE, "emergency", None)
    assert finding.reasons
    assert finding.source


@pytest.mark.parametrize("text", DOUBTFUL)
def test_a_no_the_past_and_figures_of_speech_are_asked_about(text: str) -> None:
    finding = found(text)
    assert finding is not None
    assert finding.question is not None


@pytest.mark.parametrize("text", NOTHING)
def test_other_words_are_left_alone(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize(
    "text", ["my brother wants to kill himself", "she is suicidal", "I think my friend is going to take her own life"]
)
def test_danger_to_somebody_else_has_a_text_of_its_own(text: str) -> None:
    finding = found(text)
    assert finding is not None
    assert finding.code == CODE_OTHER
    assert "don't leave them alone" in Help().text(finding)


@pytest.mark.parametrize(
    ("answer", "level"), [("yes", "emergency"), ("I don't know", "emergency"), ("maybe", "emergency")]
)
def test_a_yes_or_a_doubt_to_the_question_is_an_emergency(answer: str, level: str) -> None:
    finding = found(answer, asked=found("I'm not suicidal"))
    assert finding is not None
    assert (finding.level, finding.question) == (level, None)


def test_a_no_to_the_question_settles_it_and_an_answer_to_something_else_gets_the_numbers_once() -> None:
    asked = found("I nearly killed myself on that hill")
    assert found("no, I'm fine", asked=asked) is None
    passed_over = found("move the tempo to Monday", asked=asked)
    assert passed_over is not None
    assert passed_over.level == "advice"
    assert "116 123" in Help("en-GB").text(passed_over)
    assert found("I want to die", asked=asked) is not None


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *[(yes, True) for yes in ("Yes.", "I'm not sure", "I do", "I don't know", "oui")],
        *[(no, False) for no in ("no", "Nope!", "I don't", "nein", "I'm fine")],
        ("the tempo", None),
    ],
)
def test_answers_are_read_with_doubt_as_yes(text: str, answer: bool | None) -> None:
    assert yes_or_no(text) is answer


@pytest.mark.parametrize(
    ("text", "is_cleared"),
    [
        ("My doctor cleared me for exercise", True),
        ("the hospital ruled it out", True),
        ("I've been checked by my GP and it's fine", True),
        ("The physio said it's fine to carry on", True),
        ("I got the all-clear", True),
        ("I haven't been seen by a doctor", False),
        ("I will be checked by my doctor tomorrow", False),
        ("my doctor has not cleared me", False),
        ("do I need to see a doctor?", False),
        ("I feel fine now", False),
    ],
)
def test_only_news_that_a_professional_has_looked_at_it_counts_as_cleared(text: str, is_cleared: bool) -> None:
    assert cleared(text) is is_cleared


@pytest.mark.parametrize(
    ("locale", "number", "crisis"),
    [
        ("en-GB", "999", "116 123"),
        ("en-US", "911", "988"),
        ("de-DE", "112", "TelefonSeelsorge"),
        ("fr_FR", "112", "3114"),
        ("es-ES", "112", "024"),
        ("pt-BR", "192", "findahelpline.com"),
        ("en", "112", "findahelpline.com"),
    ],
)
def test_the_text_names_the_numbers_of_the_region_in_the_language_that_there_is(
    locale: str, number: str, crisis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EMERGENCY_NUMBER", raising=False)
    finding = found("I want to die")
    assert finding is not None
    text = Help(locale).text(finding)
    assert number in text
    assert crisis in text
    assert "{" not in text
    assert next(one.contact for one in Help(locale).resources(finding)) == number


def test_the_emergency_number_can_be_set_by_the_caller_and_by_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = found("I want to die")
    assert finding is not None
    monkeypatch.setenv("EMERGENCY_NUMBER", "1122")
    assert "1122" in Help("en-GB").text(finding)
    assert "+44 20 7946 0000" in Help("en-GB", "+44 20 7946 0000").text(finding)
    assert "1122" in Help("en-GB", "call me {crisis}").text(finding)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@pytest.mark.parametrize("code", ["self_harm", "self_harm_other", "red_flag"])
def test_every_language_has_every_text(language: str, code: str) -> None:
    for level in ("urgent", "emergency"):
        finding = SafetyFinding(code, level, ("x",), "s", question="self_harm")
        assert len(Help(language).text(finding)) > 80
        assert (
            Help(language).question(finding).rstrip(" .").endswith(("no", "nein", "non, s'il vous plaît", "por favor"))
        )


def test_the_gravest_finding_counts_and_of_one_level_the_certain_one() -> None:
    advice, urgent, doubt, sure = (
        SafetyFinding(code, level, (), "s", question=question)
        for code, level, question in (
            ("a", "advice", None),
            ("u", "urgent", None),
            ("d", "emergency", "sure?"),
            ("e", "emergency", None),
        )
    )
    assert gravest(advice, None, urgent) == urgent
    assert gravest(doubt, sure) == sure
    assert gravest(urgent, doubt) == doubt
    assert gravest(None, None) is None


def test_a_finding_survives_the_state() -> None:
    finding = found("I'm not suicidal")
    assert finding is not None
    assert SafetyFinding.from_json(finding.to_json()) == finding
