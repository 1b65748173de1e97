"""Who a finding in a text is about, and whether it is said to be there: negation, persons, time, "what if".

The approach is that of rule-based clinical assertion detection (Chapman and others, NegEx, Journal of Biomedical
Informatics 34, 2001; Harkema and others, ConText, 2009), with our own cues for how people write about themselves.
Where the words leave it open, a finding counts as present: triage prefers one question too many to one too few.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

_PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u00b4": "'", "`": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " "}
)
_CONTRACTIONS = re.compile(
    r"\b(can|don|doesn|didn|isn|aren|wasn|weren|haven|hasn|hadn|won|wouldn|couldn|shouldn)t\b|\b(i)(m|ve)\b"
)
_SENTENCE_END = re.compile(r"[.!?](?!\d)+|[;\n\r]+")
_JOINS = re.compile(r"(?:yes|it|it's|this|that|these|they|they're|especially|mostly|and|also)\b")

# Negations that deny nothing, or deny something else than what follows.
_NO_DENIAL = re.compile(
    r"\b(?:not (?:only|just|sure|certain|well|right|better|getting|improving|going away|gone|stopped|able|been able"
    r"|feeling (?:well|right|good)|normal|helping|relieved|eased|long ago|so good|good|great|sleep\w*|slept|know)"
    r"|(?:do|does|did)(?:n't| not) (?:know|understand|go away|get better|help|stop|ease|improve|work|feel (?:well"
    r"|right|good|normal)|like|smoke|drink|sleep|get any better|let up|seem right)"
    r"|never (?:had|felt|experienced|known|been)[^.,;]{0,40}?(?:like (?:this|it|that)|before|so bad|this bad"
    r"|that bad)"
    r"|no (?:way out|feeling|sensation|control|urge|strength|power|idea|relief|better|change|improvement|reason"
    r"|matter|warning|doubt|position|longer|fun|sleep|energy)"
    r"|without (?:realising|realizing|feeling it|trying|dieting|a reason|any reason|warning|meaning to"
    r"|wanting to|exercise|noticing|relief|a doubt|help)"
    r"|neither (?:of my )?legs?|haven't (?:slept|been well|been right|changed)|nothing (?:\w+ )?(?:helps|eases"
    r"|relieves|works|i do|comes|will come|came|happens|takes|touches|stops|soothes|brings|does|will))\b"
)
_NEGATOR = re.compile(
    r"\b(?:no(?! (?:siento|puedo|consigo|logro|me sostienen)\b)"
    r"|(?<!can )(?<!could )(?<!do )(?<!does )(?<!did )(?<!will )not|never|without|none|nothing|neither"
    r"|(?:nicht|kein\w*|ohne|weder)(?! mehr)|aucune?|sans|sin|ning[uú]n\w*"
    r"|nor|den(?:y|ies|ied)|free (?:of|from)|negative for|rul(?:ed?|ing) out"
    r"|absence of|(?:is|are|was|were|has|have|had)n't|(?:do|does|did)(?:n't| not) (?:\w+ ){0,2}?(?:have|feel"
    r"|get|notice"
    r"|experience|suffer|see|show|take|use|spread|radiate|go|come|wake|hurt|lose|fall|had|inject|want))\b"
)
_CLAUSE_START = (
    r"(?:i|i'm|i've|i'd|my|it|it's|there|there's|the|numb|can't|cannot|lost|losing|having|have|had|got|feel"
    r"|feels|started|woke"
    r"|barely|hardly|today|now|since|both|still|sometimes|suddenly)\b"
)
_TERMINATOR = re.compile(
    r"\b(?:but|however|although|though|except|because|yet|whereas|while|instead|just|only|so)\b|:(?=\s)"
    rf"|,(?= (?:and |now |then |so |also )*{_CLAUSE_START})|\b(?:and|or)(?= (?:now |then |also )?{_CLAUSE_START})"
    r"| [-\u2013\u2014]+ "
)
_DENIED_AFTER = re.compile(
    r"\s*(?:[:=?-]|\u2013)*\s*(?:is |was |are |were )?(?:no|none|nil|absent|normal|negative|denied|n/a|never"
    r"|not at all|fine|ok(?:ay)?)"
    r"(?=\s*(?:$|[,.;!\n]))"
)
_ANSWERED_NO = re.compile(r"\s*(?:no|none|nope|neither|never|not at all)\b")
_LIST = re.compile(r",|\bor\b|\bnor\b|\band\b(?! (?:want|feel|am|is|are|can)\b)")
_REACH = 6
_FINE_AFTER = re.compile(
    r"(?: \w+){0,2}? (?:is|are|feels?|was|were|seems?|works?|look|looks) (?:\w+ )?(?:fine|normal(?:ly)?"
    r"|ok(?:ay)?|strong|unaffected"
    r"|all right|alright)\b"
)
_REMOTE = re.compile(
    r"\b(?:(?:\d+|a few|few|several|many|some|two|three|four|five|six|seven|eight|nine|ten|fifteen|twenty"
    r"|thirty|(?:a )?couple of)"
    r" years? (?:ago|back|earlier)|years ago|last year|decades? ago|as a (?:child|kid|teenager|student|baby)"
    r"|when i was"
    r" (?:\d+|a child|young|younger|little|at school|in school|a kid|a teenager|pregnant|born|small)"
    r"|in my (?:teens|twenties"
    r"|thirties|youth|childhood|[23]0s)|long ago|used to|in the past|at (?:school|university)"
    r"|in (?:the )?(?:19[5-9]0s|[5-9]0s))\b"
)
_YEAR = re.compile(r"\b(?<!since )(?:in|of|back in|from|around) (?P<year>(?:19|20)\d\d)\b")
_PRESENT = re.compile(
    r"\b(?:still|now|ever since|since|again|these days|currently|today|tonight|at the moment|this (?:morning"
    r"|week|evening)|keeps?)\b"
)
_HYPOTHETICAL = re.compile(
    r"(?<!as )\b(?:if|in case|what if|whether|risk of|could (?:it|this|that) be|should i (?:get|ever))\b"
)
_FEARED = re.compile(
    r"\b(?:worried|worry|afraid|scared|fear\w*|wonder\w*|could|might|may|maybe|perhaps|is (?:it|this|that)"
    r"|think(?: \w+)? (?:it|this)"
    r"|suspect\w*|(?:check|test|screen)(?:ed)?(?: \w+)? for|looking for|signs? of|symptoms? of)\b"
)
_ASKED_ABOUT = re.compile(
    r"\s*(?:and |so |please |ok |can you |could you )*(?:what(?:'s| is| are| does| do| can| causes?)|which"
    r"|explain|define|tell me (?:about|what|why)"
    r"|why (?:is|are|does|do)|how (?:common|often|serious|dangerous) )"
)
_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|me|myself|my|mine|we)\b")
_SUBJECT = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|me|myself|my|we)\b")
_HE_OR_SHE = re.compile(r"\b(?:he|she|he's|she's|him|his|her|himself|herself)\b")
_PAST_VERB = re.compile(r"\b(?:had|was|were|did|died|lost|got|broke|fell)\b")


class Status(IntEnum):
    """How a finding is meant, the more certain the higher."""

    DENIED = 0
    PAST = 1
    OTHER_PERSON_PAST = 2
    OTHER_PERSON = 3
    HYPOTHETICAL = 4
    PRESENT = 5


@dataclass(frozen=True)
class Sentence:
    """From where to where a sentence reaches in a text."""

    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """A text made ready: `plain` has the text's length, so places in one are places in the other."""

    original: str
    plain: str
    denials: str
    sentences: tuple[Sentence, ...]

    def quote(self, start: int) -> str:
        """The sentence at a place, as it was written, shortened."""
        for sentence in self.sentences:
            if sentence.start <= start < sentence.end:
                words = " ".join(self.original[sentence.start : sentence.end].split())
                return words if len(words) <= 160 else words[:159] + "…"
        return ""


