"""The project's `langgraph_sdk.Auth`: what `auth.path` in `langgraph.json` names."""

from langgraph_sdk import Auth

from server.auth.authenticator import Authenticator
from server.auth.policy import Policy
from server.errors import StartupError
from server.langgraph_json import ProjectConfig
from server.project_code import load_named


def load_auth(project: ProjectConfig) -> tuple[Authenticator | None, Policy | None]:
    """Who tells callers apart and what they may do; nobody and nothing if the project names no auth. Raises `StartupError`."""
    if project.auth is None:
        return None, None
    auth = load_named("auth.path", project.auth.path, project.folder)
    if not isinstance(auth, Auth):
        raise StartupError(
            f"langgraph.json: auth.path {project.auth.path} is a {type(auth).__name__}, not a langgraph_sdk.Auth"
        )
    return Authenticator(auth, project.auth.cache), Policy(auth)
