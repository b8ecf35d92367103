"""The report as a page: whole, valid, harmless whatever the names, and alone in the world."""

import base64
import hashlib
import io
import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from conftest import assert_one_line
from PIL import Image

from experiments.cells import Cell
from experiments.webpage import Picture, Section, Table, page
from vib.errors import InvalidInput

VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = ["<script>alert(1)</script>", "</script><b>", "</style>", '" onload="alert(1)', "' & &amp; <", "{{ 7 * 7 }}"]


class Reader(HTMLParser):
    """Elements as (tag, attributes, text), in order of their start; raises where tags do not balance."""

    def __init__(self, html):
        super().__init__()
        self.open, self.found = [], []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute twice: {attrs}"
        self.found.append([tag, dict(attrs), ""])
        if tag not in VOID:
            self.open.append(len(self.found) - 1)

    def handle_endtag(self, tag):
        assert self.found[self.open.pop()][0] == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        for i in self.open:
            self.found[i][2] += data

    def all(self, *tags):
        return [(attributes, text) for tag, attributes, text in self.found if tag in tags]

    def texts(self, *tags):
        return [text for _, text in self.all(*tags)]


def png(width=40, height=20, **options):
    file = io.BytesIO()
    Image.fromarray(np.arange(width * height, dtype=np.uint8).reshape(height, width)).save(file, "PNG", **options)
    return file.getvalue()


def example(name="plain"):
    """A page with that name everywhere a name can stand."""
    rows = [(name, 0.3, Cell(0.9123, 0.013)), ("b", 10, None), ("c", 2.5, Cell(-np.inf, None))]
    table = Table(name, (name, "beta", "rate (nats)"), rows)
    parts = [table, Picture(name, name, png(dpi=(192, 192))), Picture("plain", "", png())]
    sections = [Section(name, f"{name}\n\nsecond", parts), Section("more", "", [table])]
    return page(name, {name: name, "versions": {name: "1.2"}, "betas": [0.1, np.float64(0.25), 1]}, sections)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_and_nothing_else(name):
    read, plain = Reader(example(name)), Reader(example())
    assert [(tag, list(attributes)) for tag, attributes, _ in read.found] == [
        (tag, list(attributes)) for tag, attributes, _ in plain.found
    ]
    for tag, count in {"title": 1, "h1": 1, "h2": 1, "dt": 1, "dd": 1, "th": 2, "td": 2, "a": 1, "p": 1}.items():
        assert read.texts(tag).count(name) == count, tag
    assert [attributes["alt"] for attributes, _ in read.all("img")] == [f"{name}: {name}", "plain"]
    for tag in ("script", "style"):
        assert read.texts(tag) == plain.texts(tag)


def test_nothing_is_fetched():
    html = example()
    read = Reader(html)
    assert not re.search(
        r"https?:|//[a-z]|@import|url\(|\bfetch\b|XMLHttpRequest|import\(", re.sub(r"base64,[^\"]*", "", html)
    )
    links = [each for _, attributes, _ in read.found for key, each in attributes.items() if key in ("src", "href")]
    assert len(links) == 5 and all(each.startswith(("data:", "#")) for each in links)
    allowed = next(each["content"] for each, _ in read.all("meta") if "http-equiv" in each)
    assert allowed.startswith("default-src 'none'; img-src data:;")
    for tag in ("style", "script"):
        digest = hashlib.sha256(read.texts(tag)[0].encode()).digest()
        assert f"{tag}-src 'sha256-{base64.b64encode(digest).decode()}'" in allowed
    assert not any(key == "style" or key.startswith("on") for _, found, _ in read.found for key in found)


def test_figures_are_inside_byte_for_byte_at_the_size_they_were_drawn_for():
    images = [attributes for attributes, _ in Reader(example()).all("img")]
    bytes_found = [
        base64.b64decode(each["src"].removeprefix("data:image/png;base64,"), validate=True) for each in images
    ]
    assert bytes_found == [png(dpi=(192, 192)), png()]
    assert [(each["width"], each["height"]) for each in images] == [("20", "10"), ("40", "20")]


