"""What `dev` and `serve` print once they serve: where to go, and which model answers."""

from urllib.parse import quote

import structlog
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from server.settings import Settings

STUDIO = "https://smith.langchain.com/studio/"


def print_banner(settings: Settings, port: int, graph_ids: list[str], *, mount_prefix: str = "") -> None:
    """Print it to stderr, where the logs go; as one more record of theirs where machines read them."""
    shown_host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - what was asked for
    url = f"http://{f'[{shown_host}]' if ':' in shown_host else shown_host}:{port}{mount_prefix}"
    lines = {
        "API": url,
        "Docs": f"{url}/docs",
        "Studio": f"{STUDIO}?baseUrl={quote(url, safe=':/[]')}",
        "Graphs": ", ".join(graph_ids),
        "Model": settings.answering_model,
    }
    if settings.answers_with_demo_model:
        lines["Model"] = (
            "demo-rules-1: deterministic rules, NOT a language model; set OPENAI_API_KEY or OPENAI_BASE_URL for one"
        )
    if settings.log_format == "json":
        told: dict[str, object] = {name.lower(): value for name, value in lines.items()}
        structlog.get_logger("planloom").info("serving", **{**told, "graphs": graph_ids})
        return
    text = Text()
    for name, value in lines.items():
        text.append(f"{name:<8}", style="bold")
        text.append(f"{value}\n")
    text.right_crop(1)
    console = Console(stderr=True)
    console.print(Panel(text, title="Planloom", expand=False) if console.is_terminal else text, soft_wrap=True)
