"""The LangSmith client that all traces of this process go through, whoever makes them."""

from collections.abc import Callable
from typing import Any

import requests
import zstandard
from langsmith import Client
from langsmith.schemas import LangSmithInfo
from urllib3.util import Retry

DEFAULT_URL = "https://api.smith.langchain.com"

_TIMEOUT_MS = (3_000, 5_000)  # to connect, and to read
_MULTIPART_PATH = "/runs/multipart"

Taken = Callable[[str, dict[str, Any]], None]


class TraceClient(Client):
    """A client whose runs are handed on instead of being sent as they come.

    So what LangChain's tracer or a `@traceable` function in a graph makes is redacted and queued like everything else.
    Requests of its own (`multipart_ingest`, feedback) block: they are for the sender's thread.
    """

    failure: Exception | None = None
    """Why what was sent last was not taken."""

    def __init__(self, url: str, key: str) -> None:
        session = _CompressingSession()
        super().__init__(
            api_url=url,
            api_key=key,
            session=session,
            auto_batch_tracing=False,
            # a gateway that is restarting is asked again; whoever refuses, or does not answer, is not
            retry_config=Retry(
                total=2, connect=0, read=0, status=2, status_forcelist=[502, 503, 504], allowed_methods=None,
                backoff_factor=0.3, raise_on_status=False, respect_retry_after_header=False,
            ),
            timeout_ms=_TIMEOUT_MS,
            hide_inputs=False,  # the policies of the graphs decide, and have decided when this is asked
            hide_outputs=False,
            hide_metadata=False,
            omit_traced_runtime_info=True,  # which would send what the environment has under LANGSMITH_* and LANGCHAIN_*
            tracing_mode="langsmith",
            tracing_sampling_rate=1.0,  # runs are sampled before they are traced
            disable_prompt_cache=True,
            tracing_error_callback=self._note_failure,
        )  # fmt: skip
        self._taken: Taken = _nobody_takes
        self._compressing = session

    def hand_to(self, taken: Taken) -> None:
        """Hand runs to `taken("create" | "update", fields)` from now on."""
        self._taken = taken

    def _note_failure(self, error: Exception) -> None:
        self.failure = error

    def create_run(self, name: str, inputs: dict[str, Any], run_type: Any, **kwargs: Any) -> None:
        """Take the start of a run."""
        self._taken("create", {**kwargs, "name": name, "inputs": inputs, "run_type": run_type})

    def update_run(self, run_id: Any, **kwargs: Any) -> None:
        """Take the end of a run."""
        self._taken("update", {**kwargs, "id": run_id})

    def learn(self) -> LangSmithInfo:
        """Ask once what the server takes. Blocks; a server that does not say is sent what every one takes."""
        info = self.info
        self._compressing.compresses = bool((info.instance_flags or {}).get("zstd_compression_enabled"))
        return info

    def unlearn(self) -> None:
        """Ask again before the next batch: the server did not answer."""
        self._info = None

    def project_id(self, name: str) -> Any:
        """The id of a project. Raises `LangSmithError` if there is none."""
        return self.read_project(project_name=name).id


def _nobody_takes(_kind: str, _fields: dict[str, Any]) -> None:
    """Until somebody does."""


class _CompressingSession(requests.Session):
    """Compresses traces for a server that says it takes that: they shrink to a tenth."""

    def __init__(self) -> None:
        super().__init__()
        self.compresses = False

    def request(self, method: str, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request."""
        data = kwargs.get("data")
        if self.compresses and isinstance(data, bytes) and str(url).endswith(_MULTIPART_PATH):
            packed = zstandard.ZstdCompressor(level=1).compress(data)
            sizes = {"X-Pre-Compressed-Size": str(len(data)), "X-Post-Compressed-Size": str(len(packed))}
            headers = {**(kwargs.get("headers") or {}), "Content-Encoding": "zstd", **sizes}
            kwargs = {**kwargs, "data": packed, "headers": headers}
        return super().request(method, url, *args, **kwargs)
