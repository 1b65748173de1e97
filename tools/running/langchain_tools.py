"""The running calculators as tools for a model. Thin: the sums are done elsewhere, and each answer says so."""

from typing import Any

from langchain_core.tools import BaseTool, ToolException, tool

from tools.arithmetic_tools import SHARED_TOOLS
from tools.reminder_tool import remind
from tools.result import answer
from tools.running.adjust_tools import ADJUST_TOOLS
from tools.running.clock_text import duration_seconds, duration_text, km_text, pace_text
from tools.running.log_tools import LOG_TOOLS
from tools.running.paces import equivalent_times, training_paces
from tools.running.race_strategy import SplitUnit, Strategy, fuelling, heat_note, splits
from tools.running.race_strategy import describe as describe_splits
from tools.running.riegel import riegel_time
from tools.running.vdot import race_time, vdot_of

_DANIELS = "Daniels and Gilbert, Oxygen Power (1979); Daniels' Running Formula, 3rd edition"
_STRATEGY = "Minetti et al., J Appl Physiol 93 (2002); ACSM, Nutrition and Athletic Performance (2016)"
_RIEGEL = "Riegel, American Scientist 69 (1981)"


@tool("vdot_from_race", parse_docstring=True)
def vdot_from_race(distance_km: float, time: str) -> str:
    """Work out a runner's fitness (VDOT) from a race result.

    Args:
        distance_km: Distance of the race in kilometres (a half marathon is 21.0975).
        time: Finishing time as h:mm:ss or mm:ss.
    """
    vdot = _vdot(distance_km, time)
    text = f"{km_text(distance_km)} km in {time} is VDOT {vdot:.1f}."
    return answer("vdot", {"vdot": round(vdot, 2)}, text, _DANIELS)


@tool("training_paces", parse_docstring=True)
def training_paces_of_race(distance_km: float, time: str) -> str:
    """Give the training paces per km (easy, marathon, threshold, interval, repetition) that a race result means.

    Args:
        distance_km: Distance of the race in kilometres.
        time: Finishing time as h:mm:ss or mm:ss.
    """
    vdot = _vdot(distance_km, time)
    paces = training_paces(vdot)
    text = (
        f"At VDOT {vdot:.1f}: easy {pace_text(paces.easy_fast).removesuffix('/km')} to {pace_text(paces.easy_slow)}, "
        f"marathon {pace_text(paces.marathon)}, threshold {pace_text(paces.threshold)}, "
        f"interval {pace_text(paces.interval)}, repetition {pace_text(paces.repetition)}."
    )
    seconds_per_km = {name: round(pace) for name, pace in vars(paces).items()}
    data: dict[str, Any] = {"vdot": round(vdot, 2), "seconds_per_km": seconds_per_km}
    return answer("training_paces", data, text, _DANIELS)


@tool("equivalent_times", parse_docstring=True)
def equivalent_times_of_race(distance_km: float, time: str) -> str:
    """Give the times over 5 km, 10 km, half marathon and marathon that are worth as much as a race result.

    Args:
        distance_km: Distance of the race in kilometres.
        time: Finishing time as h:mm:ss or mm:ss.
    """
    times = equivalent_times(_vdot(distance_km, time))
    listed = ", ".join(f"{race} {duration_text(seconds)}" for race, seconds in times.items())
    text = f"{km_text(distance_km)} km in {time} is worth: {listed}."
    return answer("equivalent_times", {race: round(s) for race, s in times.items()}, text, _DANIELS)


@tool("predict_time", parse_docstring=True)
def predict_time(known_distance_km: float, known_time: str, target_distance_km: float) -> str:
    """Predict the time over another distance by two methods (Riegel and VDOT), whose spread shows how sure it is.

    Args:
        known_distance_km: Distance in kilometres of a race that was run.
        known_time: Its time as h:mm:ss or mm:ss.
        target_distance_km: Distance in kilometres to predict the time for.
    """
    try:
        seconds = duration_seconds(known_time)
        riegel = riegel_time(known_distance_km, seconds, target_distance_km)
        daniels = race_time(vdot_of(known_distance_km, seconds), target_distance_km)
    except ValueError as error:
        raise ToolException(str(error)) from error
    text = (
        f"{km_text(target_distance_km)} km from {km_text(known_distance_km)} km in {known_time}: "
        f"{duration_text(riegel)} by Riegel, {duration_text(daniels)} by VDOT."
    )
    data = {"riegel_s": round(riegel), "vdot_s": round(daniels)}
    return answer("predicted_time", data, text, f"{_RIEGEL}; {_DANIELS}")


@tool("race_strategy", parse_docstring=True)
def race_strategy(
    distance_km: float,
    goal_time: str,
    unit: SplitUnit = "km",
    strategy: Strategy = "even",
    climb_m: list[float] | None = None,
    temperature_c: float | None = None,
) -> str:
    """Plan how to run a race: the target of every km or mile, what to eat on the way, and what heat means.

    Args:
        distance_km: Distance of the race in kilometres (a half marathon is 21.0975, a marathon 42.195).
        goal_time: The time to aim for, as h:mm:ss or mm:ss.
        unit: Splits by km or by mile.
        strategy: even, or negative (the second half faster).
        climb_m: Net climb of each split in metres, negative downhill, if the course is known.
        temperature_c: Expected temperature in degrees Celsius, if known.
    """
    try:
        seconds = duration_seconds(goal_time)
        found = splits(distance_km, seconds, unit=unit, strategy=strategy, climb_m=climb_m or [])
        heat = None if temperature_c is None else heat_note(temperature_c)
    except ValueError as error:
        raise ToolException(str(error)) from error
    food = fuelling(seconds)
    sentences = [f"{km_text(distance_km)} km in {duration_text(seconds)}: {describe_splits(found, unit)}."]
    if food is not None:
        low, high = food.grams_per_hour
        times = ", ".join(duration_text(at) for at in food.at_s)
        sentences.append(f"Take {low} to {high} g of carbohydrate an hour, for instance at {times}.")
    sentences += [heat] if heat else []
    data: dict[str, Any] = {
        "splits": [{"end_km": s.end_km, "seconds": round(s.seconds, 1), "clock_s": round(s.clock_s)} for s in found],
        "fuelling_at_s": list(food.at_s) if food else [],
    }
    return answer("race_strategy", data, " ".join(sentences), _STRATEGY)


def _vdot(distance_km: float, time: str) -> float:
    """Return the VDOT; what is wrong with the input becomes a message that the model can act on."""
    try:
        return vdot_of(distance_km, duration_seconds(time))
    except ValueError as error:
        raise ToolException(str(error)) from error


RUNNING_TOOLS: list[BaseTool] = [
    vdot_from_race,
    training_paces_of_race,
    equivalent_times_of_race,
    predict_time,
    race_strategy,
    *ADJUST_TOOLS,
    *LOG_TOOLS,
    remind,
    *SHARED_TOOLS,
]
for _tool in RUNNING_TOOLS:
    _tool.handle_tool_error = True
