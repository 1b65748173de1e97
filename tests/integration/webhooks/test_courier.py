"""One attempt after the other: where it goes, what is written down, and what becomes of attempts that nobody ends."""

import asyncio
import datetime
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.db.pool import Pool
from server.ids import new_id
from server.webhooks import repository
from server.webhooks.host_limits import HostLimits
from server.webhooks.outbox import forget_webhooks
from server.webhooks.policy import Target
from server.webhooks.sending import HttpReceiver, Sent
from tests.acceptance.server.receiver import WebhookReceiver, receiving
from tests.integration.webhooks.sending import Names, Sender


async def test_a_name_that_leads_inside_later_is_not_followed(pool: Pool, receiver: WebhookReceiver) -> None:
    names = Names(hooks_test=[["127.0.0.1"], ["10.0.0.7"], ["127.0.0.1", "169.254.169.254"], None, ["127.0.0.1"]])
    sender = await Sender(pool, names, attempts=9).open()
    url = f"http://hooks.test:{receiver.port}/ok/rebound"
    await sender._gate.require(url)  # at admission it was good
    run_id = await sender.written(url)
    for attempt in range(3):
        await sender.courier.deliver(run_id, attempt, "")
        assert receiver.heard("/ok/rebound") == []
    await sender.courier.deliver(run_id, 3, "")
    delivery = await sender.delivery(run_id)
    assert [one["error"] for one in delivery.attempts] == [
        "Webhook host blocked: blocked IP range", "Webhook host blocked: blocked IP range", "DNS resolution failed", None,
    ]  # fmt: skip
    assert delivery.status == "delivered"
    assert receiver.heard("/ok/rebound")[0].headers["host"] == f"hooks.test:{receiver.port}"


def _certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A certificate for a name that signs itself, and what serves by it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return file, context


async def test_the_certificate_is_checked_for_the_name_and_the_connection_goes_to_the_address(
    pool: Pool, tmp_path: Path
) -> None:
    file, context = _certificate(tmp_path, "hooks.test")
    trusting = ssl.create_default_context(cafile=file)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    names = Names(hooks_test=[["127.0.0.1"]], other_test=[["127.0.0.1"]])
    with receiving(context) as secure:
        sender = await Sender(pool, names, HttpReceiver(2, trusting), attempts=1).open()
        good = await sender.written(f"https://hooks.test:{secure.port}/ok/tls")
        bad = await sender.written(f"https://other.test:{secure.port}/ok/tls")
        unknown = await sender.written(f"https://127.0.0.1:{secure.port}/ok/tls")
        for run_id in (good, bad, unknown):
            await sender.courier.deliver(run_id, 0, "")
        assert (await sender.delivery(good)).status == "delivered"
        for run_id in (bad, unknown):
            delivery = await sender.delivery(run_id)
            assert (delivery.status, "certificate verify failed" in delivery.attempts[0]["error"]) == ("failed", True)
        assert len(secure.heard("/ok/tls")) == 1
    assert asked[:2] == ["hooks.test", "other.test"]


async def test_an_address_that_does_not_answer_is_passed_over_and_time_is_limited(
    pool: Pool, receiver: WebhookReceiver
) -> None:
    names = Names(two_test=[["127.0.0.2", "127.0.0.1"]], hooks_test=[["127.0.0.1"]])
    sender = await Sender(pool, names, HttpReceiver(0.5), attempts=1).open()
    over = await sender.written(f"http://two.test:{receiver.port}/ok/second-address")
    held = await sender.written(f"http://hooks.test:{receiver.port}/held/for-ever")
    nobody = await sender.written("http://127.0.0.1:1/x")
    for run_id in (over, held, nobody):
        await sender.courier.deliver(run_id, 0, "")
    assert (await sender.delivery(over)).status == "delivered"
    assert (await sender.delivery(held)).attempts[0]["error"] == "no answer in 0.5 seconds"
    assert (await sender.delivery(nobody)).attempts[0]["error"].startswith("ConnectError")


