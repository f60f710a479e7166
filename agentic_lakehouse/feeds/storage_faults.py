"""What a file system's failure means, whichever library it comes from: by the name of its kind.

By name, so that no client library is imported to ask whether an error is one of its own.
"""

from __future__ import annotations

_OF_PATHS: tuple[tuple[frozenset[str], type[OSError], str], ...] = (
    (frozenset({"FileNotFoundError", "SFTPNoSuchFile", "SFTPNoSuchPath"}), FileNotFoundError, "it is not there"),
    (frozenset({"PermissionError", "SFTPPermissionDenied"}), PermissionError, "permission denied"),
    (frozenset({"NotADirectoryError", "SFTPNotADirectory"}), NotADirectoryError, "it is not a folder"),
    (frozenset({"IsADirectoryError", "SFTPFileIsADirectory"}), IsADirectoryError, "it is a folder"),
)

_SIGN_IN = (
    "Check the user, and that its key or password is found: the URL in LAKEHOUSE_LANDING, `FSSPEC_*` variables, "
    "the ssh agent and ~/.ssh/config, or the cloud's own credentials."
)
_HOST_KEY = (
    "Ask for its fingerprint, compare it with that of `ssh-keyscan -p {port} {host}`, and add the key to "
    "~/.ssh/known_hosts."
)
_NETWORK = "Check the address and that this host may reach it, then run again: what is kept and published stands."

_OF_CONNECTIONS: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset({"HostKeyNotVerifiable"}),
        "its host key is not known here",
        _HOST_KEY,
    ),
    (
        frozenset({"PermissionError", "PermissionDenied", "AuthenticationException", "NoCredentialsError",
                   "PartialCredentialsError", "ClientAuthenticationError", "KeyImportError"}),
        "the sign-in was refused",
        _SIGN_IN,
    ),
    (frozenset({"gaierror"}), "its host is not known", _NETWORK),
    (frozenset({"ConnectionRefusedError"}), "the connection was refused", _NETWORK),
    (frozenset({"TimeoutError", "FSTimeoutError"}), "it did not answer in time", _NETWORK),
    (
        frozenset({"ConnectionLost", "ConnectionResetError", "BrokenPipeError", "EOFError", "SFTPConnectionLost",
                   "SFTPNoConnection", "IncompleteReadError", "ChannelOpenError"}),
        "the connection was lost",
        _NETWORK,
    ),
)  # fmt: skip


def about_path(error: Exception) -> OSError | None:
    """Return an error that is about one path, and not about the file system, as Python's own kind of it."""
    names = _names(error)
    return next((kind(said) for known, kind, said in _OF_PATHS if known & names), None)


def why(error: Exception) -> tuple[str, str]:
    """Return what happened, empty where nobody knows, and a hint with `{host}` and `{port}` for the server's."""
    names = _names(error)
    return next(((what, hint) for known, what, hint in _OF_CONNECTIONS if known & names), ("", _NETWORK))


def _names(error: Exception) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}
