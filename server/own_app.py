"""The project's own HTTP app: what `http.app` in `langgraph.json` names."""

from starlette.applications import Starlette

from server.errors import StartupError
from server.langgraph_json import ProjectConfig
from server.project_code import load_named


def load_own_app(project: ProjectConfig) -> Starlette | None:
    """The app, if the project names one. Raises `StartupError` if it is no FastAPI or Starlette app."""
    if project.http.app is None:
        return None
    own = load_named("http.app", project.http.app, project.folder)
    if not isinstance(own, Starlette):
        raise StartupError(
            f"langgraph.json: http.app {project.http.app} is a {type(own).__name__}, not a FastAPI or Starlette app"
        )
    return own