class _Held:
    """A receiver that holds what it gets."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.times = 0

    async def post(self, target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> Sent:
        self.times += 1
        self.reached.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_an_attempt_is_made_once_however_many_jobs_ask_for_it(pool: Pool, receiver: WebhookReceiver) -> None:
    sender = await Sender(pool).open()
    run_id = await sender.written(receiver.url("/ok/once"))
    await asyncio.gather(*(sender.courier.deliver(run_id, 0, "") for _ in range(5)))
    await sender.courier.deliver(run_id, 1, "")
    assert len(receiver.heard("/ok/once")) == 1
    async with pool.connection() as connection:
        cursor = await connection.execute("select payload, due_at, lease_until from webhook_deliveries")
        assert await cursor.fetchone() == {"payload": None, "due_at": None, "lease_until": None}


async def test_what_a_courier_left_when_it_died_is_sent_by_another(pool: Pool, receiver: WebhookReceiver) -> None:
    sender = await Sender(pool).open()
    run_id = await sender.written(receiver.url("/ok/left"))
    assert await sender.courier.take_over_expired() == 0, "the job that it was written with still counts"
    async with pool.connection() as connection:
        for attempt in range(2):  # two couriers begin, and die
            await repository.claim(connection, run_id, attempt, datetime.timedelta(seconds=-1))
    assert await sender.courier.take_over_expired() == 1
    assert (await sender.jobs())[-1] == {
        "delivery_id": str(run_id),
        "attempt": 2,
        "host": receiver.url("").removeprefix("http://"),
    }
    await sender.courier.deliver(run_id, 2, "")
    assert (await sender.delivery(run_id)).status == "delivered"
    assert len(receiver.heard("/ok/left")) == 1

    lost = await sender.written(receiver.url("/ok/lost"))
    async with pool.connection() as connection:
        for attempt in range(3):
            await repository.claim(connection, lost, attempt, datetime.timedelta(seconds=-1))
    await sender.courier.deliver(lost, 3, "")
    delivery = await sender.delivery(lost)
    assert (delivery.status, delivery.attempts[0]["error"]) == ("failed", "its last attempt was lost with its worker")


async def test_a_courier_that_is_asked_to_stop_queues_what_it_holds_and_that_does_not_count(pool: Pool) -> None:
    held = _Held()
    sender = await Sender(pool, receiver=held, attempts=1).open()
    run_id = await sender.written("http://127.0.0.1/x")
    sending = asyncio.create_task(sender.courier.deliver(run_id, 0, ""))
    await held.reached.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    delivery = await sender.delivery(run_id)
    assert (delivery.status, delivery.attempt, delivery.last_attempt) == ("pending", 1, 2)
    assert (await sender.jobs())[-1] == {"delivery_id": str(run_id), "attempt": 1, "host": "127.0.0.1"}


async def test_a_host_that_hangs_keeps_others_waiting_for_nothing(pool: Pool) -> None:
    held = _Held()
    sender = await Sender(pool, receiver=held, limits=HostLimits(per_host=1)).open()
    first, second, other = [await sender.written("http://127.0.0.1/x") for _ in range(3)]
    sending = asyncio.create_task(sender.courier.deliver(first, 0, "hangs"))
    await held.reached.wait()
    before = (await sender.delivery(second)).due_at
    await sender.courier.deliver(second, 0, "hangs")
    waiting = await sender.delivery(second)
    assert (waiting.status, waiting.attempt, waiting.attempts) == ("pending", 0, [])
    assert before is not None and waiting.due_at is not None and waiting.due_at > before
    assert (await sender.jobs())[-1]["delivery_id"] == str(second)
    held.reached.clear()
    also = asyncio.create_task(sender.courier.deliver(other, 0, "another"))
    await held.reached.wait()
    for task in (sending, also):
        task.cancel()
    await asyncio.gather(sending, also, return_exceptions=True)
    assert sender.courier._limits.pause("hangs") is None, "nothing is sent there any more"


async def test_what_is_not_committed_is_not_sent(pool: Pool) -> None:
    sender = await Sender(pool).open()
    with pytest.raises(ZeroDivisionError):
        async with pool.connection() as connection, connection.transaction():
            await sender.outbox.write(connection, new_id(), new_id(), {}, "success", "http://127.0.0.1/x", b"{}")
            raise ZeroDivisionError
    assert await sender.jobs() == []
    async with pool.connection() as connection:
        cursor = await connection.execute("select count(*) as n from webhook_deliveries")
        assert await cursor.fetchone() == {"n": 0}


async def test_what_is_over_is_forgotten_in_time_or_with_its_run(pool: Pool, receiver: WebhookReceiver) -> None:
    sender = await Sender(pool).open()
    old, new, gone, waiting = [await sender.written(receiver.url("/ok/kept")) for _ in range(4)]
    for run_id in (old, new, gone):
        await sender.courier.deliver(run_id, 0, "")
    async with pool.connection() as connection:
        await connection.execute(
            "update webhook_deliveries set ended_at = ended_at - interval '2 hours' where run_id = %s", (old,)
        )
        await forget_webhooks(connection, [gone, waiting])
        await sender.courier.sweep()
        cursor = await connection.execute("select run_id from webhook_deliveries")
        assert {row["run_id"] for row in await cursor.fetchall()} == {new, waiting}
