import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.pain.corpus import sentences
from tools.pain.escalation import escalation_text, question_text
from tools.pain.red_flag_rules import load_rules
from tools.pain.triage import Background, Triage, triage, triage_crisis

TODAY = date(2026, 11, 21)
CORPUS = sentences()


def found(text: str, **more: object) -> Triage:
    return triage(text, today=TODAY, **more)  # type: ignore[arg-type]


def ids(outcome: Triage) -> set[str]:
    return {flag.id for flag in outcome.flags}


def asked(outcome: Triage) -> list[str]:
    return [question.id for question in outcome.questions]


def test_every_emergency_of_the_corpus_is_recognised_as_one() -> None:
    emergencies = [said.text for said in CORPUS if said.level == "emergency"]
    assert len(emergencies) >= 120
    assert [text for text in emergencies if found(text).level != "emergency"] == []


def test_at_least_95_of_100_urgent_sentences_are_recognised() -> None:
    urgent = [said.text for said in CORPUS if said.level == "urgent"]
    recognised = [text for text in urgent if found(text).level != "routine"]
    print(f"\nurgent: {len(recognised)}/{len(urgent)}")
    assert len(urgent) >= 120
    assert len(recognised) / len(urgent) >= 0.95


def test_what_only_sounds_like_a_red_flag_is_left_alone() -> None:
    """Specificity, reported: of sentences without a red flag, how many raise none, and how many not even a question."""
    routine = [said.text for said in CORPUS if said.level == "routine"]
    unflagged = [text for text in routine if found(text).level == "routine"]
    unasked = [text for text in unflagged if not found(text).questions]
    print(f"\nspecificity: {len(unflagged)}/{len(routine)}; no question either: {len(unasked)}/{len(routine)}")
    assert len(unflagged) / len(routine) >= 0.95
    assert len(unasked) / len(routine) >= 0.85


def test_every_rule_is_fired_by_a_sentence_and_names_its_source() -> None:
    fired = {flag.id for said in CORPUS for flag in found(said.text).flags}
    rules = load_rules().rules
    assert {rule.id for rule in rules} == fired
    for rule in rules:
        assert any(name in rule.source for name in ("NICE", "GIRFT", "IFOMPT"))
        assert rule.question.endswith("?")


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("I have numbness between my legs", "I have no numbness between my legs"),
        ("my groin is numb", "my groin isn't numb"),
        ("both legs are weak", "both legs are strong, no weakness in both legs"),
        ("I have a fever", "I don't have a fever"),
        ("I had cancer", "I never had cancer"),
        ("I had cancer", "my sister had cancer"),
        ("my groin is numb", "in 2010 my groin was numb"),
        ("numbness? yes, in the groin", "numbness in the groin? no"),
    ],
)
def test_denied_another_person_or_long_past_is_no_flag(said: str, denied: str) -> None:
    assert found(said).flags
    assert not found(denied).flags


def test_a_denial_ends_with_its_clause() -> None:
    assert ids(found("No fever, but I can't feel my groin")) == {"saddle_numbness"}
    assert ids(found("I have no weakness and I can't pee")) == {"bladder"}


def test_a_history_of_cancer_counts_however_long_ago() -> None:
    assert ids(found("I had breast cancer in 2009 and now my back hurts")) == {"cancer_history"}


def test_the_present_year_is_not_long_past() -> None:
    assert found("in 2026 I fell off a ladder").flags
    assert not found("in 2016 I fell off a ladder").flags


def test_somebody_elses_emergency_is_asked_about() -> None:
    outcome = found("my wife has chest pain going into her left arm")
    assert not outcome.flags
    assert outcome.questions[0].if_yes == outcome.worst_case == "emergency"
    assert "somebody else" in outcome.questions[0].text


def test_what_the_words_leave_open_is_asked_and_the_answer_decides() -> None:
    open_ = found("I have chest pain")
    assert (open_.level, asked(open_)) == ("routine", ["chest_pain_spreading"])
    assert "spread to an arm" in question_text(open_)
    assert found("I have chest pain", answers={"chest_pain_spreading": "yes"}).level == "emergency"
    assert found("I have chest pain", answers={"chest_pain_spreading": "unsure"}).level == "emergency"
    settled = found("I have chest pain", answers={"chest_pain_spreading": "no"})
    assert (settled.level, settled.questions) == ("routine", ())
    assert "chest_pain_spreading" in settled.settled


def test_a_fear_of_cancer_is_asked_about_and_is_no_history() -> None:
    outcome = found("I'm worried it could be cancer")
    assert (outcome.flags, asked(outcome)) == ((), ["cancer_history"])


def test_a_question_about_red_flags_is_no_red_flag() -> None:
    assert found("What is saddle numbness?") == Triage("routine")


def test_a_drawn_saddle_area_leads_to_the_discriminating_question() -> None:
    assert asked(found("here is my drawing", regions=["saddle"])) == ["saddle_numbness"]


def test_what_is_known_of_a_person_completes_what_they_say() -> None:
    assert not found("I slipped in the bath").flags
    fragile = Background(conditions=("osteoporosis",))
    assert ids(found("I slipped in the bath", background=fragile)) == {"minor_trauma_fragile_bones"}
    assert ids(found("my back started to hurt on Monday", background=Background(age=63))) == {"age_and_new_pain"}


def test_only_self_harm_matters_to_every_assistant() -> None:
    assert triage_crisis("I want to end my life").level == "emergency"
    assert triage_crisis("I had cancer").level == "routine"


def test_a_flag_quotes_the_sentence_it_rests_on() -> None:
    flag = found("All good. Since today I CAN\u2019T pee! Thanks.").flags[0]
    assert flag.quote == "Since today I CAN'T pee!"


def test_the_fixed_text_names_the_number_and_tells_nobody_what_they_have() -> None:
    emergency = escalation_text(found("I can't pee and my groin is numb"), "999")
    assert "NOW" in emergency
    assert "999" in emergency
    assert "saddle area" in emergency
    urgent = escalation_text(found("I have a fever"), "112")
    assert "today or tomorrow" in urgent
    crisis = escalation_text(found("I want to kill myself"), "911")
    assert "crisis line" in crisis
    assert escalation_text(found("I feel fine")) == ""


@settings(max_examples=200)
@given(st.text(max_size=400))
def test_any_text_has_an_outcome(text: str) -> None:
    assert triage(text, today=TODAY).level in ("emergency", "urgent", "routine")


def test_a_very_long_text_is_triaged_in_reasonable_time() -> None:
    text = "My back hurts when I walk to the shop and I feel fine otherwise, no fever. " * 300 + "I can't pee."
    started = time.process_time()
    assert ids(triage(text)) == {"bladder"}
    assert time.process_time() - started < 5  # a guard against patterns that explode, not a measurement
