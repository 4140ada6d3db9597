"""A line of text to the team's chat: one POST in the form of Slack's incoming webhooks."""

import asyncio
import logging
from collections.abc import Callable

import httpx
from pydantic import SecretStr

from core.errors import StillmotionError
from core.providers.fal.wire import deaf, run, tls

WITHIN_S = 10.0
"""How long the chat may take to answer."""


class _Unsaid(logging.Filter):
    """Keeps the webhook's address, which is a secret, out of the lines that httpx logs of every request."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record names no secret address."""
        return not any(secret in record.getMessage() for secret in self.secrets)


_unsaid = _Unsaid()
logging.getLogger("httpx").addFilter(_unsaid)


def post_text(url: SecretStr, text: str, *, check: Callable[[], None] = deaf) -> None:
    """Send `text`. Raises StillmotionError, which never names the address, unless it was taken.

    `check` is called a few times a second; what it raises ends the call.
    """
    _unsaid.secrets.add(url.get_secret_value())
    try:
        status = run(_posted(url.get_secret_value(), text), check)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise _not_taken(type(error).__name__) from None  # its words would name the address
    if not 200 <= status < 300:
        raise _not_taken(f"it answered {status}")


async def _posted(url: str, text: str) -> int:
    async with (
        asyncio.timeout(WITHIN_S),
        httpx.AsyncClient(verify=tls(), timeout=WITHIN_S, follow_redirects=False) as client,
        client.stream("POST", url, json={"text": text}) as response,  # whatever it says is not read
    ):
        return response.status_code


def _not_taken(why: str) -> StillmotionError:
    return StillmotionError(
        f"The webhook did not take an alert: {why}.",
        remedy="Look at STILLMOTION_WEBHOOK_URL; it is tried again by itself.",
    )
