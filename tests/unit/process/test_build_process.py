import datetime
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.plan.document import PlanDocument
from tests.unit.process.plans import MONDAY, release, request
from tools.process.build_process import BuildRequest, build_process
from tools.process.plan_items import KINDS
from tools.process.rules import check
from tools.process.templates import templates


def test_steps_are_due_by_business_days_and_owned_by_role() -> None:
    items = release()["items"]
    due = {key: item["data"]["due"] for key, item in items.items() if item["kind"] == "step" and item["parent"] == "e1"}
    assert due == {
        "e1-scope": "2026-11-27",
        "e1-freeze": "2026-12-11",
        "e1-test": "2026-12-15",
        "e1-notes": "2026-12-16",
        "e1-go": "2026-12-17",
        "e1-ship": "2026-12-18",
        "e1-review": "2026-12-23",
    }
    assert items["e1-test"]["data"]["owner"] == "Ben"
    assert items["e1-go"]["data"]["depends_on"] == ["e1-test", "e1-notes"]
    assert items["e1-test-2"]["title"] == "Upgrade from the last release"


def test_public_holidays_are_no_business_days() -> None:
    boxing_day_monday = release(date=datetime.date(2026, 12, 24))["items"]["e1-review"]["data"]["due"]
    assert boxing_day_monday == "2026-12-31"  # the 25th and 28th are holidays in Great Britain
    assert release(date=datetime.date(2026, 12, 24), region=None)["items"]["e1-review"]["data"]["due"] == "2026-12-29"


def test_a_template_is_known_by_what_people_call_it() -> None:
    assert request(template="a new release", owners={}).template == "software_release"
    assert request(template="postmortem", owners={}).template == "incident_review"
    with pytest.raises(ValidationError, match="hiring, incident review, onboarding, software release, workshop"):
        request(template="wedding")


def test_what_is_missing_or_late_is_said() -> None:
    built = build_process(request(date=datetime.date(2026, 11, 20), owners={"lead": "Ann"}, region=None))
    assert built.assumptions == [
        "Nobody has the role of tester, writer yet, so those steps have no owner.",
        "You named no country, so only weekends are not business days.",
        "By the template these were due before today: Agree on the scope, Freeze the code.",
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"date": datetime.date(2026, 11, 15)}, "is over"),
        ({"date": datetime.date(2036, 1, 1)}, "five years"),
        ({"owners": {"captain": "Ann"}}, "roles are lead, tester, writer"),
    ],
)
def test_an_event_that_cannot_be_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build_process(request(**changes))


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(ValidationError, match="two-letter code"):
        request(region="Atlantis")


names = st.text(st.characters(categories=("L",)), min_size=1, max_size=12)


@st.composite
def requests(draw: st.DrawFn) -> BuildRequest:
    template = draw(st.sampled_from(sorted(templates())))
    roles = templates()[template].roles
    return BuildRequest(
        template=template,
        date=MONDAY.date() + datetime.timedelta(days=draw(st.integers(0, 1800))),
        time=draw(st.sampled_from([None, "09:00", "23:59"])),
        participants=tuple(draw(st.lists(names, max_size=4))),
        owners=draw(st.dictionaries(st.sampled_from(roles), names)),
        region=draw(st.sampled_from([None, "GB", "DE", "US", "JP"])),
        today=MONDAY.date(),
    )


@settings(max_examples=int(os.environ.get("PLANLOOM_BUILDER_EXAMPLES", "200")))
@given(requests())
def test_no_process_that_is_built_has_an_error_or_a_warning(drawn: BuildRequest) -> None:
    document = build_process(drawn).document
    assert [i for i in check(document, base=None, now=MONDAY) if i.severity != "info"] == []
    plan = PlanDocument.from_json(document)
    for item in plan.items.values():
        KINDS[item.kind].model_validate(item.data)
