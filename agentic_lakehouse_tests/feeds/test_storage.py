"""What is shown of a landing zone's URL, and what is said when nothing can be opened there."""

from __future__ import annotations

import builtins

import pytest

from agentic_lakehouse.errors import LandingUnavailable, SettingsInvalid
from agentic_lakehouse.feeds.storage import Storage, masked
from agentic_lakehouse.feeds.storage_faults import why


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("data/landing", "data/landing"),
        ("/srv/a@b:c", "/srv/a@b:c"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("sftp://host:22/in@box", "sftp://host:22/in@box"),
        ("sftp://user@host/in", "sftp://user@host/in"),
        ("sftp://user:secret@host:22/in", "sftp://user:***@host:22/in"),
        ("sftp://user:sec/ret@host/in", "sftp://user:***@host/in"),
        ("sftp://user:sec@ret@host/in", "sftp://user:***@host/in"),
        ("https://secret@host/in", "https://***@host/in"),
        ("https://user:secret@host/in?sig=secret", "https://***:***@host/in?***"),
        ("s3://bucket?key=secret", "s3://bucket?***"),
        ("s3://bucket?key=sec/ret", "s3://bucket?***"),
        ("sftp://user@host?password=secret", "sftp://user@host?***"),
        ("simplecache::sftp://user:secret@host/in", "simplecache::sftp://***:***@host/in"),
    ],
)
def test_a_url_is_shown_without_its_secrets(uri: str, shown: str) -> None:
    assert masked(uri) == shown


def test_a_password_that_breaks_the_url_is_not_shown() -> None:
    with pytest.raises(SettingsInvalid, match="is no URL that can be read") as caught:
        Storage("sftp://user:sec/ret@host/in")

    assert "sec/" not in f"{caught.value}{caught.value.__cause__}"
    assert "%2F" in str(caught.value.hint)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str, *args: object, **kwargs: object) -> object:
        if name == "sshfs":
            raise ModuleNotFoundError("No module named 'sshfs'", name="sshfs")
        return real(name, *args, **kwargs)  # type: ignore[arg-type]

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)

    with pytest.raises(SettingsInvalid, match="No module named 'sshfs'") as caught:
        Storage("sftp://host/in")

    assert "agentic-lakehouse[sftp]" in str(caught.value.hint)


def test_a_library_that_quotes_the_url_gives_no_secret_away() -> None:
    storage = Storage("memory://zone")
    storage._uri, storage.shown = "ftp://user:geheim@host/in", "ftp://user:***@host/in"

    with pytest.raises(LandingUnavailable) as caught, storage.telling():
        raise RuntimeError("cannot log in to ftp://user:geheim@host/in with geheim")

    assert caught.value.message == (
        "The landing zone ftp://user:***@host/in cannot be reached: cannot log in to ftp://user:***@host/in with ***."
    )


def test_a_cloud_without_credentials_says_so() -> None:
    class NoCredentialsError(Exception):
        """As botocore's."""

    assert why(NoCredentialsError()) == ("the sign-in was refused", why(PermissionError())[1])