def read(text: str, masks: re.Pattern[str]) -> Reading:
    """Lower case, plain apostrophes, contractions with theirs, masked wordings blanked out; sentences found."""
    original = _with_apostrophes(text.translate(_PLAIN))
    plain = original.lower()
    if len(plain) != len(original):  # a letter whose lower case is longer, such as İ
        original = plain
    plain = masks.sub(_blank, plain)
    return Reading(original, plain, _NO_DENIAL.sub(_blank, plain), tuple(_sentences(plain)))


def _with_apostrophes(text: str) -> str:
    def spelled(found: re.Match[str]) -> str:
        return f"{found[2]}'{found[3]}" if found[2] else f"{found[1]}'t"

    return re.sub(_CONTRACTIONS.pattern, spelled, text, flags=re.IGNORECASE)


def _blank(found: re.Match[str]) -> str:
    return " " * (found.end() - found.start())


def _sentences(plain: str) -> list[Sentence]:
    found: list[Sentence] = []
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(plain)), len(plain)]:
        if plain[start:end].strip():
            body = start + len(plain[start:end]) - len(plain[start:end].lstrip())
            if found and _JOINS.match(plain, body):
                # "My groin. It is numb": what "it" is stands in the sentence before.
                found[-1] = Sentence(found[-1].start, end)
            else:
                found.append(Sentence(start, end))
        start = end
    return found


