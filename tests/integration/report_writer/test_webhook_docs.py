"""The receiver of docs/webhooks.md does what it says."""

import asyncio
import os
import re
import sys
from pathlib import Path

from mlmon_report_writer.adapters.http.webhook_sender import HttpWebhookSender
from mlmon_shared.clocks import SystemClock
from mlmon_shared.wire.webhooks import SigningSecret, WebhookMessage

from .receivers import LOOPBACK, SECRET, Names, a_webhook

DOCUMENT = Path(__file__).parents[3] / "docs" / "webhooks.md"


async def test_receiver_takes_what_is_genuine_and_notes_it_once():
    [program] = re.findall(
        r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
    receiver = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", program),
        env={**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": "0"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert receiver.stdout is not None
    now = SystemClock().now()
    body = WebhookMessage(type="run.failed", timestamp=now, data={"id": "run-1"}).model_dump_json()
    sender = HttpWebhookSender(LOOPBACK, Names())
    try:
        async with asyncio.timeout(30):
            port = int((await receiver.stdout.readline()).split()[-1])
            genuine = a_webhook(f"http://127.0.0.1:{port}/")
            other = SigningSecret(secret="whsec_b3RoZXI=", created_at=now)
            forged = genuine.model_copy(update={"secrets": [other]})
            statuses = [
                (await sender.send(webhook, message_id, body, now=now)).status
                for webhook, message_id in [
                    *((forged, "id-0"), (genuine, "id-1")),
                    *((genuine, "id-1"), (genuine, "id-2")),
                ]
            ]
    finally:
        receiver.terminate()
        printed = await receiver.stdout.read()
        await receiver.wait()
        await sender.aclose()

    assert statuses == [401, 204, 204, 204]
    assert printed == b"run.failed run-1\n" * 2
