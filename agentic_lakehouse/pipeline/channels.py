"""Ways to people: a webhook and mail. What goes wrong there is one short word without an address or a secret in it."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import logging
import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

from agentic_lakehouse.contracts.notice import Channel, Notice
from agentic_lakehouse.errors import SettingsInvalid
from agentic_lakehouse.settings import Settings

IMPLICIT_TLS = 465
MAX_SUBJECT = 150

for _name in ("httpx", "httpcore"):
    # They log each address that they ask, and a webhook's address is its password.
    logging.getLogger(_name).setLevel(logging.WARNING)


class NotDelivered(Exception):
    """A channel did not take a notice; the message says why in a word."""


class Teller(Protocol):
    """Brings one notice to people."""

    channel: Channel

    def tell(self, notice: Notice, *, seconds: float) -> None:
        """Send it, and wait so long at most.

        Raises:
            NotDelivered: it was not taken.
        """
        ...


def tellers(settings: Settings) -> list[Teller]:
    """Return the channels that the settings name.

    Raises:
        SettingsInvalid: what they say of one does not fit.
    """
    found: list[Teller] = []
    if settings.webhook_url.get_secret_value():
        found.append(Webhook(settings))
    if settings.smtp_host:
        found.append(Mail(settings))
    return found


def payload(notice: Notice) -> dict[str, Any]:
    """Return what a webhook is posted; `text` is what chat services show."""
    return {
        "text": notice.text,
        "id": notice.id,
        "feed": notice.feed,
        "topic": notice.topic,
        "state": notice.state,
        "at": notice.created_at.isoformat(),
        **notice.facts,
    }


class Webhook:
    """Posts a notice as JSON, signed where there is a secret to sign with."""

    channel: Channel = "webhook"

    def __init__(self, settings: Settings) -> None:
        self._url = settings.webhook_url.get_secret_value()
        self._secret = settings.webhook_secret.get_secret_value()
        parts = urlsplit(self._url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SettingsInvalid(
                "LAKEHOUSE_WEBHOOK_URL is no web address.",
                hint="Write it as `https://host/path`.",
                setting="WEBHOOK_URL",
            )

    def tell(self, notice: Notice, *, seconds: float) -> None:
        """Post it; the whole exchange is bounded, not each byte of it.

        Raises:
            NotDelivered: no 2xx came back in time.
        """
        import asyncio

        import httpx

        body = json.dumps(payload(notice)).encode()
        try:
            status = asyncio.run(asyncio.wait_for(self._post(body, notice, seconds), seconds))
        except (TimeoutError, httpx.TimeoutException):
            raise NotDelivered("no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NotDelivered(type(error).__name__) from None
        if not 200 <= status < 300:
            raise NotDelivered(f"HTTP {status}")

    async def _post(self, body: bytes, notice: Notice, seconds: float) -> int:
        import httpx

        headers = {"Content-Type": "application/json", "X-Lakehouse-Notice": notice.id}
        if self._secret:
            headers["X-Lakehouse-Signature"] = signature(body, self._secret)
        async with (
            httpx.AsyncClient(timeout=seconds, follow_redirects=False) as client,
            client.stream("POST", self._url, content=body, headers=headers) as response,
        ):
            return response.status_code


def signature(body: bytes, secret: str) -> str:
    """Return what `X-Lakehouse-Signature` says of a body: `sha256=` and the hex HMAC."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Mail:
    """Sends a notice as a plain mail."""

    channel: Channel = "mail"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._to = [address.strip() for address in settings.smtp_to.split(",") if address.strip()]
        if not settings.smtp_from or not self._to:
            raise SettingsInvalid(
                "LAKEHOUSE_SMTP_HOST is set, but not from whom and to whom to write.",
                hint="Set LAKEHOUSE_SMTP_FROM and LAKEHOUSE_SMTP_TO.",
                setting="SMTP_TO",
            )
        if settings.smtp_user and not self._is_private:
            raise SettingsInvalid(
                "LAKEHOUSE_SMTP_PASSWORD would be sent in the clear.",
                hint="Leave LAKEHOUSE_SMTP_STARTTLS on, or use port 465.",
                setting="SMTP_STARTTLS",
            )

    @cached_property
    def _is_private(self) -> bool:
        """Whether nobody can listen: there is TLS, or the server is on this machine."""
        s = self._settings
        if s.smtp_starttls or s.smtp_port == IMPLICIT_TLS or s.smtp_host == "localhost":
            return True
        try:
            return ipaddress.ip_address(s.smtp_host).is_loopback
        except ValueError:
            return False

    def tell(self, notice: Notice, *, seconds: float) -> None:
        """Send it; the time bounds each step of the exchange.

        Raises:
            NotDelivered: the server was not reached, has no TLS, or did not take it.
        """
        try:
            with self._connect(seconds) as server:
                refused = server.send_message(self._mail(notice))
        except smtplib.SMTPResponseException as error:
            raise NotDelivered(f"SMTP {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(type(error).__name__) from None
        if refused:
            raise NotDelivered("some addresses were refused")

    def _connect(self, timeout: float) -> smtplib.SMTP:
        s, context = self._settings, ssl.create_default_context()
        if s.smtp_port == IMPLICIT_TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(s.smtp_host, s.smtp_port, timeout=timeout, context=context)
        else:
            server = smtplib.SMTP(s.smtp_host, s.smtp_port, timeout=timeout)
        try:
            if s.smtp_starttls and s.smtp_port != IMPLICIT_TLS:
                server.starttls(context=context)
            if s.smtp_user:
                server.login(s.smtp_user, s.smtp_password.get_secret_value())
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, notice: Notice) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._settings.smtp_from, ", ".join(self._to)
        mail["Subject"] = _subject(notice)
        mail["Date"] = format_datetime(_utc(notice.created_at))
        # The same for a second try: a mail program may drop what it has seen.
        mail["Message-ID"] = f"<{notice.id}@lakehouse.invalid>"
        mail["X-Lakehouse-Notice"] = notice.id
        facts = "\n".join(f"{name}: {value}" for name, value in notice.facts.items() if value not in {None, ""})
        mail.set_content(f"{notice.text}\n\n{facts}\n")
        return mail


def _subject(notice: Notice) -> str:
    """Return the first words, on one line: what a vendor wrote must not become a header."""
    words = " ".join(notice.text.split())
    return f"[lakehouse] {words if len(words) <= MAX_SUBJECT else words[: MAX_SUBJECT - 1] + '…'}"


def _utc(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
