"""A standard is imported from an OpenMetadata server over real HTTP, from a stub of the endpoints that are asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from agentic_lakehouse.cli.app import run
from agentic_lakehouse.contracts.odcs import load_standard
from agentic_lakehouse.errors import StandardNotImported, UsageInvalid
from agentic_lakehouse.pipeline.import_standard import import_standard
from agentic_lakehouse.pipeline.openmetadata import OpenMetadata

FIXTURE = Path(__file__).parents[1] / "fixtures" / "shop_item.odcs.yaml"
CONTRACT = "6b0d1c52-6f5e-4c55-9a5a-0f5b7d3f1e11"
EXPORT = f"/api/v1/dataContracts/{CONTRACT}/odcs/yaml"
TABLE = "/api/v1/tables/name/lake.shop.core.item"
OF_TABLE = "/api/v1/dataContracts/entity?entityId=0f6b2f0e-8f6a-4f0b-9a44-3b9f8f1d2c33&entityType=table"
NAMED = "/api/v1/dataContracts/name/shop%20items/odcs/yaml"
TOKEN = SecretStr("s3cret-bot-token")


class Stub:
    """Answers by path; what is not told is not found."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.drops = 0
        self.url = ""

    def says(self, path: str, body: str | bytes, *, status: int = 200, **headers: str) -> None:
        """Answer a path."""
        self.answers[path] = status, headers, body.encode() if isinstance(body, str) else body

    def knows(self) -> None:
        """Answer as a server does that has the table and its contract."""
        self.says(TABLE, json.dumps({"id": "0f6b2f0e-8f6a-4f0b-9a44-3b9f8f1d2c33", "name": "item"}))
        self.says(OF_TABLE, json.dumps({"id": CONTRACT}))
        for path in (EXPORT, NAMED):
            self.says(path, FIXTURE.read_bytes(), content_type="application/yaml")


def serve(stub: Stub) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stub.asked.append((self.path, self.headers.get("Authorization")))
            if stub.drops:
                stub.drops -= 1
                self.close_connection = True
                return
            status, headers, body = stub.answers.get(self.path, (404, {}, b'{"code":404}'))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    server = serve(stub)
    yield stub
    server.shutdown()
    server.server_close()


def bring(stub: Stub, to: Path, **wanted: str | None) -> None:
    names: dict[str, str | None] = {"table": None, "contract": None} | (wanted or {"contract": "shop items"})
    import_standard(OpenMetadata(stub.url, TOKEN), table=names["table"], contract=names["contract"], to=to)


@pytest.mark.parametrize("wanted", [{"table": "lake.shop.core.item"}, {"contract": "shop items"}])
def test_a_contract_is_imported_by_table_or_by_name(stub: Stub, tmp_path: Path, wanted: dict[str, str]) -> None:
    stub.knows()
    to = tmp_path / "item.odcs.yaml"

    bring(stub, to, **wanted)

    assert load_standard(to).columns == load_standard(FIXTURE).columns
    assert to.read_text().startswith(f"# Imported from {stub.url}/api/v1/dataContracts/")
    assert "s3cret" not in to.read_text()
    assert {token for _, token in stub.asked} == {f"Bearer {TOKEN.get_secret_value()}"}
    assert [path.name for path in tmp_path.iterdir()] == ["item.odcs.yaml"]


def test_custom_properties_as_openmetadata_writes_them_are_read(stub: Stub, tmp_path: Path) -> None:
    document = yaml.safe_load(FIXTURE.read_text())
    price = next(p for p in document["schema"][0]["properties"] if p["name"] == "price")
    price["customProperties"] = {"onBreach": "null_cell"}
    document["schema"][0]["customProperties"] = None
    stub.says(NAMED, yaml.safe_dump(document))
    to = tmp_path / "item.odcs.yaml"

    bring(stub, to)

    assert next(r for r in load_standard(to).rules if r.name == "price_minimum").on_breach == "null_cell"


def test_a_file_that_stands_is_replaced_only_by_force(
    stub: Stub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.knows()
    to = tmp_path / "item.odcs.yaml"
    to.write_text("mine")
    with pytest.raises(UsageInvalid, match="stands already"):
        bring(stub, to)
    assert (to.read_text(), stub.asked) == ("mine", [])

    monkeypatch.setenv("LAKEHOUSE_OPENMETADATA_TOKEN", TOKEN.get_secret_value())
    arguments = ["standard", "import", f"{stub.url}/api", "--contract", "shop items", "--to", str(to), "--json"]
    assert run(arguments) == 2
    assert run([*arguments, "--force"]) == 0

    assert load_standard(to).label == "shop_core.item@1.0.0"
    assert stub.asked == [(NAMED, f"Bearer {TOKEN.get_secret_value()}")]


BOMB = "\n".join(f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 9) if n else 'x'}]" for n in range(9))


@pytest.mark.parametrize(
    ("status", "body", "headers", "told"),
    [
        (401, "{}", {}, "does not accept the token"),
        (404, "{}", {}, "has no data contract"),
        (500, "{}", {}, "HTTP 500"),
        (200, "<!doctype html><title>Sign in</title>", {"content_type": "text/html"}, "web page"),
        (200, b"a: " + b"x" * (5 << 20), {}, "more than 4194304 bytes"),
        (302, "", {"location": "http://localhost:1/odcs"}, "another server"),
        (302, "", {"location": NAMED}, "circle of redirects"),
        (200, FIXTURE.read_text().replace("apiVersion: v3.1.0", "apiVersion: v9.0.0"), {}, "line 4, at apiVersion"),
        (200, "a: &a [x,x]\nb: &b [*a,*a]\n" + "c: !!python/object/apply:os.system [ls]\n", {}, "not valid YAML"),
        (200, BOMB, {}, "unfold"),
        (200, b"\xff\xfe\x00", {}, "UTF-8"),
        (200, "- just\n- a list\n", {}, "mapping"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_by_one_message_and_nothing_is_written(
    stub: Stub, tmp_path: Path, status: int, body: str | bytes, headers: dict[str, str], told: str
) -> None:
    stub.says(NAMED, body, status=status, **headers)

    with pytest.raises(StandardNotImported, match=told) as refused:
        bring(stub, tmp_path / "item.odcs.yaml")

    assert "s3cret" not in repr(refused.value.details) + str(refused.value)
    assert str(tmp_path) not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_on_the_same_server_is_followed_and_a_dropped_connection_tried_again(
    stub: Stub, tmp_path: Path
) -> None:
    stub.knows()
    stub.says(NAMED, "", status=302, location=EXPORT)
    stub.drops = 1

    bring(stub, tmp_path / "item.odcs.yaml")

    assert [path for path, _ in stub.asked] == [NAMED, NAMED, EXPORT]


def test_an_answer_without_an_id_and_a_server_that_is_down_are_told(stub: Stub, tmp_path: Path) -> None:
    stub.says(TABLE, '{"id": "../../users"}')
    with pytest.raises(StandardNotImported, match="does not answer with the id"):
        bring(stub, tmp_path / "item.odcs.yaml", table="lake.shop.core.item")

    with pytest.raises(StandardNotImported, match="does not answer:"):
        OpenMetadata("http://127.0.0.1:1", seconds=1).export("http://127.0.0.1:1/api/v1/x")


@pytest.mark.parametrize("url", ["ftp://om", "https://", "om.example.com", "https://user:pw@om", "https://om?x=1"])
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UsageInvalid) as refused:
        OpenMetadata(url)
    assert "pw" not in str(refused.value)
