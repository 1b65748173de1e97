"""Diary, questionnaires and the clinician's page as tools for a model. Thin: what they compute is elsewhere.

Whose diary it is and what time it is come from the run (`user_id`, `now`, `runtime`), never from a model.
"""

from __future__ import annotations

import base64
import datetime
import re
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool
from pydantic import ValidationError

from tools.dates import day_said
from tools.pain import records
from tools.pain.clinician_pdf import summary_pdf
from tools.pain.clinician_summary import clinician_summary
from tools.pain.diary_entries import DiaryEntry, moment_noted
from tools.pain.diary_statistics import diary_statistics
from tools.pain.peg import score_peg
from tools.pain.start_back import score_start_back
from tools.pain.wpi_sss import score_wpi_sss
from tools.result import answer
from tools.run_context import Runtime, store_of

_DIARY = "the diary kept for you by this server"
_WEEKDAY = re.compile(r"(?:on |last )?(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?", re.IGNORECASE)
Now = Annotated[datetime.datetime, InjectedToolArg]
User = Annotated[str, InjectedToolArg]


@tool("log_pain", parse_docstring=True)
async def log_pain(
    pain: int,
    runtime: Runtime,
    user_id: User,
    now: Now,
    day: str = "today",
    activity: str | None = None,
    sleep_hours: float | None = None,
    medication: bool | None = None,
    triggers: list[str] | None = None,
    note: str | None = None,
) -> str:
    """Write down in the pain diary how strong the pain is or was, with what the person says beside it.

    Args:
        pain: Pain from 0 (none) to 10 (worst imaginable).
        day: When: today, yesterday, Tuesday, or YYYY-MM-DD.
        activity: What the person did.
        sleep_hours: Hours slept the night before.
        medication: Whether any pain medication was taken; never which or how much.
        triggers: What the person noted beside it, such as gardening or stress.
        note: Anything else, in the person's words.
    """
    try:
        at = moment_noted(_day_noted(day, now.date()), now)
        entry = DiaryEntry(
            at=at,
            pain=pain,
            activity=activity,
            sleep_hours=sleep_hours,
            medication=medication,
            triggers=tuple(triggers or ()),
            note=note,
        )
        await records.add_entry(store_of(runtime), user_id, entry, runtime.tool_call_id)
    except ValidationError as error:
        raise ToolException(_lines(error)) from error
    except (ValueError, LookupError) as error:
        raise ToolException(str(error)) from error
    beside = [
        *([f"after {entry.activity}"] if entry.activity else []),
        *([f"{entry.sleep_hours:g} hours of sleep"] if entry.sleep_hours is not None else []),
        *([f"with {', '.join(entry.triggers)}"] if entry.triggers else []),
    ]
    told = f" ({'; '.join(beside)})" if beside else ""
    text = f"Noted for {entry.day:%a} {entry.day.day} {entry.day:%b}: pain {entry.pain} of 10{told}."
    return answer("pain_entry", entry.model_dump(mode="json"), text, _DIARY)


@tool("pain_diary")
async def pain_diary(runtime: Runtime, user_id: User) -> str:
    """Say what the pain diary shows: usual pain, trend, weekdays, flare days, what was noted together."""
    try:
        found = diary_statistics(await records.entries(store_of(runtime), user_id))
    except LookupError as error:
        raise ToolException(str(error)) from error
    if found is None:
        return answer("pain_diary", {"days": 0}, "The diary is empty. Say, for example, “pain 5 today”.", _DIARY)
    data = {
        "days": found.days,
        "median": found.median,
        "mad": found.mad,
        "per_week": found.per_week,
        "week_change": found.week_change,
        "flares": [day.isoformat() for day in found.flares],
        "comparisons": [vars(one) for one in found.comparisons],
    }
    return answer("pain_diary", data, found.text, "median, Theil-Sen slope and median absolute deviation of the diary")


@tool("score_peg", parse_docstring=True)
async def score_peg_of(
    pain: float, enjoyment: float, activity: float, runtime: Runtime, user_id: User, now: Now
) -> str:
    """Score the three PEG items of the last week and compare with the last time.

    Args:
        pain: Average pain, 0 to 10.
        enjoyment: How much pain got in the way of enjoying life, 0 to 10.
        activity: How much pain got in the way of general activity, 0 to 10.
    """
    try:
        earlier = await _last_score(runtime, user_id, "PEG")
        score = score_peg(pain, enjoyment, activity, previous=earlier)
    except ValueError as error:
        raise ToolException(str(error)) from error
    data = {"score": score.score, "previous": earlier, "percent": score.percent, "meaningful": score.meaningful}
    await _keep_score(runtime, user_id, now, "PEG", score.score, score.text)
    return answer("peg", data, score.text, "PEG: Krebs and others (2009); 30 %: Dworkin and others, IMMPACT (2008)")


