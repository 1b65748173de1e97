"""What webhooks carry: headers from the environment, a signature, the time of sending; and when they come again."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.errors import StartupError
from server.langgraph_sections import WebhooksSpec
from server.settings import load_settings
from server.webhooks.backoff import LONGEST, asked_delay, delay
from server.webhooks.courier import with_time_of_sending
from server.webhooks.headers import resolved_headers
from server.webhooks.signature import secrets_of, signed_headers

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # the example of the specification's own libraries
    secrets = secrets_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signed_headers(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign() -> None:
    old, new = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "another-secret-of-some-length"
    both = signed_headers(secrets_of(f"{new}, {old}"), "a", 1, b"{}")["webhook-signature"].split()
    assert both == [signed_headers(secrets_of(one), "a", 1, b"{}")["webhook-signature"] for one in (new, old)]
    assert "webhook-signature" not in signed_headers((), "a", 1, b"{}")
    assert "another" not in repr(secrets_of(new))


@pytest.mark.parametrize("secret", ["short", "whsec_no!base64", "whsec_c2hvcnQ=", "a-secret-of-some-length,short"])
def test_a_secret_that_is_none_stops_the_start_without_being_shown(secret: str) -> None:
    with pytest.raises(StartupError, match="WEBHOOK_SECRET") as refused:
        load_settings(webhook_secret=secret)
    assert secret not in str(refused.value)


def test_headers_are_filled_from_variables_with_the_prefix() -> None:
    spec = WebhooksSpec(headers={"Authorization": "Bearer ${{ env.LG_WEBHOOK_A }}", "x-two": "${{env.LG_WEBHOOK_A}}-b"})
    filled = resolved_headers(spec, {"LG_WEBHOOK_A": "word", "OTHER": "x"})
    assert filled == {"authorization": "Bearer word", "x-two": "word-b"}
    assert resolved_headers(WebhooksSpec(env_prefix="HOOK_", headers={"a": "${{ env.HOOK_B }}"}), {"HOOK_B": "c"}) == {
        "a": "c"
    }


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("x", "${{ env.OPENAI_API_KEY }}", "does not begin with LG_WEBHOOK_"),
        ("x", "${{ env.LG_WEBHOOK_MISSING }}", "is not in the environment"),
        ("x", "${{ LG_WEBHOOK_A }}", "a template is"),
        ("x", "${{ env.LG_WEBHOOK_LINES }}", "one line"),
        ("x y", "a", "cannot be chosen"),
        ("Host", "a", "cannot be chosen"),
        ("Webhook-Signature", "a", "cannot be chosen"),
    ],
)
def test_a_header_that_cannot_be_sent_stops_the_start(name: str, value: str, says: str) -> None:
    environment = {"LG_WEBHOOK_A": "word", "LG_WEBHOOK_LINES": "secret\r\nx: y", "OPENAI_API_KEY": "sk-secret"}
    with pytest.raises(StartupError, match=says) as refused:
        resolved_headers(WebhooksSpec(headers={name: value}), environment)
    assert "secret" not in str(refused.value)


def test_the_pauses_grow_to_an_hour_and_differ() -> None:
    for failures, seconds in ((1, 1), (2, 4), (3, 16), (4, 64), (5, 256), (6, 1024), (7, 3600), (40, 3600)):
        pauses = {delay(failures).total_seconds() for _ in range(50)}
        assert seconds * 0.75 <= min(pauses) < max(pauses) <= seconds * 1.25
    assert delay(1, asked=timedelta(minutes=5)) == timedelta(minutes=5)
    assert delay(1, asked=timedelta(days=5)) == LONGEST
    assert delay(7, asked=timedelta(seconds=1)) > timedelta(minutes=44)


@pytest.mark.parametrize(
    ("retry_after", "asked"),
    [
        (None, None),
        ("120", timedelta(seconds=120)),
        ("Sat, 21 Nov 2026 15:01:00 GMT", timedelta(minutes=1)),
        ("Sat, 21 Nov 2026 14:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        (f"Sat, 21 Nov {'9' * 30} 15:01:00 GMT", None),
    ],
)
def test_what_a_receiver_asks_for_is_read(retry_after: str | None, asked: timedelta | None) -> None:
    assert asked_delay(retry_after, NOW) == asked


def test_the_time_of_sending_is_put_into_the_payload_as_it_is() -> None:
    sent = with_time_of_sending('{"values":{"b":1,"a":"é"},"run_id":"x"}', NOW)
    assert orjson.loads(sent) == {
        "values": {"b": 1, "a": "é"},
        "run_id": "x",
        "webhook_sent_at": "2026-11-21T15:00:00+00:00",
    }


def test_the_documented_example_verifies_what_is_sent() -> None:
    text = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    documented: dict[str, Any] = {}
    exec(text.partition("```python\n")[2].partition("```")[0], documented)
    key, now = b"a-secret-of-some-length", int(time.time())
    secrets = secrets_of(f"another-secret-of-some-length,{key.decode()}")
    headers = signed_headers(secrets, "run", now, b'{"a":1}')
    assert documented["is_ours"](headers, b'{"a":1}', key)
    assert not documented["is_ours"](headers, b'{"a":2}', key)
    assert not documented["is_ours"](headers, b'{"a":1}', b"who-knows-what-key")
    assert not documented["is_ours"](signed_headers(secrets, "run", now - 600, b'{"a":1}'), b'{"a":1}', key)
