"""Find the encoding of a text file: byte order mark, then UTF-8 over megabytes of it, then likelihood.

Nearly all feeds are UTF-8 or a Windows code page. charset-normalizer tells scripts apart well (Cyrillic,
Greek, Chinese) but confuses the Latin code pages, which share most letters; there, the letters and
signs that product texts use decide.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from pathlib import Path

from agentic_lakehouse.feeds.excerpts import excerpts
from agentic_lakehouse.feeds.source import open_bytes, unreadable

EXCERPT = 1 << 20
"""Bytes in each of the places where UTF-8 is looked for."""
SAMPLE = 1 << 16

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins with theirs
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OTHER_SCRIPTS = (
    "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
    "iso8859_5", "cp866", "iso8859_7",
)  # fmt: skip
"""Code pages in which words are runs of bytes beyond ASCII, most used first."""

_SIGNS = "€£©®™°²³½¼¾±×·–—‘’“”„…•«»µ§º\u00a0"
_WESTERN = _SIGNS + "äöüßéèêëàâçîïôùûœæñáíóúåøãõìò" + "ÄÖÜÉÈÊÀÂÇÎÔŒÆÑÁÍÓÚÅØÃÕ" + "¡¿ª"
_CENTRAL = _SIGNS + "äöüßąćęłńóśźżáčďéěíňřšťúůýžőű" + "ÄÖÜĄĆĘŁŃÓŚŹŻÁČĎÉĚÍŇŘŠŤÚŮÝŽŐŰ"
_BALTIC = _SIGNS + "ąčęėįšųūžāēģīķļņäõöüéó" + "ĄČĘĖĮŠŲŪŽĀĒĢĪĶĻŅÄÕÖÜÉÓ"
LATIN = {
    "cp1252": frozenset(_WESTERN),
    "cp1250": frozenset(_CENTRAL),
    "cp1254": frozenset(_WESTERN + "şğıŞĞİ"),
    "cp850": frozenset(_WESTERN),
    "mac_roman": frozenset(_WESTERN),
    "iso8859_15": frozenset(_WESTERN + "šžŠŽ"),
    "iso8859_2": frozenset(_CENTRAL),
    "cp1257": frozenset(_BALTIC),
    "cp852": frozenset(_CENTRAL),
}
"""Latin code pages, most used first, with the characters beyond ASCII that product texts in them hold."""

ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "äöüß", "àâçéèêëîïôùûœæ", "áéíóúüñ", "àèéìíòóùú", "áâãàçéêíóôõú", "äöåæøé", "çğıöşüâî",
        "ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ",
        "ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž",
    )
)  # fmt: skip
"""Letters beyond ASCII of one language each: where several code pages make usual letters of a text, it is in the one
that makes most of them letters of one language."""

MIN_LATIN = 0.7
"""Least share of usual characters at which a Latin code page is believed without a second look."""

_FOREIGN_RUN = re.compile(rb"[\x80-\xff]+")
_FOREIGN = re.compile(rb"[\x80-\xff]")
MIN_HEBREW = 50
"""Letters of a text that may be believed to be in Hebrew."""
_NO_HEBREW = re.compile(rb"[\xc0-\xdf\xfb-\xff]")
_GREEK_ALPHA = re.compile(rb"\xb6[\xe1-\xfe]")
_SIGN_IN_WORD = re.compile(r"(?<=[a-zA-Z])[^\w\s!-~’‘–·®™](?=[a-zA-Z])|(?<=[a-zA-Z])[²³½¼¾ºª](?=[a-zA-Z])")
_CONTROL = re.compile(rb"[\x00\x02-\x08\x0e-\x1b\x7f]")
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


def detect_encoding(path: Path, *, name: str) -> str:
    """Return the Python codec name of a text file.

    A file that is UTF-8 but for a few stray bytes is `utf-8`: its broken lines are told apart when it is
    read, instead of spoiling every other line.

    Raises:
        FeedUnreadable: the bytes are not text.
    """
    with open_bytes(path, name=name) as source:
        sample = source.read(SAMPLE)
    for mark, codec in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return codec
    if wide := _wide(sample):
        return wide
    if len(_CONTROL.findall(sample)) > len(sample) // 50:
        raise unreadable(name, "holds binary data, not text", hint="Ask the vendor for CSV, JSON, XML or XLSX.")
    broken, foreign = _utf8_faults(path, name)
    return "utf-8" if broken == 0 or foreign > broken else _legacy(_foreign_sample(path, name))


def _wide(sample: bytes) -> str | None:
    """Return UTF-16 without a mark: every other byte of mostly Latin text is zero."""
    half = len(sample) // 2
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if half and odd > half // 3 and even < half // 20:
        return "utf-16-le"
    if half and even > half // 3 and odd < half // 20:
        return "utf-16-be"
    return None


def _utf8_faults(path: Path, name: str) -> tuple[int, int]:
    """Return how many bytes are not UTF-8, and how many characters beyond ASCII are."""
    broken = foreign = 0
    for excerpt in excerpts(path, EXCERPT, name=name):
        if not excerpt.isascii():
            text = excerpt.decode("utf-8", "surrogateescape")
            bad = len(_ESCAPED_BYTE.findall(text))
            broken += bad
            foreign += len(text) - len(text.encode("ascii", "ignore")) - bad
    return broken, foreign


def _foreign_sample(path: Path, name: str) -> bytes:
    """Return the first lines that hold bytes beyond ASCII."""
    found: list[bytes] = []
    size = 0
    for excerpt in excerpts(path, EXCERPT, name=name):
        for line in excerpt.split(b"\n"):
            if not line.isascii():
                found.append(line[:SAMPLE])
                size += len(line)
            if size > SAMPLE:
                return b"\n".join(found)
    return b"\n".join(found)


def _legacy(sample: bytes) -> str:
    likelihoods = {codec: _likelihood(sample, codec) for codec in LATIN}
    most = max(likelihoods.values())
    latin = max((c for c in LATIN if likelihoods[c] == most), key=lambda codec: _in_one_language(sample, codec))
    runs = _FOREIGN_RUN.findall(sample)
    if sum(map(len, runs)) > 2 * len(runs) or likelihoods[latin] < MIN_LATIN:
        from charset_normalizer import from_bytes

        other = from_bytes(sample, cp_isolation=list(OTHER_SCRIPTS)).best()
        if other is not None:
            return _told_from_twin(other.encoding, sample)
    return latin if likelihoods[latin] > 0 else "latin-1"


def _told_from_twin(codec: str, sample: bytes) -> str:
    """Return the code page that a text is in, of two that are taken for each other.

    Hebrew's letters are Russian's small ones less the last five, of which every Russian text has some. In Greek, only
    the letter alpha with an accent stands elsewhere in the ISO page: where the Windows page has a sign.
    """
    if codec == "cp1251" and len(_FOREIGN.findall(sample)) >= MIN_HEBREW and not _NO_HEBREW.search(sample):
        return "cp1255"
    return "iso8859_7" if codec == "cp1253" and _GREEK_ALPHA.search(sample) else codec


def _likelihood(sample: bytes, codec: str) -> float:
    """Return the share of characters beyond ASCII that such texts use, less signs inside words."""
    try:
        text = sample.decode(codec)
    except UnicodeDecodeError:
        return 0.0
    foreign = [c for c in text if not c.isascii()]
    usual = sum(c in LATIN[codec] for c in foreign)
    return (usual - len(_SIGN_IN_WORD.findall(text))) / len(foreign)


def _in_one_language(sample: bytes, codec: str) -> int:
    """Return how many letters beyond ASCII belong to one language, the one that has most of them."""
    letters = Counter(c for c in sample.decode(codec, "replace") if not c.isascii())
    return max(sum(letters[c] for c in alphabet) for alphabet in ALPHABETS)
