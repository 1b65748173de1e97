"""The README's examples are the files in examples/, and they do what it says."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", ["conversation.sh", "conversation.py", "plans.sh"])
def test_the_readme_shows_the_examples_as_they_are(name: str) -> None:
    assert (ROOT / "examples" / name).read_text().strip() in README


async def test_the_conversation_works_by_curl(own_server: str) -> None:
    printed = await _run("bash", str(ROOT / "examples" / "conversation.sh"), own_server)
    versions = [line for line in printed.splitlines() if '"type":"plan.version"' in line]
    assert [f'"version":{number},' in line for number, line in enumerate(versions, 1)] == [True, True, True]
    hashes = [line.partition('"hash":"')[2][:64] for line in versions]
    assert hashes[0] == hashes[2] != hashes[1], "undo gives the first version back, exactly"
    assert "Moved Tempo from" in printed
    assert '"next":["approve"]' in printed


async def test_the_conversation_works_by_the_sdk(own_server: str) -> None:
    printed = await _run(sys.executable, str(ROOT / "examples" / "conversation.py"), own_server)
    assert "8-week half marathon plan" in printed
    assert printed.count("[diff]") == 2
    assert "The plan is now version 2." in printed
    assert "Version 2 is undone." in printed
    assert "the same as version 1" in printed


async def test_plans_are_approved_in_part_settled_compared_undone_and_restored_by_curl(own_server: str) -> None:
    printed = await _run("bash", str(ROOT / "examples" / "plans.sh"), own_server)
    assert '"change_id":"/items/w3-tempo/data/date"' in printed
    assert '"base":13.5,"ours":15.5,"theirs":14.5' in printed
    compared = [line for line in printed.splitlines() if line.startswith(("- ", "+ "))]
    assert compared[2:] == ["- Long run  km: 13.5 km", "+ Long run  km: 15.5 km"]
    assert [line[:10] for line in compared[:2]] == ["- Easy run", "+ Easy run"]
    versions = json.loads(printed.splitlines()[-1])["versions"]
    assert [one["kind"] for one in versions] == ["restore", "undo", "merge", "edit", "create"]
    assert versions[0]["hash"] == versions[2]["hash"]


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()
