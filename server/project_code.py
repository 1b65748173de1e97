"""The project's own code: its folders made importable, and what `langgraph.json` names in them."""

import hashlib
import importlib
import importlib.util
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import server
from server.errors import StartupError
from server.langgraph_json import ProjectConfig

OUR_NAME = server.__name__
"""A project may have a package of that name, too. What ours does not have is then found in theirs."""


def make_importable(project: ProjectConfig) -> None:
    """Put the project's folder and its local dependencies on `sys.path`, where they are not yet.

    A dependency may be a plain folder, a package (its parent is what imports need), or a project with a `pyproject.toml`
    whose packages lie elsewhere, as with a `src` layout. Others are taken to be installed. Raises `StartupError` for a
    folder that is not there.
    """
    folders = [project.folder]
    for dependency in project.dependencies:
        folder = (project.folder / dependency).resolve()
        if folder.is_dir():
            folders.extend(_import_roots(folder))
        elif dependency.startswith((".", "/")):
            raise StartupError(f"langgraph.json: dependencies: there is no folder {folder}")
    for folder in reversed(list(dict.fromkeys(folders))):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
        theirs = folder / OUR_NAME
        if theirs.is_dir() and theirs.resolve() not in map(Path, server.__path__):
            server.__path__.append(str(theirs.resolve()))


def load_attribute(path: str, folder: Path) -> Any:
    """What `./file.py:name` or `package.module:name` names, relative to `folder`.

    Raises `StartupError` if there is no such file, module or attribute; errors of the module itself pass through.
    """
    where, _, name = path.rpartition(":")
    module = _module_of_file(folder / where) if where.endswith(".py") or "/" in where else _module_by_name(where)
    try:
        return getattr(module, name)
    except AttributeError as error:
        raise StartupError(f"{where} has no {name!r}") from error


def load_named(key: str, path: str, folder: Path) -> Any:
    """`load_attribute` for a key of `langgraph.json`: whatever goes wrong is a `StartupError` that names it."""
    try:
        return load_attribute(path, folder)
    except StartupError as error:
        raise StartupError(f"langgraph.json: {key} ({path}): {error}") from error
    except Exception as error:
        raise StartupError(
            f"langgraph.json: {key} ({path}) cannot be imported: {type(error).__name__}: {one_line(error)}"
        ) from error


def one_line(error: BaseException) -> str:
    """An error's message without its line breaks, and what to do if it comes of a name that we have as well."""
    message = " ".join(str(error).split()) or "no message"
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == OUR_NAME:
        return f"{message}; Planloom is a package {OUR_NAME!r} itself: rename yours, or its module that Planloom has as well"
    return message


def _import_roots(folder: Path) -> Iterator[Path]:
    yield folder
    if (folder / "__init__.py").is_file():
        yield folder.parent
    for root in _declared_roots(folder / "pyproject.toml"):
        if (folder / root).is_dir():
            yield (folder / root).resolve()
    if (folder / "src").is_dir() and not (folder / "src" / "__init__.py").is_file():
        yield folder / "src"


def _declared_roots(file: Path) -> Iterator[str]:
    """Where a `pyproject.toml` says that its packages lie, for the builders that have a way to say it."""
    if not file.is_file():
        return
    try:
        tool = tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StartupError(f"{file} is not TOML: {error}") from error
    setuptools = tool.get("setuptools", {})
    find = setuptools.get("packages", {})
    yield from find.get("find", {}).get("where", []) if isinstance(find, dict) else []
    yield from setuptools.get("package-dir", {}).values()
    wheel = tool.get("hatch", {}).get("build", {}).get("targets", {}).get("wheel", {})
    for package in wheel.get("packages", []):
        yield str(Path(package).parent)
    for package in tool.get("poetry", {}).get("packages", []):
        yield package.get("from", ".")


def _module_by_name(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and name.startswith(error.name):
            raise StartupError(f"there is no module {name!r}") from error
        raise


def _module_of_file(file: Path) -> ModuleType:
    file = file.resolve()
    if not file.is_file():
        raise StartupError(f"there is no file {file}")
    for root in map(Path, sys.path):
        # a file inside an importable package is imported by its name, so that it is one module however it is reached
        if root != Path() and file.is_relative_to(root.resolve()):
            parts = file.relative_to(root.resolve()).with_suffix("").parts
            packages = [root.joinpath(*parts[:count]) / "__init__.py" for count in range(1, len(parts))]
            if len(parts) > 1 and all(part.isidentifier() for part in parts) and all(map(Path.is_file, packages)):
                imported = importlib.import_module(".".join(parts))
                if imported.__file__ is not None and Path(imported.__file__).resolve() == file:
                    return imported
    name = f"planloom_graph_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise StartupError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