def status_of(
    reading: Reading,
    sentence: Sentence,
    start: int,
    end: int,
    *,
    persons: re.Pattern[str],
    year: int | None,
    feared: bool,
) -> Status | None:
    """How the finding from `start` to `end` is meant; None when the sentence only asks what such a thing is.

    `year` is the present one: "in 2019" is long past. With `feared` words of worry make a finding a question.
    """
    plain = reading.plain
    whole = plain[sentence.start : sentence.end]
    if _ASKED_ABOUT.match(whole) and not _FIRST_PERSON.search(whole):
        return None
    clause_start, clause_end = _clause(plain, sentence, start, end)
    if _is_denied(reading, sentence, clause_start, start, end):
        return Status.DENIED
    clause = plain[clause_start:clause_end]
    past = _is_remote(clause, year) and not _PRESENT.search(clause)
    if _of_another(plain, sentence, start, end, persons):
        return Status.OTHER_PERSON_PAST if past or _PAST_VERB.search(clause) else Status.OTHER_PERSON
    if past:
        return Status.PAST
    if _HYPOTHETICAL.search(plain, sentence.start, start) or (feared and _FEARED.search(clause)):
        return Status.HYPOTHETICAL
    return Status.PRESENT


def _clause(plain: str, sentence: Sentence, start: int, end: int) -> tuple[int, int]:
    first, last = sentence.start, sentence.end
    for joint in _TERMINATOR.finditer(plain, sentence.start, sentence.end):
        if joint.end() <= start:
            first = joint.end()
        elif joint.start() >= end:
            last = joint.start()
            break
    return first, last


def _is_denied(reading: Reading, sentence: Sentence, clause_start: int, start: int, end: int) -> bool:
    # A sentence that goes on over a joint ("My back is bad. It is numb") starts its denials anew.
    fresh = max(
        (stop.end() for stop in _SENTENCE_END.finditer(reading.plain, clause_start, start)), default=clause_start
    )
    if any(
        _reaches(reading.denials[found.end() : start]) for found in _NEGATOR.finditer(reading.denials, fresh, start)
    ):
        return True
    if reading.plain[end : sentence.end].endswith("?") and _ANSWERED_NO.match(reading.plain, sentence.end):
        return True
    return bool(_DENIED_AFTER.match(reading.plain, end) or _FINE_AFTER.match(reading.plain, end))


def _reaches(between: str) -> bool:
    """Whether a denial still holds after these words: a few of them, or a list."""
    return len(between.split()) <= _REACH or bool(_LIST.search(between))


def _is_remote(clause: str, year: int | None) -> bool:
    if _REMOTE.search(clause):
        return True
    return any(year is None or int(found["year"]) < year for found in _YEAR.finditer(clause))


def _of_another(plain: str, sentence: Sentence, start: int, end: int, persons: re.Pattern[str]) -> bool:
    """Whether whoever was named last before the finding is somebody else than the person writing."""
    if _FIRST_PERSON.search(plain, start, end):
        return False
    last_other = -1
    for found in persons.finditer(plain, sentence.start, start):
        possessive_elsewhere = found["own"] and len(plain[found.end() : start].split()) > 2
        if not possessive_elsewhere:
            last_other = found.end()
    pronouns = [found.end() for found in _HE_OR_SHE.finditer(plain, sentence.start, start)]
    last_other = max([last_other, *pronouns])
    if last_other < 0:
        return False
    own = [found.start() for found in _SUBJECT.finditer(plain, sentence.start, start)]
    # The "my" of "my mother" stands before the mother; one after her is the writer's own.
    return not any(place >= last_other - 1 for place in own)
