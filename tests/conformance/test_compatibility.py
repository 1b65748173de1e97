"""What README.md and COMPATIBILITY.md say of the suite is what its results say."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from tests.conformance.cases import ALL
from tests.conformance.compatibility import (
    REPO,
    IncompleteResultsError,
    differences,
    main,
    passed,
    with_table,
)


def _results(folder: Path, failed: str | None = None) -> Path:
    tests = "".join(
        f"<testcase name={quoteattr(f'test_both_servers_show_the_same[{case.id}]')}>"
        f"{'<failure/>' if case.id == failed else ''}</testcase>"
        for case in ALL
    )
    file = folder / "results.xml"
    file.write_text(f"<testsuites><testsuite>{tests}</testsuite></testsuites>")
    return file


def test_the_readmes_table_is_that_of_the_cases() -> None:
    readme = (REPO / "README.md").read_text(encoding="utf-8")
    assert with_table(readme, ALL) == readme


def test_every_difference_on_purpose_is_listed_with_its_reason() -> None:
    assert (REPO / "COMPATIBILITY.md").read_text(encoding="utf-8") == differences(ALL)


def test_cases_that_passed_are_known_by_their_ids(tmp_path: Path) -> None:
    assert passed(_results(tmp_path)) == {case.id for case in ALL}


def test_nothing_is_written_while_a_case_fails(tmp_path: Path) -> None:
    with pytest.raises(IncompleteResultsError, match="1 of"):
        main(_results(tmp_path, failed=ALL[0].id))


def test_no_two_cases_have_the_same_id() -> None:
    assert len({case.id for case in ALL}) == len(ALL)
