"""Elements in one expression."""

from __future__ import annotations

import xml.etree.ElementTree as ET


def text_of(value: object) -> str:
    """A value as SDF and URDF write it: numbers with six decimals at most, tuples with spaces between."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if isinstance(value, tuple | list):
        return " ".join(text_of(item) for item in value)
    return str(value)


def element(tag: str, *content: object, **attributes: object) -> ET.Element:
    """`tag` with attributes; elements among `content` become children, anything else its text. None is left out."""
    result = ET.Element(tag, {key.rstrip("_"): text_of(value) for key, value in attributes.items()})
    for item in content:
        if isinstance(item, ET.Element):
            result.append(item)
        elif item is not None:
            result.text = text_of(item)
    return result


def document(root: ET.Element) -> str:
    """The whole document, indented."""
    ET.indent(root)
    return '<?xml version="1.0"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
