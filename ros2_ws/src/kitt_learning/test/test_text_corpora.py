"""The corpora: reading, cleaning and splitting of text."""

import gettext
import io
import json
import struct
import zipfile
import zlib

import pytest

from kitt_inference.errors import KittError
from kitt_learning.text import corpora, readers
from kitt_learning.text.sources import SOURCES, Source


def test_a_paragraph_becomes_sentences() -> None:
    text = "Mr. Smith went to St. Louis. He took the train! «Où vas-tu donc ?» Then he slept."
    assert list(corpora.sentences(text)) == [
        "Mr. Smith went to St. Louis.", "He took the train!", "«Où vas-tu donc ?»", "Then he slept.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "Two words", "see http://example.org/a for more of it", "int main(void) { return 0; }", "1 2 3 4 5 6 7 8",
     "%s of %d files were copied", "a " * 300, "これは英語ではありません です よ"],
)  # fmt: skip
def test_what_is_no_prose_is_left_out(text: str) -> None:
    assert list(corpora.sentences(text)) == []


def test_typographic_quotes_are_unified() -> None:
    assert list(corpora.sentences("L’homme\u00a0dit “bonjour” au chien.")) == ['L\'homme dit "bonjour" au chien.']


def test_translations_of_a_document_are_on_one_side() -> None:
    handbook = next(source for source in SOURCES if source.package == "debian-handbook")
    names = {corpora._document(handbook, f"./doc/html/{code}/sect.apt.html", 3) for code in ("en-US", "fr-FR", "es-ES")}
    assert len(names) == 1
    splits = [corpora.split_of(str(number)) for number in range(5000)]
    assert 0.05 < splits.count("test") / 5000 < 0.07 and 0.015 < splits.count("dev") / 5000 < 0.035


def test_sentences_of_the_test_text_are_not_learnt() -> None:
    seen: set[str] = set()
    assert corpora._unseen([["Stop the car.", "Go on now."]], seen) == ["Stop the car.", "Go on now.", ""]
    assert corpora._unseen([["stop the car.", "A new one."], ["Go on now."]], seen) == ["A new one.", ""]


def test_readers() -> None:
    page = b"<p>One <b>two</b> three &amp; four</p><p>run <code>ls</code></p><li>five six</li>"
    assert list(readers.html("/help/fr/a.page", page)) == [("fr", "One two three & four"), ("fr", "five six")]
    assert list(readers.fortunes("es")("x", b"Uno dos.\n-- Alguien\n%\nTres.\n")) == [
        ("es", "Uno dos."),
        ("es", "Tres."),
    ]
    gloss = b'001 x | a drink of water; "he asked for a drink"; "a cool drink"\n'
    said = [text for _, text in readers.glosses("data.noun", gloss)]
    assert said == ["a drink of water", "he asked for a drink", "a cool drink"]
    assert list(readers.dialogues("a/dialogs_fr.lua", b'dialogStr("Bonjour \\"toi\\".")')) == [("fr", 'Bonjour "toi".')]
    assert list(readers.talks("data/spanish/a.yml", b"conversations:\n- - Hola\n  - Adi\xc3\xb3s\n")) == [
        ("es", "Hola"), ("es", "Adiós"),
    ]  # fmt: skip
    verses = zlib.compress(b"") + b"pad" + zlib.compress("<w>Y fué</w> á casa\n".encode())
    assert [text for _, text in readers.sword("es")("nt.bzz", verses) if text] == ["Y fue a casa"]


def test_translations_and_chats() -> None:
    columns = ["1", "水", "Give me water.", "-", "Gib Wasser.", "Donne-moi de l'eau.", "Dame agua.", "-", "-"]
    rows = "\t".join(columns) + "\n2\t火\tFire!" + "\t-" * 6 + "\n"
    assert list(readers.translations("SENTENCES", rows.encode())) == [
        ("en", "Give me water."), ("fr", "Donne-moi de l'eau."), ("es", "Dame agua."), ("en", "Fire!"),
    ]  # fmt: skip
    said = ["I don’t want to go home.", "im going home", "thats the houze", "What the fuck is it", "haha he is so nice"]
    talk = {"messages": [[{"text": text} for text in said[:2]], [{"text": text} for text in said[2:]]]}
    assert list(readers.chat("dataset.json", json.dumps({"1": talk}).encode())) == [("en", "I don't want to go home.")]


def test_a_catalogue_gives_both_languages() -> None:
    keys, values = (
        [b"", b"ctx^Go home now"],
        [b"Content-Type: text/plain; charset=UTF-8\n", "Rentre à la maison".encode()],
    )
    offset = 28 + 16 * len(keys)
    tables, blob = b"", b""
    for strings in (keys, values):
        for text in strings:
            tables += struct.pack("<II", len(text), offset + len(blob))
            blob += text + b"\0"
    head = struct.pack("<IIIIIII", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    content = head + tables + blob
    assert gettext.GNUTranslations(io.BytesIO(content)).gettext("ctx^Go home now") == "Rentre à la maison"
    assert set(readers.catalogue("/locale/fr/LC_MESSAGES/a.mo", content)) == {
        ("fr", "Rentre à la maison"), ("en", "Go home now"),
    }  # fmt: skip
    assert list(readers.catalogue("/fr/LC_MESSAGES/b.mo", b"garbage")) == []


def test_build_writes_splits_and_names_what_is_missing(tmp_path) -> None:
    (tmp_path / "packages").mkdir()
    with zipfile.ZipFile(tmp_path / "packages" / "talk-1.whl", "w") as wheel:
        for number in range(200):
            line = f"- - I said sentence {'x' * number} to you\n"
            wheel.writestr(f"data/english/{number}.yml", "conversations:\n" + line)
    source = Source("pypi", "talk-1", r"\.yml$", readers.talks, "none")
    counts = corpora.build(tmp_path, lambda _: None, [source])
    assert all(counts["en"][split] > 0 for split in corpora.SPLITS)
    train, test = (corpora.load("en", split, tmp_path) for split in ("train", "test"))
    assert set(filter(None, train)).isdisjoint(filter(None, test)) and train[1] == ""
    with pytest.raises(KittError, match="missing"):
        corpora.load("de", "train", tmp_path)
    with pytest.raises(KittError, match="cannot be fetched"):
        corpora.build(tmp_path, lambda _: None, [Source("npm", "@kitt-none/there-is-none@1", ".", readers.plain, "")])
