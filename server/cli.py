"""The `planloom` command."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from server.errors import PlanloomError, StartupError
from server.settings import Settings, load_settings

cli = typer.Typer(
    name="planloom",
    help="A self-hosted LangGraph agent server. `planloom dev` is the place to start.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Config = Annotated[Path, typer.Option("--config", help="The langgraph.json to serve; paths in it are relative to it.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on. [HOST, 127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on. [PORT, 2024]")]
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of the embedded Postgres. [PLANLOOM_HOME, .planloom]")
]
Workers = Annotated[int | None, typer.Option(help="Runs executed at once in this process; 0: none. [WORKERS, 16]")]
Url = Annotated[str, typer.Option("--url", help="The server to ask.")]
Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header", help="What the server's auth wants: 'Name: value'. Secrets rather in PLANLOOM_HEADERS, one a line."
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]

_CONFIG = Path("langgraph.json")
_URL = "http://127.0.0.1:2024"


@cli.command()
def dev(
    config: Config = _CONFIG,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    workers: Workers = None,
    debug: Debug = False,
) -> None:
    """Serve with auto-reload, for development."""
    from server.dev import run_dev  # noqa: PLC0415 - each command imports only what it needs

    settings = _settings(config, host=host, port=port, planloom_home=data_dir, workers=workers)
    raise typer.Exit(run_dev(settings, config, debug=debug))


@cli.command()
def serve(
    config: Config = _CONFIG,
    host: Host = None,
    port: Port = None,
    data_dir: DataDir = None,
    workers: Workers = None,
    debug: Debug = False,
) -> None:
    """Serve the API, and execute runs unless --workers 0."""
    from server.dev import end_with_parent  # noqa: PLC0415
    from server.serve import serve_http  # noqa: PLC0415

    end_with_parent()
    serve_http(_settings(config, host=host, port=port, planloom_home=data_dir, workers=workers), config, debug=debug)


@cli.command()
def worker(config: Config = _CONFIG, data_dir: DataDir = None, workers: Workers = None, debug: Debug = False) -> None:
    """Execute runs, without serving the API."""
    from server.serve import run_worker  # noqa: PLC0415

    settings = _settings(config, planloom_home=data_dir, workers=workers)
    if settings.workers == 0:
        raise StartupError("a worker needs --workers 1 or more")
    run_worker(settings, config)


@cli.command()
def chat(
    assistant: Annotated[str, typer.Argument(help="An assistant's id, or a graph's name.")] = "coach",
    url: Url = _URL,
    header: Headers = None,
    thread: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    approval: Annotated[str | None, typer.Option(help="Ask before edits: auto, warnings or always.")] = None,
) -> None:
    """Talk to an assistant in the terminal."""
    from server.chat.command import chat as talk  # noqa: PLC0415

    context = {"approval": approval} if approval else None
    raise typer.Exit(asyncio.run(talk(url, assistant, thread, context=context, headers=header or ())))


@cli.command()
def review(
    thread: Annotated[str | None, typer.Option(help="Review this thread, run by run.")] = None,
    run: Annotated[str | None, typer.Option(help="Review this run.")] = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the newest so many runs of the thread.")] = None,
    compare: Annotated[
        tuple[str, str] | None, typer.Option(metavar="RUN RUN", help="Put two runs side by side.")
    ] = None,
    project: Annotated[str | None, typer.Option(help="Read from this LangSmith project instead of a server.")] = None,
    url: Url = _URL,
    header: Headers = None,
    html: Annotated[Path | None, typer.Option(help="Write the review to this file, too.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Cut nothing that is long.")] = False,
) -> None:
    """Show what runs did: times, tokens, tool calls, passages, plan changes, questions. Without options: the newest run."""
    from server.chat.plain_console import PlainConsole  # noqa: PLC0415
    from server.review.command import Request  # noqa: PLC0415
    from server.review.command import review as read_and_show  # noqa: PLC0415

    request = Request(url, tuple(header or ()), project, thread, run, last, compare, html, full)
    asyncio.run(read_and_show(request, PlainConsole()))


@cli.command()
def webhooks(
    runs: Annotated[list[str] | None, typer.Argument(help="Only those of these runs.")] = None,
    status: Annotated[
        Literal["failed", "pending", "delivered"], typer.Option(help="Only those that are that.")
    ] = "failed",
    to: Annotated[
        str | None, typer.Option(metavar="HOST", help="Only those to this host, such as hooks.example.com.")
    ] = None,
    last: Annotated[int, typer.Option(min=0, help="Show the newest so many.")] = 20,
    send_again: Annotated[
        bool, typer.Option("--send-again", help="Send all of them again, also those not shown.")
    ] = False,
    url: Url = _URL,
    header: Headers = None,
) -> None:
    """List webhooks that were given up, with what receivers said, and send them again."""
    from server.chat.plain_console import PlainConsole  # noqa: PLC0415
    from server.redelivery import Wanted, show  # noqa: PLC0415

    wanted = Wanted(status, tuple(runs or ()), None if to is None else to.lower())
    asyncio.run(show(url, header or (), wanted, PlainConsole(), last=last, again=send_again))


@cli.command()
def migrate(
    message: Annotated[str | None, typer.Option(help="Write a new migration of this name instead.")] = None,
    config: Config = _CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Bring the database up to date."""
    from server.db.migrate import migrate as bring_up_to_date  # noqa: PLC0415
    from server.db.migrate import pending, told_in_one_line  # noqa: PLC0415
    from server.db.ready import opened_database  # noqa: PLC0415

    console = Console(soft_wrap=True)
    if message is not None:
        from server.db.revisions import new_revision  # noqa: PLC0415

        console.print(f"wrote {new_revision(message)}")
        return
    settings = _settings(config, planloom_home=data_dir)
    with opened_database(settings) as database_url:
        url = settings.direct_url(database_url)
        with told_in_one_line():
            applied = pending(url)
        bring_up_to_date(url)
    console.print(f"applied {', '.join(applied)}" if applied else "the database is up to date")