@tool("score_start_back", parse_docstring=True)
async def score_start_back_of(answers: list[int], runtime: Runtime, user_id: User, now: Now) -> str:
    """Score the nine answers of the STarT Back tool. The items are shown by the client, not by you.

    Args:
        answers: Nine numbers, 1 for agree and 0 for disagree; item 9 counts 1 for its two strongest answers.
    """
    try:
        score = score_start_back(answers)
    except ValueError as error:
        raise ToolException(str(error)) from error
    await _keep_score(runtime, user_id, now, "STarT Back", score.total, score.text)
    data = {"total": score.total, "subscale": score.subscale, "risk": score.risk}
    return answer("start_back", data, score.text, "STarT Back: Hill and others (2008), Keele University; scoring only")


@tool("score_wpi_sss", parse_docstring=True)
async def score_wpi_sss_of(
    runtime: Runtime,
    user_id: User,
    now: Now,
    wpi: int | None = None,
    areas: list[str] | None = None,
    sss: int | None = None,
    severities: list[int] | None = None,
    months: float | None = None,
    regions: int | None = None,
) -> str:
    """Score the Widespread Pain Index and the Symptom Severity Scale, and compare with the published numeric pattern.

    Args:
        wpi: How many of the 19 areas hurt, if the areas are not named.
        areas: The painful areas by name.
        sss: The sum of the Symptom Severity Scale, 0 to 12.
        severities: Its six numbers instead: three from 0 to 3, then three of 0 or 1.
        months: For how many months.
        regions: How many of the five body regions hurt, if the areas are not named.
    """
    try:
        score = score_wpi_sss(areas=areas, wpi=wpi, severities=severities, sss=sss, months=months, regions=regions)
    except ValueError as error:
        raise ToolException(str(error)) from error
    await _keep_score(runtime, user_id, now, "WPI/SSS", score.wpi, score.text)
    data = {"wpi": score.wpi, "sss": score.sss, "regions": score.regions, "meets_numeric_pattern": score.meets}
    return answer("wpi_sss", data, score.text, "Wolfe and others, Seminars in Arthritis and Rheumatism 46 (2016)")


@tool("clinician_summary", response_format="content_and_artifact")
async def clinician_summary_of(
    runtime: Runtime, user_id: User, now: Now, plan: Annotated[dict[str, Any] | None, InjectedToolArg] = None
) -> tuple[str, dict[str, str]]:
    """Make a page for the doctor: drawing, diary, questionnaires, what was done of the plan. Also as a PDF."""
    try:
        store = store_of(runtime)
    except LookupError as error:
        raise ToolException(str(error)) from error
    summary = clinician_summary(
        today=now.date(),
        diary=await records.entries(store, user_id),
        drawings=await records.records(store, user_id, "drawings"),
        scores=await records.records(store, user_id, "scores"),
        plan=plan,
    )
    name = f"pain-summary-{now.date().isoformat()}.pdf"
    pdf = {"name": name, "mime_type": "application/pdf", "base64": base64.b64encode(summary_pdf(summary)).decode()}
    data = {"markdown": summary.markdown, "pdf": name}
    text = f"{summary.markdown}\n(The same page as a PDF, {name}, comes with this answer.)"
    return answer("clinician_summary", data, text, "your diary, drawings, questionnaires and plan on this server"), pdf


def _day_noted(said: str, today: datetime.date) -> datetime.date:
    """The day meant: a weekday is the latest such day, for a diary holds what has been. Raises ValueError."""
    day = day_said(said, today)
    if _WEEKDAY.fullmatch(said.strip()) and day > today:
        day -= datetime.timedelta(days=7)
    return day


async def _last_score(runtime: Runtime, user_id: str, name: str) -> float | None:
    if runtime.store is None:
        return None
    kept = [one for one in await records.records(runtime.store, user_id, "scores") if one.get("name") == name]
    value = kept[-1].get("score") if kept else None
    return float(value) if isinstance(value, int | float) else None


async def _keep_score(
    runtime: Runtime, user_id: str, now: datetime.datetime, name: str, score: float, text: str
) -> None:
    """Keep a score where there is a store; without one it is still answered."""
    if runtime.store is not None:
        record = {"name": name, "score": score, "text": text}
        await records.add_record(runtime.store, user_id, "scores", now, record, runtime.tool_call_id)


def _lines(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False))


RECORD_TOOLS: list[BaseTool] = [
    log_pain,
    pain_diary,
    score_peg_of,
    score_start_back_of,
    score_wpi_sss_of,
    clinician_summary_of,
]
for _tool in RECORD_TOOLS:
    _tool.handle_tool_error = True
