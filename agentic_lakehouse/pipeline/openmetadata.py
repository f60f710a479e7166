"""An OpenMetadata server, as far as a standard is imported from it: data contracts in their ODCS export.

Endpoints as OpenMetadata 1.12 and later document them (docs.open-metadata.org, API reference, Data Contracts):
`/v1/tables/name/{fqn}`, `/v1/dataContracts/entity`, `/v1/dataContracts/{id}/odcs/yaml` and
`/v1/dataContracts/name/{fqn}/odcs/yaml`. What comes back is not trusted: it is bounded in size and time, and no
redirect leads to another server, where the token would be somebody else's.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from agentic_lakehouse.contracts.yaml_file import MAX_BYTES
from agentic_lakehouse.errors import StandardNotImported, UsageInvalid

SECONDS = 30.0
"""Longest wait for one answer, from the first byte to the last."""
ATTEMPTS = 3
MAX_REDIRECTS = 3
TOKEN = "LAKEHOUSE_OPENMETADATA_TOKEN"  # noqa: S105 - the variable's name


class OpenMetadata:
    """One server, asked with a token or without."""

    def __init__(self, url: str, token: SecretStr | None = None, *, seconds: float = SECONDS) -> None:
        """Take an address, with or without `/api`.

        Raises:
            UsageInvalid: it is no plain HTTP address.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise UsageInvalid(
                f"{_plain(url)!r} is no address of a server.", hint="Write it like https://om.example.com."
            )
        if "@" in parts.netloc:
            raise UsageInvalid("The address holds a user or password.", hint=f"Set {TOKEN} instead.")
        path = parts.path.rstrip("/").removesuffix("/v1")
        self.root = f"{parts.scheme}://{parts.netloc}{path.removesuffix('/api')}/api/v1"
        self._token = token
        self._seconds = seconds

    def contract_of_table(self, fqn: str) -> str:
        """Return the address of the ODCS export of a table's contract.

        Raises:
            StandardNotImported: there is no such table, or it has no contract.
        """
        table = self._id(f"{self.root}/tables/name/{quote(fqn, safe='')}", f"table {fqn!r}")
        query = f"entityId={table}&entityType=table"
        contract = self._id(f"{self.root}/dataContracts/entity?{query}", f"data contract of table {fqn!r}")
        return f"{self.root}/dataContracts/{contract}/odcs/yaml"

    def contract_named(self, fqn: str) -> str:
        """Return the address of the ODCS export of a contract."""
        return f"{self.root}/dataContracts/name/{quote(fqn, safe='')}/odcs/yaml"

    def export(self, address: str) -> bytes:
        """Return a contract's ODCS export as it comes.

        Raises:
            StandardNotImported: the server does not give it.
        """
        return self._get(address, "data contract", accept="application/yaml")

    def _id(self, address: str, what: str) -> str:
        try:
            found = json.loads(self._get(address, what, accept="application/json"))
            return str(uuid.UUID(found["id"]))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StandardNotImported(
                f"{address} does not answer with the id of a {what}.",
                hint="Is it the address of an OpenMetadata server?",
                url=address,
            ) from error

    def _get(self, address: str, what: str, *, accept: str) -> bytes:
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        again = Retrying(
            retry=retry_if_exception_type(httpx.TransportError),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(0.1, max=2),
            reraise=True,
        )
        try:
            return again(self._follow, address, what, headers)
        except httpx.TransportError as error:
            raise StandardNotImported(
                f"{address} does not answer: {str(error) or type(error).__name__}.",
                hint="Is the server up, and the address right?",
                url=address,
            ) from error
        except httpx.InvalidURL as error:
            raise StandardNotImported(f"{address} cannot be asked: {error}.", url=address) from error

    def _follow(self, address: str, what: str, headers: Mapping[str, str]) -> bytes:
        """Ask, and go where the same server points to."""
        with httpx.Client(timeout=self._seconds, follow_redirects=False) as client:
            for _ in range(MAX_REDIRECTS + 1):
                with client.stream("GET", address, headers=dict(headers)) as response:
                    if not response.is_redirect:
                        return self._body(response, address, what)
                    there = str(response.url.join(response.headers["location"]))
                if _origin(there) != _origin(address):
                    raise StandardNotImported(
                        f"{address} points to another server, {_origin(there)}; that is not followed.",
                        hint="If that is the right one, give its address.",
                        url=address,
                    )
                address = there
        raise StandardNotImported(f"{address} is a circle of redirects.", url=address)

    def _body(self, response: httpx.Response, address: str, what: str) -> bytes:
        if response.status_code != httpx.codes.OK:
            raise _refused(response.status_code, address, what, has_token=self._token is not None)
        end, body = time.monotonic() + self._seconds, bytearray()
        for part in response.iter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise StandardNotImported(f"{address} answers with more than {MAX_BYTES} bytes.", url=address)
            if time.monotonic() > end:
                raise httpx.ReadTimeout(f"no whole answer in {self._seconds:g} s")
        if "html" in response.headers.get("content-type", "") or body.lstrip()[:1] == b"<":
            raise StandardNotImported(
                f"{address} answers with a web page.",
                hint=f"Is it the address of the server itself, and is {TOKEN} set where a login stands before it?",
                url=address,
            )
        return bytes(body)


def _refused(status: int, address: str, what: str, *, has_token: bool) -> StandardNotImported:
    if status in {401, 403}:
        why = "does not accept the token" if has_token else "asks for a token"
        return StandardNotImported(
            f"{address} {why} (HTTP {status}).", hint=f"Set {TOKEN} to a bot's token.", url=address, status=status
        )
    if status == httpx.codes.NOT_FOUND:
        return StandardNotImported(
            f"The server has no {what} (HTTP 404 from {address}).",
            hint="Names are fully qualified: `service.database.schema.table`, or the contract's own.",
            url=address,
            status=status,
        )
    return StandardNotImported(f"{address} answers with HTTP {status}.", url=address, status=status)


def _origin(address: str) -> str:
    url = httpx.URL(address)
    port = url.port or {"http": 80, "https": 443}.get(url.scheme)
    return f"{url.scheme}://{url.host}:{port}"


def _plain(url: str) -> str:
    """Return an address without a user or password that it may hold."""
    before, at, after = url.rpartition("@")
    return f"{before.partition('://')[0]}://{after}" if at else url
