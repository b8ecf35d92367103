"""Figures and tables as files, each written whole or not at all."""

import csv
import io

from vib import files


def png(figure, dpi):
    """The figure as the bytes of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def figure(figure, path, dpi=200):
    """Writes a figure as a PNG. Raises InvalidInput where it cannot be written."""
    files.save(path, png(figure, dpi))


def table(rows, path):
    """Writes rows of cells as CSV. Raises InvalidInput where it cannot be written."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    files.save(path, buffer.getvalue().encode())
