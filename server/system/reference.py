"""`/docs`: the API's reference as a page to try it on. All of it comes from this server, so it works on a closed network."""

from importlib.resources import files
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from starlette.responses import FileResponse

Asset = Literal["swagger-ui-bundle.js", "swagger-ui.css"]

_CARRIED = Path(str(files("fastapi_offline"))) / "static"
_NO_ICON = "data:,"
_ONLY_FROM_HERE = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src *; frame-ancestors 'self'"
)
"""`connect-src`: an operator's own login may be elsewhere (`auth.openapi`)."""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def page(request: Request) -> Response:
    """The page, for the whole OpenAPI document."""
    # relative to the page: whatever is in front of this server may serve it under another path
    html = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=f"{request.app.title} API",
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url=_NO_ICON,
        oauth2_redirect_url=f"{request.scope.get('root_path', '').rstrip('/')}/docs/oauth2-redirect",
        swagger_ui_parameters={"validatorUrl": None},  # it would send the document's address to a foreign host
    )
    html.headers["content-security-policy"] = _ONLY_FROM_HERE
    return html


@router.get("/docs/oauth2-redirect")
async def after_login() -> Response:
    """Where an operator's login sends the page's window back to."""
    return get_swagger_ui_oauth2_redirect_html()


@router.get("/docs/{asset}")
async def asset(asset: Asset) -> Response:
    """The page's script and style, from the package that carries them."""
    return FileResponse(_CARRIED / asset, headers={"cache-control": "public, max-age=86400"})