def test_structure():
    html = example()
    read = Reader(html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">')
    tags = [tag for tag, _, _ in read.found]
    assert tags[:2] == ["html", "head"] and all(tags.count(each) == 1 for each in ("title", "header", "nav", "main"))
    assert [tag for tag in tags if tag in ("h1", "h2", "h3")] == ["h1", "h2", "h2"]
    ids = [found["id"] for _, found, _ in read.found if "id" in found]
    assert len(set(ids)) == len(ids)
    pointed = [each["href"][1:] for each, _ in read.all("a")] + [
        each["aria-labelledby"] for each, _ in read.all("table")
    ]
    assert len(pointed) == 4 and set(pointed) <= set(ids)
    assert read.texts("p") == ["plain", "second"]
    assert read.texts("dd") == ["plain", "plain 1.2", "0.1, 0.25, 1"]
    assert any(each.get("name") == "viewport" for each, _ in read.all("meta"))


def test_cells_in_their_columns():
    cells = Reader(example()).all("td")[:9]
    assert [text for _, text in cells[1::3]] == ["0.3", "10", "2.5"]
    assert [text.split(" ")[0] for _, text in cells[2::3]] == ["0.912", "\N{EN DASH}", "\N{MINUS SIGN}∞"]
    assert [found.get("data-key") for found, _ in cells] == [
        None,
        "0.3",
        "0.9123",
        None,
        "10.0",
        "",
        None,
        "2.5",
        "-Infinity",
    ]
    assert [found.get("class") for found, _ in cells] == [None, "number", "number"] * 3
    assert [found.get("class") for found, _ in Reader(example()).all("th")[:3]] == [None, "number", "number"]


def test_an_empty_report_is_a_page():
    read = Reader(page("nothing yet", {}, []))
    assert read.texts("h1") == ["nothing yet"] and not read.all("nav", "dl")


@pytest.mark.parametrize(
    ("part", "parts_of_message"),
    [
        (Table("scores", ("a", "b"), [(1, 2), (1,)]), ("table 'scores', row 1", "1 cells", "its header has 2")),
        (Table("scores", ("a",), [([1],)]), ("table 'scores'", "list", "Cell")),
        (Picture("map", "", b"no picture"), ("picture 'map'", "PNG")),
        (Picture("map", "", b""), ("picture 'map'", "PNG")),
    ],
)
def test_fails_at_the_door(part, parts_of_message):
    with pytest.raises(InvalidInput) as error:
        page("title", {}, [Section("one", "", [part])])
    assert_one_line(error, *parts_of_message)


CLICKS = """<script>
const seen = [], buttons = document.querySelectorAll("th button");
for (const [column, times] of [[0, 2], [1, 3], [2, 2]]) for (let i = 0; i < times; i++) {
  buttons[column].click();
  const order = buttons[column].closest("th").getAttribute("aria-sort");
  seen.push(order + ":" + [...document.querySelector("tbody").rows].map((row) => row.cells[3].textContent).join(""));
}
document.title = seen.join(" ");
</script></body>"""
SORTED = "ascending:dbac descending:abdc ascending:cabd descending:dbac null:abcd ascending:dcab descending:acdb"


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_sorts(tmp_path):
    """Texts by their numbers, numbers by value before texts, what is missing last either way; then as it was.

    A table wider than its column says so, and no other.
    """
    rows = [
        ("x10", 9.0, Cell(0.5, 0.3), "a"),
        ("x9", 10, None, "b"),
        ("", -1e-5, Cell(0.4, 0.0), "c"),
        ("é", "all", -2, "d"),
    ]
    wide = Table("w", tuple(f"column {i}" for i in range(40)), [range(40)])
    html = page("t", {}, [Section("s", "", [Table("t", ("name", "beta", "rate", "row"), rows), wide])])
    file = tmp_path / "page.html"
    file.write_text(re.sub(r"<meta http-equiv[^>]*>", "", html).replace("</body>", CLICKS), encoding="utf-8")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    done = subprocess.run(["chromium", *flags, file.as_uri()], capture_output=True, text=True, timeout=120)
    if "<title>" not in done.stdout:
        pytest.skip(f"the browser does not start here: {done.stderr[-200:]}")
    read = Reader(done.stdout)
    assert read.texts("title") == [SORTED]
    assert [each["class"].split() for each, _ in read.all("figure")] == [["table"], ["table", "wide"]]
