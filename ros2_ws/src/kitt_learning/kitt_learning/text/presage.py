"""A rival: presage, the predictive text system of Debian (libpresage, GPL), through its C interface."""

from __future__ import annotations

import ctypes
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from kitt_inference.errors import KittError

LIBRARY = "libpresage.so.1"
_REMEDY = "`apt install presage libpresage1v5 libpresage-data`"
_Stream = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
CONTEXT = 200


class Presage:
    """One predictor; a process can have several."""

    def __init__(self, database: Path, work: Path, count: int) -> None:
        """Use a database of n-grams; `work` takes the configuration and what presage learns.

        Raises:
            KittError: presage is not installed, or refuses.
        """
        settings = Path("/etc/presage.xml")
        if not settings.is_file():
            raise KittError("presage is not installed", _REMEDY)
        text = settings.read_text("utf-8")
        text = text.replace("/usr/share/presage/database_en.db", str(database))
        text = text.replace("${HOME}/.presage/lm.db", str(work / "user.db"))
        text = re.sub(r"<SUGGESTIONS>\d+<", f"<SUGGESTIONS>{count}<", text)
        # What it was shown for another place is no reason to leave a word out here.
        text = text.replace("<REPEAT_SUGGESTIONS>no<", "<REPEAT_SUGGESTIONS>yes<")
        config = work / "presage.xml"
        config.write_text(text, "utf-8")
        try:
            self._library: Any = ctypes.CDLL(LIBRARY)
            self._libc: Any = ctypes.CDLL(None)
        except OSError as error:
            raise KittError(f"{LIBRARY} cannot be loaded", _REMEDY) from error
        self._libc.strdup.restype = ctypes.c_void_p
        self._text = b""
        self._past = _Stream(lambda _: self._libc.strdup(self._text))
        self._future = _Stream(lambda _: self._libc.strdup(b""))
        self._handle = ctypes.c_void_p()
        make = self._library.presage_new_with_config
        code = make(self._past, None, self._future, None, str(config).encode(), ctypes.byref(self._handle))
        if code:
            raise KittError(f"presage does not start (error {code})", "see /etc/presage.xml")

    def predict(self, text: str) -> list[str]:
        """Words that may stand at the end of a text."""
        self._text = text[-CONTEXT:].encode()
        result = ctypes.POINTER(ctypes.c_char_p)()
        if self._library.presage_predict(self._handle, ctypes.byref(result)):
            return []
        found: list[str] = []
        while result[len(found)]:
            found.append(result[len(found)].decode("utf-8", "replace"))
        self._library.presage_free_string_array(result)
        return found


def train(text: Path, database: Path) -> None:
    """Count a text's n-grams with presage's own program, and put them into a database as presage reads it.

    The program can write the database itself, at a hundred times the time.

    Raises:
        KittError: it is not installed, or fails.
    """
    program = shutil.which("text2ngram")
    if program is None:
        raise KittError("text2ngram is not installed", _REMEDY)
    draft = database.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft)) as base:
        for order in (1, 2, 3):
            columns = [*(f"word_{back}" for back in range(order - 1, 0, -1)), "word"]
            typed = ", ".join(f"{name} TEXT" for name in columns)
            base.execute(f"CREATE TABLE _{order}_gram ({typed}, count INTEGER, UNIQUE({', '.join(columns)}))")
            marks = ", ".join("?" * (order + 1))
            base.executemany(f"INSERT OR IGNORE INTO _{order}_gram VALUES ({marks})", _counted(program, order, text))
        base.commit()
    draft.replace(database)


def _counted(program: str, order: int, text: Path) -> Iterator[list[str]]:
    command = [program, "-n", str(order), "-l", "-f", "tsv", "-o", "/dev/null", str(text)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            fields = raw.decode("utf-8", "replace").rstrip("\n").lstrip("#").split("\t")
            if len(fields) == order + 1 and fields[-1].isdigit():
                yield fields
    if process.returncode:
        raise KittError(f"text2ngram ended with status {process.returncode}")