@cli.command()
def checkpoints(
    form: Annotated[Literal["pieces", "whole"], typer.Option("--as", help="What to bring stored lists into.")],
    config: Config = _CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Convert stored checkpoints: whole for LangGraph's own saver to read, or in pieces to take less room."""
    from server.db.checkpoints.command import convert_all  # noqa: PLC0415
    from server.db.ready import opened_database  # noqa: PLC0415

    settings = _settings(config, planloom_home=data_dir)
    with opened_database(settings) as database_url:
        threads, values = asyncio.run(convert_all(settings.direct_url(database_url), form))
    Console(soft_wrap=True).print(f"converted {values} values of {threads} threads")


@cli.command()
def reindex(
    drop: Annotated[
        bool, typer.Option("--drop", help="Drop the vectors of other models when all is embedded.")
    ] = False,
    config: Config = _CONFIG,
    data_dir: DataDir = None,
) -> None:
    """Embed what is remembered with the present embedding model, after EMBEDDINGS or VECTOR_DIM changed."""
    from server.product.memories.upkeep import reindex_database  # noqa: PLC0415

    done = asyncio.run(reindex_database(_settings(config, planloom_home=data_dir), drop=drop))
    dropped = f", dropped {', '.join(done.dropped)}" if done.dropped else ""
    Console(soft_wrap=True).print(f"embedded {done.embedded} texts, deleted {done.deleted} vectors{dropped}")


@cli.command()
def doctor(config: Config = _CONFIG, data_dir: DataDir = None) -> None:
    """Check Python, database, migrations, model and tracing, and say what to do about each failure."""
    from server.doctor import diagnose, report  # noqa: PLC0415

    checks = asyncio.run(diagnose(_settings(config, planloom_home=data_dir)))
    Console(soft_wrap=True).print(report(checks))
    raise typer.Exit(0 if all(check.ok for check in checks) else 1)


def main() -> None:
    """The console script: errors meant for the operator are one line and exit code 1."""
    try:
        cli()
    except PlanloomError as error:
        if "--debug" in sys.argv:
            raise
        Console(stderr=True, soft_wrap=True).print(f"planloom: {error}", style="red", markup=False, highlight=False)
        sys.exit(1)


def _settings(config: Path, **overrides: object) -> Settings:
    from server.langgraph_json import read_project  # noqa: PLC0415

    if config.is_file():
        read_project(config).apply_env()  # the project's variables count before ours are read
    return load_settings(**overrides)


if __name__ == "__main__":
    main()
