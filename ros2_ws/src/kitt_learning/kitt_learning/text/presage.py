"""A rival: presage, the predictive text system of Debian (libpresage, GPL), through its C interface."""

from __future__ import annotations

import ctypes
import json
import re
import shutil
import sqlite3
import subprocess
import sys
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
    """A predictor in a process of its own: presage ends its process where it doubts its counts."""

    def __init__(self, database: Path, work: Path, count: int, learns: bool) -> None:
        """See `_Library`.

        Raises:
            KittError: presage is not installed, or refuses.
        """
        command = [sys.executable, "-m", __name__, str(database), str(work), str(count), *["learns"] * learns]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._ask("")

    def predict(self, text: str) -> list[str]:
        """Words that may stand at the end of a text.

        Raises:
            KittError: presage ended itself.
        """
        return self._ask(text[-CONTEXT:])

    def _ask(self, text: str) -> list[str]:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(text) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise KittError(f"presage ended with status {self._process.wait()}", _REMEDY)
        found: list[str] = json.loads(answer)
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


class _Library:
    """presage by its C interface."""

    def __init__(self, database: Path, work: Path, count: int, learns: bool) -> None:
        """Use a database of n-grams; `work` takes the configuration and what presage learns from what is typed.

        Its learning part takes letters with accents apart, miscounts them, and then ends the process by an assertion:
        where there are such letters it must not learn.

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
        if not learns:
            text = text.replace(" UserSmoothedNgramPredictor ", " ")
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
            # As bytes: presage takes accented letters apart, and looks for just these bytes.
            marks = ", ".join(["CAST(? AS TEXT)"] * order + ["?"])
            base.executemany(f"INSERT OR IGNORE INTO _{order}_gram VALUES ({marks})", _counted(program, order, text))
        base.commit()
    draft.replace(database)


def _counted(program: str, order: int, text: Path) -> Iterator[list[bytes | int]]:
    command = [program, "-n", str(order), "-l", "-f", "tsv", "-o", "/dev/null", str(text)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            fields = raw.rstrip(b"\n").lstrip(b"#").split(b"\t")
            if len(fields) == order + 1 and fields[-1].isdigit():
                yield [*fields[:-1], int(fields[-1])]
    if process.returncode:
        raise KittError(f"text2ngram ended with status {process.returncode}")


def _serve() -> None:
    """Answer lines of JSON until there are no more."""
    library = _Library(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), len(sys.argv) > 4)
    for line in sys.stdin:
        print(json.dumps(library.predict(json.loads(line))), flush=True)


if __name__ == "__main__":
    _serve()
