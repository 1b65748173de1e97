"""Be told when a run is over, and believe it only if the server signed it. Both know WEBHOOK_SECRET.

The server must be allowed to send to this machine (`webhooks` in examples/langgraph.json does that).
Usage: WEBHOOK_SECRET=whsec_… python examples/webhook_receiver.py [URL]
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from langgraph_sdk import get_sync_client

URL = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:2024"
KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))


def is_genuine(headers: dict[str, str], body: bytes) -> bool:
    """Whether the server signed this very body, and within five minutes: an old message may be sent again by anybody."""
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    return any(hmac.compare_digest(ours, theirs) for theirs in headers["webhook-signature"].split())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        genuine = is_genuine({name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(200 if genuine else 401)
        self.end_headers()
        if genuine:
            run = json.loads(body)
            print("[told]", run["status"], run["run_id"])
            print(run["values"]["messages"][-1]["content"].splitlines()[0])


with HTTPServer(("127.0.0.1", 0), Receiver) as server, get_sync_client(url=URL) as client:
    thread = client.threads.create()
    client.runs.create(
        thread["thread_id"],
        "coach",
        input={"messages": [{"role": "user", "content": "what can you do?"}]},
        webhook=f"http://127.0.0.1:{server.server_port}/runs",
    )
    server.handle_request()
