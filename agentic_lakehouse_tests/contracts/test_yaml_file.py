from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_lakehouse.contracts.yaml_file import MAX_BYTES, Place, did_you_mean, read_yaml
from agentic_lakehouse.errors import ContractInvalid


def read(folder: Path, text: str | bytes) -> Place:
    path = folder / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def test_words_that_yaml_1_1_turned_into_booleans_stay_words(tmp_path: Path) -> None:
    assert read(tmp_path, "{no: yes, on: off, y: NO}").data == {"no": "yes", "on": "off", "y": "NO"}


def test_dates_codes_with_leading_zeros_and_times_stay_text(tmp_path: Path) -> None:
    data = read(tmp_path, "{day: 2026-02-31, code: 0123, time: 12:30, one: 1_000}").data

    assert data == {"day": "2026-02-31", "code": "0123", "time": "12:30", "one": "1_000"}


def test_plain_numbers_booleans_and_nulls_are_read_as_such(tmp_path: Path) -> None:
    data = read(tmp_path, "{a: 7, b: -0.5, c: 1e3, d: true, e: null, f: }").data

    assert data == {"a": 7, "b": -0.5, "c": 1000.0, "d": True, "e": None, "f": None}


def test_a_place_knows_its_line_and_its_path(tmp_path: Path) -> None:
    place = read(tmp_path, "a: 1\nb:\n- x\n- c: 2\n").at("b", 1, "c")

    assert (place.data, place.line, place.where) == (2, 4, "b[1].c")


def test_a_place_that_the_file_lacks_is_none_at_the_line_above_it(tmp_path: Path) -> None:
    place = read(tmp_path, "a: 1\nb:\n  c: 2\n").at("b", "d", 3)

    assert (place.data, place.line, place.where) == (None, 3, "b.d[3]")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: .*the key 'a' stands twice"),
        ("a: [1, 2\nb: 3\n", "line 2: this is not valid YAML"),
        ("? [1]\n: 2\n", "line 1: .*a key is not plain text"),
        ("a: !!python/object/apply:os.getcwd []\n", "could not determine a constructor"),
        ("- a\n", "does not hold a mapping"),
        ("", "does not hold a mapping"),
        (b"a: \xff\n", "not UTF-8"),
        (b"a: \x00\n", "not valid YAML"),
        ("a: !!int x\n", "not valid YAML"),
        ("a: " + "[" * 500_000, "nests deeper than 100"),
        ("".join(" " * n + "a:\n" for n in range(2000)), "line 101: .*nests deeper than 100"),
        ("a: &x [*x]\n", "aliases unfold"),
    ],
)
def test_what_is_not_a_plain_yaml_mapping_is_refused_where_it_stands(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    with pytest.raises(ContractInvalid, match=complaint):
        read(tmp_path, text)


def test_aliases_that_unfold_without_end_are_refused(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))

    with pytest.raises(ContractInvalid, match="aliases unfold to more than"):
        read(tmp_path, bomb)


def test_an_alias_is_read_as_what_it_stands_for(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x [1]\nb: *x\n").data == {"a": [1], "b": [1]}


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match="larger than"):
        read(tmp_path, b"#" * (MAX_BYTES + 1))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractInvalid, match=r"none\.yaml cannot be read: No such file"):
        read_yaml(tmp_path / "none.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(ContractInvalid):
        assert isinstance(read_yaml(path).data, dict)


def test_the_hint_names_the_near_word_or_all_words() -> None:
    assert did_you_mean("curency", ["currency", "country"]) == "Did you mean 'currency'?"
    assert did_you_mean("zzz", ["b", "a"]) == "Known here: a, b."
