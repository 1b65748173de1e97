"""What `planloom dev` and `serve` say once they serve."""

import pytest
from structlog.testing import capture_logs

from server.banner import print_banner
from server.settings import Settings


@pytest.mark.parametrize(
    ("host", "prefix", "url"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:2024"),
        ("0.0.0.0", "", "http://127.0.0.1:2024"),
        ("::1", "", "http://[::1]:2024"),
        ("localhost", "/api", "http://localhost:2024/api"),
    ],
)
def test_studios_link_names_the_server_as_a_browser_reaches_it(
    host: str, prefix: str, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    print_banner(Settings(_env_file=None, host=host, model="demo"), 2024, ["coach"], mount_prefix=prefix)
    said = capsys.readouterr().err
    assert f"API     {url}\n" in said
    assert f"Studio  https://smith.langchain.com/studio/?baseUrl={url}\n" in said


def test_where_machines_read_the_logs_it_is_one_of_their_records(capsys: pytest.CaptureFixture[str]) -> None:
    with capture_logs() as records:
        print_banner(Settings(_env_file=None, model="demo", log_format="json"), 2024, ["coach", "travel"])
    [record] = records
    assert (record["event"], record["api"], record["graphs"]) == (
        "serving",
        "http://127.0.0.1:2024",
        ["coach", "travel"],
    )
    assert "NOT a language model" in record["model"]
    assert capsys.readouterr().err == ""
