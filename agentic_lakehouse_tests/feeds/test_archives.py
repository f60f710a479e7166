from __future__ import annotations

import io
import stat
import zipfile

import pytest

from agentic_lakehouse.errors import FeedUnreadable
from agentic_lakehouse.feeds import archives
from agentic_lakehouse_tests.feeds.conftest import Write
from agentic_lakehouse_tests.feeds.scene import reading, sniffed

TABLE = "a;b\n1;2\n"


def archive(*members: str | zipfile.ZipInfo, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as target:
        for member in members:
            target.writestr(member, TABLE)
    return out.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def encrypted(content: bytes) -> bytes:
    """Set the flag for encryption in both headers of the one member."""
    changed = bytearray(content)
    changed[6] |= 1
    changed[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def test_folders_hidden_files_and_copies_by_macos_do_not_count(write: Write) -> None:
    path = write("a.zip", archive("out/", "out/a.csv", "__MACOSX/out/._a.csv", "out/.DS_Store"))

    assert reading(path).rows == [("1", "2")]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_the_usual_methods_are_read(write: Write, method: int) -> None:
    assert reading(write("a.zip", archive("a.csv", method=method))).rows == [("1", "2")]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (archive("a.csv", "b.csv"), r"is a ZIP archive of 2 files: a\.csv, b\.csv"),
        (archive(*(f"{i}.csv" for i in range(40))), r"of 40 files: .*9\.csv, …"),
        (archive("folder/"), "without a file in it"),
        (archive("../../etc/cron.d/a.csv"), "leads out of the archive"),
        (archive("/etc/a.csv"), "leads out of the archive"),
        (archive("C:\\a.csv"), "leads out of the archive"),
        (archive(link("a.csv")), "holds only the link"),
        (archive("a.csv", method=zipfile.ZIP_LZMA), "packed by method 14"),
        (encrypted(archive("a.csv")), "is an encrypted ZIP archive"),
        (archive("a.csv")[:-10], "truncated or damaged"),
        (archive("a.csv").replace(b"a.csv", b"b.csv", 1), "is a damaged ZIP archive"),
    ],
)
def test_an_archive_that_is_no_single_table_is_refused(write: Write, content: bytes, cause: str) -> None:
    with pytest.raises(FeedUnreadable, match=cause) as caught:
        sniffed(write("a.zip", content))

    assert caught.value.hint


def test_a_list_of_members_without_end_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 1_000)

    with pytest.raises(FeedUnreadable, match="lists too many members"):
        sniffed(write("a.zip", archive(*(f"{i}.csv" for i in range(100)))))
