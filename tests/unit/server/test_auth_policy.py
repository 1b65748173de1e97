"""Asking the project's `langgraph_sdk.Auth`: who calls, and what they may do. Whatever goes wrong denies."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from langgraph_sdk import Auth
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from server.auth.access import NOBODY, Access
from server.auth.authenticator import Authenticator, RememberedUsers
from server.auth.filters import EVERYTHING, Filter
from server.auth.middleware import AccessMiddleware, Guard, access_of
from server.auth.policy import Policy
from server.auth.users import User
from server.dispatch import RouteTable
from server.errors import Denied, StartupError
from server.langgraph_sections import AuthCacheSpec, HeaderPatterns
from server.mount_prefix import MountPrefixMiddleware
from server.own_app import OwnRoutes
from server.requests import WireRoute
from server.wire_json import WireResponse

ANN = User({"identity": "ann", "permissions": ["read"], "team": "a"})


# --- users


@dataclass
class Account:
    identity: str
    team: str = "a"


class Person:
    def __init__(self) -> None:
        self.team = "a"
        self._secret = "hidden"

    @property
    def identity(self) -> str:
        return "ann"


@pytest.mark.parametrize(
    "given", ["ann", {"identity": "ann"}, Account("ann"), Person(), SimpleNamespace(identity="ann")]
)
def test_a_user_is_a_name_a_mapping_or_an_object_with_an_identity(given: Any) -> None:
    user = User.of(given)
    assert (user.identity, user.display_name, user.is_authenticated, user.permissions) == ("ann", "ann", True, [])
    assert "_secret" not in user
    assert Auth.types.BaseUser
    assert isinstance(user, Auth.types.BaseUser)


def test_what_else_authentication_says_is_kept() -> None:
    assert ANN["team"] == ANN.team == "a"
    assert dict(ANN)["permissions"] == ["read"]
    with pytest.raises(AttributeError):
        _ = ANN.missing


@pytest.mark.parametrize("given", [None, 5, {}, {"identity": 5}, {"identity": ""}, object(), "", Account])
def test_nobody_is_not_a_user(given: Any) -> None:
    with pytest.raises(ValueError, match="identity"):
        User.of(given)


# --- policy


def _policy() -> Policy:
    auth = Auth()

    @auth.on
    async def anything(ctx: Any, value: Any) -> Any:
        return {"owner": ctx.user.identity}

    @auth.on.threads
    async def threads(ctx: Any, value: Any) -> Any:
        value.setdefault("metadata", {})["seen"] = f"{ctx.resource}.{ctx.action}"
        return None

    @auth.on.threads.delete
    async def never(ctx: Any, value: Any) -> Any:
        return False

    @auth.on.threads.update
    async def broken(ctx: Any, value: Any) -> Any:
        raise ValueError("a secret of the project")

    @auth.on.threads.search
    async def odd(ctx: Any, value: Any) -> Any:
        return "yes"

    @auth.on.assistants.create
    async def conflict(ctx: Any, value: Any) -> Any:
        raise Auth.exceptions.HTTPException(409, "taken", {"x-why": "because"})

    @auth.on(actions="delete")
    async def deletes(ctx: Any, value: Any) -> Any:
        return False

    return Policy(auth)


async def test_the_most_specific_handler_decides_and_may_change_the_value() -> None:
    policy = _policy()
    value: dict[str, Any] = {}
    assert await policy.decide(ANN, "threads", "read", value) == EVERYTHING
    assert value == {"metadata": {"seen": "threads.read"}}
    assert await policy.decide(ANN, "assistants", "read", {}) == Filter.parse({"owner": "ann"})
    assert await Policy(Auth()).decide(ANN, "threads", "read", {}) == EVERYTHING


@pytest.mark.parametrize(
    ("resource", "action", "status"),
    [
        ("threads", "delete", 403),
        ("crons", "delete", 403),
        ("threads", "update", 500),
        ("threads", "search", 500),
        ("assistants", "create", 409),
        ("store", "get", 403),
    ],
)
async def test_a_no_an_error_and_an_odd_answer_deny_and_give_nothing_away(
    resource: Any, action: Any, status: int
) -> None:
    with pytest.raises(Denied) as denied:
        await _policy().decide(ANN, resource, action, {"namespace": ("a",)})
    assert denied.value.status == status
    assert "secret" not in denied.value.detail
    assert denied.value.headers == ({"x-why": "because"} if status == 409 else {})


async def test_access_is_remembered_to_have_been_asked_and_nobody_gets_none() -> None:
    access = Access(_policy(), ANN, {"x-a": "1"})
    assert not access.was_asked
    await access.may("threads", "read", {})
    assert access.was_asked
    assert access.identity["langgraph_auth_user"]["team"] == "a"
    assert access.identity["langgraph_auth_user_id"] == access.identity["user_id"] == "ann"
    assert access.identity["langgraph_auth_permissions"] == ["read"]
    assert access.headers == {"x-a": "1"}
    assert Access().identity == {}
    with pytest.raises(RuntimeError):
        await NOBODY.may("threads", "read", {})


# --- authentication, before a small application


def _client(
    handler: Any, *, protects_own: bool = False, prefix: str = "", cache: AuthCacheSpec | None = None
) -> TestClient:
    auth = Auth()
    auth._authenticate_handler = handler
    guard = Guard(Authenticator(auth, cache), Policy(auth), HeaderPatterns(includes=["x-*"]), protects_own, 1000)
    app = FastAPI()
    own, own_routes = FastAPI(), OwnRoutes()

    @own.get("/own")
    async def own_route() -> str:
        return "own"

    @app.get("/ok")
    async def ok() -> str:
        return "ok"

    @app.get("/forgets")
    async def forgets() -> str:
        return "success without asking"

    things = APIRouter(route_class=WireRoute)

    @things.post("/things/{thing}", response_model=None)
    async def thing(request: Request, thing: str) -> Response:
        access = access_of(request)
        await access.may("threads", "read", {})
        configurable = {**access.headers, **access.identity}
        return WireResponse({"configurable": configurable, "body": await request.json(), "thing": thing})

    app.include_router(things)

    @app.websocket("/socket")
    async def socket(connection: WebSocket) -> None:
        await access_of(connection).may("threads", "read", {})
        await connection.accept()
        await connection.send_text("in")

    own_routes.take_in(own, app)
    app.router.routes.insert(0, own_routes)
    app.add_middleware(AccessMiddleware, guard=guard, table=RouteTable([things]), own=own_routes)
    if prefix:
        app.add_middleware(MountPrefixMiddleware, prefix=prefix)
    return TestClient(app, raise_server_exceptions=False)


async def _bearer(authorization: str | None) -> dict[str, Any]:
    if authorization is None:
        raise Auth.exceptions.HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    return {"identity": authorization.removeprefix("Bearer "), "extra": 1}


def test_every_route_and_every_unknown_path_is_authenticated() -> None:
    client = _client(_bearer)
    for method, path in (("POST", "/things/1"), ("GET", "/nothing"), ("OPTIONS", "/things/1"), ("POST", "/ok")):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        assert answer.json() == {"detail": "who are you?"}
    assert client.get("/ok").json() == "ok"
    assert client.get("/nothing", headers={"authorization": "Bearer ann"}).status_code == 404


def test_a_route_knows_its_caller_and_still_has_its_body() -> None:
    client = _client(_bearer)
    answer = client.post("/things/7", json={"a": 1}, headers={"authorization": "Bearer ann", "x-team": "b"}).json()
    assert (answer["body"], answer["thing"]) == ({"a": 1}, "7")
    assert answer["configurable"]["langgraph_auth_user"]["extra"] == 1
    assert answer["configurable"]["x-team"] == "b"


def test_a_success_that_asked_for_no_access_fails() -> None:
    assert _client(_bearer).get("/forgets", headers={"authorization": "ann"}).status_code == 500


def test_own_routes_are_authenticated_only_if_the_project_says_so() -> None:
    assert _client(_bearer).get("/own").json() == "own"
    protected = _client(_bearer, protects_own=True)
    assert protected.get("/own").status_code == 401
    assert protected.get("/own", headers={"authorization": "ann"}).json() == "own"


def test_under_a_prefix_the_same_paths_are_public() -> None:
    client = _client(_bearer, prefix="/api")
    assert client.get("/api/ok").json() == "ok"
    assert client.post("/api/things/1").status_code == 401


def test_a_handler_is_given_what_it_asks_for_by_name() -> None:
    seen: dict[str, Any] = {}

    def handler(
        request: Any, body: Any, path: str, method: str, path_params: Any, query_params: Any, headers: Any, scope: Any
    ) -> str:
        seen.update(locals())
        return "ann"

    answer = _client(handler).post("/things/7?a=b", content=b'{"deep":[1]}', headers={"x-b": "c"})
    assert answer.json()["body"] == {"deep": [1]}
    assert (seen["path"], seen["method"], seen["body"]) == ("/things/7", "POST", {"deep": [1]})
    assert (seen["path_params"], seen["query_params"]) == ({"thing": "7"}, {"a": "b"})
    assert seen["headers"][b"x-b"] == b"c"
    assert seen["request"].headers["x-b"] == "c"


def test_a_body_that_is_too_large_for_the_handler_is_refused() -> None:
    async def handler(body: Any) -> str:
        return "ann"

    assert _client(handler).post("/things/7", content=b"[" + b"1," * 600 + b"1]").status_code == 413


def test_a_handler_may_read_the_request_itself() -> None:
    async def handler(request: Request) -> str:
        return str((await request.json())["user"])

    answer = _client(handler).post("/things/7", json={"user": "ann"}).json()
    assert answer["configurable"]["user_id"] == "ann"
    assert answer["body"] == {"user": "ann"}


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (Auth.exceptions.HTTPException(403, "not you"), 403, "not you"),
        (Auth.exceptions.HTTPException(429), 429, "Too Many Requests"),
        (HTTPException(401, "expired"), 401, "expired"),
        (ValueError("a secret"), 500, "authentication failed; the server's log has the cause"),
        (AssertionError("a secret"), 500, "authentication failed; the server's log has the cause"),
    ],
)
def test_what_a_handler_raises_is_honoured_or_denies(error: Exception, status: int, detail: str) -> None:
    async def handler() -> str:
        raise error

    answer = _client(handler).get("/nothing")
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})


def test_a_handler_that_names_nobody_lets_nobody_in() -> None:
    answer = _client(lambda: None).get("/nothing")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Expected a BaseUser instance with required property: identity (str)")


def test_a_socket_is_authenticated_at_the_handshake() -> None:
    client = _client(_bearer)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/socket"):
        pass
    with client.websocket_connect("/socket", headers={"authorization": "ann"}) as connection:
        assert connection.receive_text() == "in"


def test_a_handler_must_exist_and_ask_only_for_what_there_is() -> None:
    with pytest.raises(StartupError, match=r"no @auth\.authenticate handler"):
        Authenticator(Auth())
    auth = Auth()
    auth._authenticate_handler = lambda session: "ann"
    with pytest.raises(StartupError, match="asks for 'session'; it may ask for request, body"):
        Authenticator(auth)


# --- remembering


def test_a_caller_is_remembered_by_the_named_headers_for_a_while() -> None:
    asked: list[str] = []

    def handler(authorization: str) -> str:
        asked.append(authorization)
        return authorization

    client = _client(handler, cache=AuthCacheSpec(cache_keys=["Authorization"]))
    for name in ("ann", "ann", "ben", "ann"):
        answer = client.post("/things/1", json={}, headers={"authorization": name}).json()
        assert answer["configurable"]["user_id"] == name
    assert asked == ["ann", "ben"]


def test_remembered_users_expire_and_make_room() -> None:
    now = 0.0
    remembered = RememberedUsers(AuthCacheSpec(cache_keys=["a"], ttl_seconds=10, max_size=2), lambda: now)
    for name in "xyz":
        remembered.put((name,), ANN)
    assert [remembered.get((name,)) for name in "xyz"] == [None, ANN, ANN]
    now = 10.0
    assert remembered.get(("y",)) is None
    assert remembered.key({"b": "1"}) is None
