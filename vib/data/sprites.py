"""Sprites: one coloured shape on black, drawn from factors that are known, after dSprites (Matthey et al. 2017)."""

from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset, Factors
from vib.errors import require
from vib.typing import Integer, Real

SHAPES = ("square", "ellipse", "heart")
# lowest and highest value of each factor, and how many; the highest one of a turn would be the first again
RANGES = {
    "shape": (0, 2, 3),
    "scale": (0.5, 1.0, 6),
    "rotation": (0.0, np.pi / 2 * 19 / 20, 20),  # radians: after a quarter turn the square repeats
    "x": (0.0, 1.0, 16),
    "y": (0.0, 1.0, 16),
    "hue": (0.0, 0.7, 8),  # from red to violet: not a whole circle, so that one number can tell it
}
RADIUS = 0.25  # of the unit circle of a sprite of scale 1, in sides of the image
SAMPLES = 4  # points across a pixel that its colour is the mean of
CHUNK = 64  # images at a time
LEVELS = 256
VERSION = "1"  # to be raised with any change of what is drawn


def load(
    *,
    samples_train: Integer = 10_000,
    samples_test: Integer = 2_000,
    size: Integer = 64,
    grid: Sequence | None = None,
    grey: bool = False,
    seed: Integer = 0,
    low: Real = -1.0,
    high: Real = 1.0,
) -> Dataset:
    """Images [N, size, size, 3], or 1 where `grey`, drawn without replacement from the grid of all factors.

    grid: for each of shape, scale, rotation, x, y, hue (hue only with colours) either how many values, evenly spaced
    over its range in RANGES, or the values themselves. Labels are the shapes; `factors` holds the places in the grid.
    Raises InvalidInput.
    """
    low, high = checks.pixel_range(low, high)
    grey, size = checks.flag("grey", grey), checks.whole("size", size, 8)
    values = grid_values(grid, grey)
    sizes = tuple(map(len, values.values()))
    counts = [checks.whole(f"samples_{split}", n, 1) for split, n in (("train", samples_train), ("test", samples_test))]
    whole = int(np.prod(sizes))
    require(sum(counts) <= whole, f"samples_train: {sum(counts)} images of a grid of {whole}; ask for fewer")
    drawn = np.random.default_rng(seed).choice(whole, sum(counts), replace=False, shuffle=True)
    factors = np.stack(np.unravel_index(drawn, sizes), axis=-1).astype(np.int32)
    images = render(factors, values, size)
    x = checks.scale(images, LEVELS, low, high)
    train, test = slice(counts[0]), slice(counts[0], None)
    known = Factors(tuple(values), sizes, factors[train], factors[test], ("shape",))
    y, names = factors[:, 0], tuple(SHAPES[int(shape)] for shape in values["shape"])
    places = {name: value.tolist() for name, value in values.items()}
    return Dataset(
        "sprites", VERSION, x[train], y[train], x[test], y[test], sizes[0], low, high, LEVELS, factors=known,
        class_names=names, made_of=f"{VERSION} {places} {size} {low} {high}",
    )  # fmt: skip


def grid_values(grid=None, grey=False):
    """{factor: its values}, as `load` takes them. Raises InvalidInput."""
    names = list(RANGES)[: len(RANGES) - grey]
    many = grid is None or np.iterable(grid)
    require(many, f"grid: {grid!r}; give one entry for each of {', '.join(names)}")
    grid = [RANGES[name][2] for name in names] if grid is None else list(grid)
    require(len(grid) == len(names), f"grid: {len(grid)} entries; give one for each of {', '.join(names)}")
    return {name: _values(name, entry) for name, entry in zip(names, grid, strict=True)}


def _values(name, entry):
    lowest, highest, _ = RANGES[name]
    if np.ndim(entry) == 0:
        count = checks.whole("grid", entry, 1)
        require(name != "shape" or count <= 3, f"grid: {count} shapes; there are {', '.join(SHAPES)}")
        return np.arange(count) if name == "shape" else np.linspace(lowest, highest, count)
    values = checks.table("grid", entry, ndim=1)
    whole = name != "shape" or (values == values.round()).all()
    require(whole, f"grid: shape {tuple(values.tolist())}; give 0, 1, 2 for {', '.join(SHAPES)}")
    turns = name == "rotation"
    fits = turns or (lowest <= values.min() and values.max() <= highest)
    require(fits, f"grid: {name} {tuple(values.tolist())} leaves [{lowest:g}, {highest:g}]")
    values = values % (2 * np.pi) if turns else values  # here, for float32 loses the angle of many turns
    told = f"grid: {name} {tuple(values.tolist())} holds a value twice, as float32 sees them"
    require(len(np.unique(values.astype(np.float32))) == len(values), told)
    return values


def render(factors, values, size):
    """Images [N, size, size, 3] uint8, or 1 without a hue, of places [N, factors] in a grid {factor: its values}."""
    chosen = {name: jnp.asarray(v[factors[:, i]], jnp.float32) for i, (name, v) in enumerate(values.items())}
    return np.asarray(_rendered(chosen, size))


@partial(jax.jit, static_argnames="size")
def _rendered(chosen, size):
    return jax.lax.map(partial(sprite, size=size), chosen, batch_size=CHUNK)


def sprite(factors, size):
    """One image [size, size, 3] uint8, or 1 without a hue, of the values {factor: []}; jittable.

    x and y run from 0 to 1 between the places where the unit circle of a sprite of scale 1 touches the edges; rotation
    is in radians, clockwise. Squares and ellipses lie in that circle and are never cut. The lobes of a heart reach
    1.068 radii: at scale 1 (not at 0.93 or less) it loses about 1.9 % of its mass in a corner, at a rotation of 45
    degrees, and none where it is upright.
    """
    places = (jnp.arange(size * SAMPLES) + 0.5) / (size * SAMPLES)
    across, down = (places - (RADIUS + (1 - 2 * RADIUS) * factors[name]) for name in ("x", "y"))
    cos, sin = jnp.cos(factors["rotation"]), jnp.sin(factors["rotation"])
    radius = RADIUS * factors["scale"]
    u = (cos * across + sin * down[:, None]) / radius
    v = (-sin * across + cos * down[:, None]) / radius
    inside = jax.lax.switch(factors["shape"].astype(int), (square, ellipse, heart), u, v)
    cover = inside.reshape(size, SAMPLES, size, SAMPLES).mean((1, 3))
    colour = rgb(factors["hue"]) if "hue" in factors else jnp.ones(1)
    return jnp.round(cover[..., None] * colour * (LEVELS - 1)).astype(jnp.uint8)


def square(u, v):
    """Whether points lie in the square in the unit circle."""
    return jnp.maximum(jnp.abs(u), jnp.abs(v)) <= 2**-0.5


def ellipse(u, v):
    """Whether points lie in an ellipse half as high as wide."""
    return u**2 + (2 * v) ** 2 <= 1


def heart(u, v):
    """Whether points lie in a heart, (a^2 + b^2 - 1)^3 <= a^2 b^3, its tip down; it reaches a radius of 1.068."""
    a, b = 1.25 * u, 0.12 - 1.25 * v
    return (a**2 + b**2 - 1) ** 3 <= a**2 * b**3


def rgb(hue):
    """The colour [3] of a hue in [0, 1] at full saturation."""
    return jnp.clip(jnp.abs((6 * hue + jnp.array([0.0, 4.0, 2.0])) % 6 - 3) - 1, 0, 1)
