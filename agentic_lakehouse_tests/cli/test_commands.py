"""Commands say what INTERFACE promises: JSON shapes, exit codes, one clear error."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

GOOD = "sku,title,price,currency\n" + "".join(f"S{n},Stapler {n},{n}.50,EUR\n" for n in range(20))
CRYPTIC = "F1;F2;F3;F4\n" + "".join(f"{n * 7};{n * 3};x{n % 4};{n}\n" for n in range(40))


def put(landing: Path, feed: str, content: str | bytes, name: str = "data.csv") -> Path:
    path = landing / feed / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_run_reports_each_feed_as_json(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD)
    put(landing, "cryptic/feed", CRYPTIC)

    result = lakehouse("run", "--json")

    assert result.code == 0
    feeds = {f["feed"]: f for f in result.json["feeds"]}
    assert feeds["acme/feed"]["status"] == "published"
    assert feeds["acme/feed"]["commit"] == result.json["commit"]
    assert feeds["cryptic/feed"]["status"] == "awaiting_review"
    assert set(feeds["acme/feed"]) == {
        "feed", "status", "reason", "errors", "files", "rows_in", "bronze_rows", "error_rows", "core_rows",
        "mapping_error_rows", "model_calls", "input_tokens", "output_tokens", "cost_usd", "seconds", "branch", "commit",
        "inbox",
    }  # fmt: skip


def test_a_failed_feed_gives_exit_code_1_and_the_others_are_published(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD)
    put(landing, "broken/feed", b"")

    result = lakehouse("run", "--json")

    assert result.code == 1
    assert {f["feed"]: f["status"] for f in result.json["feeds"]} == {"acme/feed": "published", "broken/feed": "failed"}


def test_wrong_facts_of_one_vendor_stop_no_other_and_are_named(lakehouse, landing: Path) -> None:
    (landing.parent / "vendors").mkdir(exist_ok=True)
    (landing.parent / "vendors" / "acme.yaml").write_text("countrry: GB\n")
    put(landing, "acme/feed", GOOD)
    put(landing, "other/feed", GOOD)

    result = lakehouse("run", "--json")

    assert result.code == 1
    status = {run["feed"]: (run["status"], run["errors"]) for run in result.json["feeds"]}
    assert status["other/feed"] == ("published", [])
    assert status["acme/feed"][0] == "failed"
    assert "acme.yaml, line 1, at countrry: the key 'countrry' is unknown." in status["acme/feed"][1][0]
    assert "Hint: Did you mean 'country'?" in status["acme/feed"][1][0]
    doctor = lakehouse("doctor", "--json")
    [line] = [check for check in doctor.json["checks"] if check["name"] == "vendors"]
    assert (line["ok"], line["hint"]) == (False, "Did you mean 'country'?")


def test_the_report_for_people_fits_80_columns(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD)

    result = lakehouse("run")

    assert "published" in result.out
    assert max(len(line) for line in result.out.splitlines()) <= 80


def test_describe_writes_nothing(lakehouse, landing: Path) -> None:
    file = put(landing, "acme/feed", GOOD)

    result = lakehouse("describe", str(file), "--json")

    spec = result.json
    assert (spec["vendor_name"], spec["table_name"], spec["row_count"]) == ("acme", "feed", 20)
    assert (spec["format"]["kind"], spec["format"]["delimiter"]) == ("csv", ",")
    assert {c["source_name"]: c["type"] for c in spec["columns"]}["price"] == "decimal"
    assert spec["byte_size"] == file.stat().st_size
    assert spec["errors"] == []
    assert spec["warnings"] == []
    assert {"primary_key", "natural_keys", "partition_candidates", "sha256", "model"} <= set(spec)
    assert not (landing.parent / "home" / "catalog.db").exists()


def test_describe_warns_of_what_a_spreadsheet_has_cut(lakehouse, landing: Path) -> None:
    file = put(landing, "acme/feed", b"sku,ean,day\na,4.00638E+12,01/02/2024\nb,4.00639E+12,03/04/2024\n")

    assert [w["source_name"] for w in lakehouse("describe", str(file), "--json").json["warnings"]] == ["ean", "day"]
    assert "Warning: 'ean': values such as '4.00638E+12'" in lakehouse("describe", str(file)).out


def test_describe_says_what_is_filled_down(lakehouse, landing: Path) -> None:
    rows = [f"p{n // 3},{'' if n % 3 else f'Shirt {n}'},{'SML'[n % 3]},{n}.50" for n in range(45)]
    file = put(landing, "acme/shop", "\n".join(["handle,title,size,price", *rows, ""]))

    said, spec = lakehouse("describe", str(file)).out, lakehouse("describe", str(file), "--json").json

    assert "Filled down within handle: title." in said
    assert spec["fill_down"] == {"group": "handle", "columns": ["title"]}


def test_map_of_a_file_gives_guarded_expressions(lakehouse, landing: Path) -> None:
    result = lakehouse("map", str(put(landing, "acme/feed", GOOD)), "--json")

    mapping = result.json
    assert mapping["status"] == "proposed"
    price = next(c for c in mapping["columns"] if c["target"] == "price")
    assert price["sources"] == ["price"]
    assert set(price) >= {"target", "sources", "expression", "confidence", "rationale"}


def test_map_of_a_feed_shows_the_active_mapping(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD)
    lakehouse("run")

    assert lakehouse("map", "acme/feed", "--json").json["status"] == "active"


def test_read_writes_typed_rows_and_keeps_bad_ones_aside(lakehouse, landing: Path, tmp_path: Path) -> None:
    file = put(landing, "acme/feed", GOOD + "S99,Broken,call us,EUR\n")

    result = lakehouse("read", str(file), "--to", str(tmp_path / "out.csv"), "--json")

    assert (result.code, result.json["rows"], result.json["error_rows"]) == (0, 20, 1)
    bad = [json.loads(line) for line in (tmp_path / "out.csv.errors.jsonl").read_text().splitlines()]
    assert (bad[0]["line"], bad[0]["column"]) == (22, "price")


def test_read_as_text_keeps_every_cell(lakehouse, landing: Path, tmp_path: Path) -> None:
    file = put(landing, "acme/feed", GOOD + "S99,Broken,call us,EUR\n")

    result = lakehouse("read", str(file), "--to", str(tmp_path / "out.csv"), "--as-text", "--json")

    assert result.json["rows"] == 21
    assert "call us" in (tmp_path / "out.csv").read_text()


def test_query_gives_columns_and_rows(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD)
    lakehouse("run")

    result = lakehouse("query", "SELECT vendor_name, count(*) AS n FROM product_core.product GROUP BY ALL", "--json")
    csv = lakehouse("query", "SELECT status FROM governance.deliveries", "--csv")

    assert result.json == {"columns": ["vendor_name", "n"], "rows": [["acme", 20]]}
    assert csv.out == "status\npublished\n"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM product_core.product",
        "SELECT * FROM read_csv('secret.csv')",
        "SELECT 1; SELECT 2",
        "COPY product_core.product TO 'x.csv'",
        "ATTACH 'x.db'",
        "SELECT * FROM 'secret.parquet'",
    ],
)
def test_a_query_that_could_do_more_than_read_is_refused(lakehouse, sql: str) -> None:
    result = lakehouse("query", sql, "--json")

    assert result.code == 2
    assert result.json["reason"] == "guard_refused"
    assert "Traceback" not in result.err


def test_status_log_branches_and_diff_tell_the_state(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD)
    put(landing, "cryptic/feed", CRYPTIC)
    lakehouse("run")

    assert {f["feed"]: f["status"] for f in lakehouse("status", "--json").json["feeds"]} == {
        "acme/feed": "published",
        "cryptic/feed": "awaiting_review",
    }
    assert [c["feed"] for c in lakehouse("log", "--json").json["commits"]] == ["acme/feed", ""]
    assert [b["name"] for b in lakehouse("branches", "--json").json["branches"]] == ["feed/cryptic/feed"]
    changed = {c["table"] for c in lakehouse("diff", "feed/cryptic/feed", "--json").json["changes"]}
    assert "product_raw.cryptic__feed" in changed


def test_many_feeds_that_wait_to_be_run_are_told_in_one_line(lakehouse, landing: Path) -> None:
    for number in range(3):
        put(landing, f"acme/feed{number}", GOOD)
    each = lakehouse("status").out
    put(landing, "other/feed", GOOD)

    assert "acme/feed1: new files: `lakehouse run --feed acme/feed1`" in each
    assert lakehouse("status").out.endswith("\n\n4 feeds are pending (new files: 4): `lakehouse run`\n")


def test_checks_calls_and_errors_tell_what_happened(lakehouse, landing: Path) -> None:
    put(landing, "acme/feed", GOOD + "S99,Broken,call us,EUR\n")
    lakehouse("run")

    audits = lakehouse("checks", "acme/feed", "--json").json["audits"]
    calls = lakehouse("calls", "--json").json
    errors = lakehouse("errors", "acme/feed", "--json").json

    assert {a["stage"] for a in audits} == {"bronze", "staged"}
    assert {c["prompt"] for c in calls} == {"describe_feed", "map_columns"}
    assert all(len(c["prompt_sha256"]) == 64 and c["raw_output"] for c in calls)
    assert (errors["ingest_errors"]["count"], errors["ingest_errors"]["rows"][0]["code"]) == (1, "not_a_decimal")
    group = {"feed": "acme/feed", "fault": "not_a_decimal", "column": "price", "status": "open", "count": 1}
    assert errors["ingest_errors"]["groups"] == [group]


def test_bad_rows_become_a_report_for_the_vendor(lakehouse, landing: Path, tmp_path: Path) -> None:
    header, *rows = GOOD.splitlines()
    wrong = [f"{row},4006381333932" if n == 3 else f"{row}," for n, row in enumerate(rows)]
    broken = "=S99,Broken,call us,EUR,"
    put(landing, "acme/feed", "\n".join([f"{header},ean", *wrong, broken, ""]))
    lakehouse("run")

    exported = lakehouse("errors", "acme/feed", "--export", str(tmp_path / "report.csv"))

    assert (exported.code, exported.out.split()[:3]) == (0, ["2", "bad", "rows"])
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as source:
        unread, refused = csv.DictReader(source)
    assert (unread["file"], unread["line"], unread["column"], unread["value"]) == (
        "acme/feed/data.csv",
        str(len(rows) + 2),
        "price",
        "call us",
    )
    assert "is not a number written like" in unread["problem"]
    assert unread["content"] == f"'{broken}"
    assert (refused["record"], refused["column"], refused["value"]) == ("4", "ean", "4006381333932")
    assert "published without it" in refused["what to do"]


def test_review_lists_and_decides(lakehouse, landing: Path) -> None:
    put(landing, "cryptic/feed", CRYPTIC)
    lakehouse("run")

    [waiting] = lakehouse("review", "list", "--json").json
    assert set(waiting) == {"id", "feed", "kind", "status", "sha256", "reason", "created_at"}
    rejected = lakehouse("review", "reject", waiting["id"], "--by", "ada", "--note", "unclear", "--json")

    assert rejected.json["status"] == "rejected"
    assert lakehouse("review", "list", "--json").json == []
    again = lakehouse("review", "approve", waiting["id"])
    assert again.code == 2
    assert "Hint:" in again.err


def test_review_shows_what_a_removal_takes_away(lakehouse, landing: Path, tmp_path: Path) -> None:
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "acme.yaml").write_text("delivery: full\n")
    put(landing, "acme/feed", GOOD)
    lakehouse("run")
    put(landing, "acme/feed", "".join(GOOD.splitlines(keepends=True)[:8]), name="second.csv")
    lakehouse("run")

    [waiting] = lakehouse("review", "list", "--json").json
    shown = lakehouse("review", "show", waiting["id"])
    approved = lakehouse("review", "approve", waiting["id"], "--by", "ada", "--json")

    assert (waiting["kind"], waiting["feed"]) == ("impact", "acme/feed")
    assert "published keys" in shown.out
    assert "Stapler 7" in shown.out
    assert approved.json["status"] == "approved"
    assert lakehouse("run", "--json").json["feeds"][0]["status"] == "published"


def test_an_unknown_model_fails_before_any_work(lakehouse, landing: Path, monkeypatch) -> None:
    put(landing, "acme/feed", GOOD)
    monkeypatch.setenv("LAKEHOUSE_MODEL", "nobody:knows-me")

    result = lakehouse("run", "--json")

    assert result.code == 2
    assert "LAKEHOUSE_MODEL" in result.err


def test_a_missing_key_names_its_variable_before_any_work(lakehouse, landing: Path, monkeypatch) -> None:
    put(landing, "acme/feed", GOOD)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("LAKEHOUSE_MODEL", "openai-chat:gpt-5")

    result = lakehouse("run")

    assert result.code == 2
    assert "OPENAI_API_KEY" in result.err


def test_doctor_says_that_all_is_well(lakehouse) -> None:
    result = lakehouse("doctor", "--json")

    assert result.code == 0
    assert {c["name"] for c in result.json["checks"]} >= {
        "settings",
        "standard",
        "catalog",
        "engine",
        "model",
        "landing",
    }


@pytest.mark.parametrize("arguments", [["nope"], ["diff"], ["run", "--jobs", "0"], ["describe", "missing.csv"]])
def test_wrong_usage_is_told_without_a_traceback(lakehouse, arguments: list[str]) -> None:
    result = lakehouse(*arguments)

    assert result.code in {1, 2}
    assert "Traceback" not in result.out + result.err
