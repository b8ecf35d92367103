"""A report as one HTML file to send to a colleague: figures inside, tables that sort, nothing fetched from anywhere."""

import base64
import hashlib
import io
import re
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

import jinja2
from PIL import Image, UnidentifiedImageError

from experiments.cells import MISSING, shown
from vib.errors import require

HERE = Path(__file__).parent
CSS_PIXELS_PER_INCH = 96


class Table(NamedTuple):
    """Rows of cells: str, bool, int, float, None for a missing one, or a Cell, a number with its half-width."""

    caption: str
    columns: tuple  # titles, with the unit
    rows: list  # [row] of [column]


class Picture(NamedTuple):
    """A figure as the bytes of a PNG; title and caption together are its alternative text."""

    title: str
    caption: str
    png: bytes


class Section(NamedTuple):
    """A heading, a text whose paragraphs an empty line parts, and Tables and Pictures in their order."""

    title: str
    text: str
    parts: list


def page(title, summary, sections):
    """The whole report as HTML: save it as UTF-8.

    summary {key: value} stands at the top; a value may be a str, a number, a list of them or a dict of them. Everything
    is escaped, and the page forbids the browser every connection and every script and style but its own.
    Raises InvalidInput, in one line, for a row of another length than its header, a cell of another type and a picture
    that is no PNG.
    """
    rooms = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    style, script = ((HERE / f"webpage.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return rooms.get_template("webpage.html").render(
        title=title,
        summary={key: words(value) for key, value in summary.items()},
        sections=[section_to_show(section) for section in sections],
        style=style,
        script=script,
        policy=policy(style, script),
    )


def policy(style, script):
    """The content security policy of the page: these two by their hashes, images from within, nothing else."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    allowed = (f"{kind}-src 'sha256-{found}'" for kind, found in zip(("style", "script"), hashes, strict=True))
    return f"default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; {'; '.join(allowed)}"


def words(value):
    """A value of the summary in words: items by commas, a dict's as 'key value'."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {words(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value))
    if value is None:
        return MISSING
    return f"{value:.6g}" if isinstance(value, Real) and not isinstance(value, Integral) else str(value)


def section_to_show(section):
    """What the template shows of a section: its title, paragraphs and parts."""
    paragraphs = [text for text in re.split(r"\n\s*\n", section.text) if text.strip()]
    parts = [picture_to_show(part) if isinstance(part, Picture) else table_to_show(part) for part in section.parts]
    return {"title": section.title, "paragraphs": paragraphs, "parts": parts}


def table_to_show(table):
    """What the template shows of a table: columns that know whether they hold numbers, rows of Shown."""
    columns = [[] for _ in table.columns]
    for i, row in enumerate(table.rows):
        fits = len(row) == len(columns)
        require(fits, f"table '{table.caption}', row {i}: {len(row)} cells; its header has {len(columns)}")
        for column, cell in zip(columns, row, strict=True):
            column.append(cell)
    found = [shown(cells, f"table '{table.caption}'") for cells in columns]
    numeric = [any(cell.key for cell in cells) for cells in found]
    titles = list(zip(table.columns, numeric, strict=True))
    return {"caption": table.caption, "columns": titles, "rows": list(zip(*found, strict=True))}


def picture_to_show(picture):
    """What the template shows of a picture: its bytes as base64, and the size it was drawn for, in CSS pixels."""
    try:
        with Image.open(io.BytesIO(picture.png), formats=["PNG"]) as image:
            dots, (width, height) = image.info.get("dpi", (CSS_PIXELS_PER_INCH,))[0], image.size
    except UnidentifiedImageError:
        require(False, f"picture '{picture.title}': not a PNG; give the bytes of one")
    scale = CSS_PIXELS_PER_INCH / dots
    return {
        "title": picture.title,
        "caption": picture.caption,
        "alt": ": ".join(filter(None, (picture.title, picture.caption))),
        "base64": base64.b64encode(picture.png).decode(),
        "width": round(width * scale),
        "height": round(height * scale),
    }
