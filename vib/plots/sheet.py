"""What a VAE shows: inputs, reconstructions and samples of the prior, a row a beta."""

import numpy as np
from matplotlib.figure import Figure

from vib.errors import require
from vib.plots.style import beta_text, paper

GAP = 0.08
IMAGE = ("example", "row", "column", "channel")


@paper
def reconstructions(result):
    """A sheet: left test images and, a row a beta, their reconstructions; right samples of the prior.

    Images have 1 or 3 channels, values in [0, 1]. Raises InvalidInput where the result has no images.
    """
    require("reconstruction" in result, "plots: the result holds no images; draw another figure")
    result = result.sortby("beta")
    betas, inputs = result.beta.values, result.input.transpose(*IMAGE).values
    rebuilt, samples = (result[name].transpose("beta", *IMAGE).values for name in ("reconstruction", "prior_sample"))
    empty = np.full_like(samples[:1], np.nan, dtype=float)
    blocks = [_mosaic([inputs, *rebuilt]), _mosaic([*empty, *samples])]
    rows = [beta_text(beta) for beta in betas]
    width = 7.0
    height = width * blocks[0].shape[0] / sum(block.shape[1] for block in blocks)
    figure = Figure((width + 0.8, height + 0.35), dpi=150, layout="constrained")
    columns = figure.subplots(1, 2, width_ratios=[block.shape[1] for block in blocks])
    titles = ("reconstructions", "samples of the prior")
    for axes, block, title in zip(columns, blocks, titles, strict=True):
        axes.imshow(block, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(title)
        axes.tick_params(length=0, labelsize=8)
        axes.spines[:].set_visible(False)
        axes.set_xticks([])
        axes.set_yticks([])
    pitch = blocks[0].shape[0] / (len(betas) + 1)
    columns[0].set_yticks((np.arange(len(betas) + 1) + 0.5) * pitch - 0.5, ["input", *rows])
    return figure


@paper
def image_rows(rows, title=None):
    """Images in rows with their names to the left: [(name, images [n, H, W, C])], values in [0, 1], C 1 or 3.

    Rows may differ in length.
    """
    longest = max(len(images) for _, images in rows)
    shape = np.shape(rows[0][1])[1:]
    padded = [np.concatenate([images, np.full((longest - len(images), *shape), np.nan)]) for _, images in rows]
    block = _mosaic(padded)
    names = [name for name, _ in rows]
    margin = 0.35 + 0.08 * max(map(len, names))
    width = min(7.0, 0.55 * longest + 0.01)
    height = width * block.shape[0] / block.shape[1]
    figure = Figure((width + margin, height + (0.35 if title else 0.1)), dpi=150, layout="constrained")
    axes = figure.subplots()
    axes.imshow(block, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=8)
    axes.set_xticks([])
    axes.set_yticks((np.arange(len(rows)) + 0.5) * block.shape[0] / len(rows) - 0.5, names, parse_math=False)
    axes.set_title(title or "")
    return figure


def _mosaic(rows):
    """One image [H, W] or [H, W, 3] of rows of images [n, H, W, C], with white gaps between them."""
    gap = max(1, round(GAP * rows[0].shape[1]))
    padded = np.pad(
        np.clip(np.asarray(rows, float), 0, 1),
        ((0, 0), (0, 0), (0, gap), (0, gap), (0, 0)),
        constant_values=1.0,
    )
    count, across, high, wide, channels = padded.shape
    whole = padded.transpose(0, 2, 1, 3, 4).reshape(count * high, across * wide, channels)
    whole = np.nan_to_num(whole, nan=1.0)
    return whole[..., 0] if channels == 1 else whole
