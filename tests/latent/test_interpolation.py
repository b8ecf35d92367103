"""Paths between codes: ends, speed and lengths; grids; and the length of known paths of images."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.latent.interpolation import grid, linear, smoothness, spherical

RANDOM = np.random.default_rng(0)
START, END = RANDOM.normal(size=(2, 5, 8)).astype(np.float32)


@pytest.mark.parametrize("path", [linear, spherical])
def test_paths_go_from_start_to_end(path):
    found = np.asarray(path(START, END, 7))
    assert found.shape == (5, 7, 8)
    np.testing.assert_allclose(found[:, 0], START, atol=1e-6)
    np.testing.assert_allclose(found[:, -1], END, atol=1e-6)
    np.testing.assert_allclose(found[2], path(START[2], END[2], 7), atol=1e-6)  # one pair alone


def test_linear_steps_are_equal():
    found = np.asarray(linear(START, END, 5))
    np.testing.assert_allclose(np.diff(found, axis=1), np.repeat((END - START)[:, None] / 4, 4, axis=1), atol=1e-6)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.float16, jnp.bfloat16, float])
def test_any_numbers_go_evenly(kind):
    """Down to the least, by a difference that 8 bits do not hold, and from one large number to its neighbour."""
    ends = np.array([[100, 2], [-128 if kind is np.int8 else 0, 0]])
    expected = np.linspace(*ends, 5)
    np.testing.assert_allclose(linear(*ends.astype(kind), 5), expected, rtol=1e-6)
    np.testing.assert_array_equal(linear(np.int64([2**40]), np.int64([2**40 + 1]), 3)[:, 0] - 2**40, [0, 0.5, 1])
    np.testing.assert_array_equal(linear([1e8], [1e8 + 1], 3)[:, 0] - 1e8, [0, 0.5, 1])


def test_what_jax_gives_stays_there():
    """Also inside jit; NumPy's stays NumPy's, in its precision."""
    for path in (linear, spherical):
        inside = jax.jit(partial(path, count=3))(START, END)
        assert isinstance(inside, jax.Array) and isinstance(path(jnp.asarray(START), END, 3), jax.Array)
        assert path(START, END, 3).dtype == np.float32
        np.testing.assert_allclose(inside, path(START, END, 3), atol=1e-6)


def angles(a, b):
    return np.arccos((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1))


def test_spherical_turns_evenly_and_its_length_grows_evenly():
    found = np.asarray(spherical(START, 3 * END, 6), np.float64)
    turns = angles(found[:, 1:], found[:, :-1])
    np.testing.assert_allclose(turns, np.repeat(angles(START, END)[:, None] / 5, 5, axis=1), atol=1e-5)
    lengths = np.linalg.norm(found, axis=-1)
    expected = np.linspace(np.linalg.norm(START, axis=-1), 3 * np.linalg.norm(END, axis=-1), 6).T
    np.testing.assert_allclose(lengths, expected, rtol=1e-5)


def test_a_quarter_circle():
    """From (2, 0) to (0, 2) by thirds: cosines and sines of 30 and 60 degrees."""
    root = np.sqrt(3)
    np.testing.assert_allclose(spherical([2.0, 0.0], [0.0, 2.0], 4), [[2, 0], [root, 1], [1, root], [0, 2]], atol=1e-15)


@pytest.mark.parametrize("factor", [-1.0, -0.5, 0.0, 1.0, 2.5])
@pytest.mark.parametrize("swap", [False, True])
def test_on_one_line_with_the_origin_it_is_the_straight_one(factor, swap):
    ends = (factor * START, START) if swap else (START, factor * START)
    found = np.asarray(spherical(*ends, 5))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, linear(*ends, 5), atol=2e-6)


@pytest.mark.parametrize("angle", [1e-6, 1e-5, 1e-4, 1e-3, 0.01])
def test_small_angles_are_nearly_straight(angle):
    """An arc is off its chord by less than angle^2 / 8 of its length."""
    start, end = np.array([1.0, 0], np.float32), np.array([np.cos(angle), np.sin(angle)], np.float32)
    np.testing.assert_allclose(spherical(start, end, 9), linear(start, end, 9), atol=angle**2 / 8 + 2e-7)


@pytest.mark.parametrize("scale", [2.0**-90, 2.0**90])
def test_spherical_is_the_same_in_any_unit(scale):
    expected = np.float32(scale) * spherical(START, END, 5)
    np.testing.assert_allclose(spherical(np.float32(scale) * START, np.float32(scale) * END, 5), expected, rtol=1e-6)


def test_spherical_keeps_codes_as_far_out_as_draws():
    """In 64 dimensions draws of N(0, I) have length 8; the middle of the straight line has 8 / sqrt(2)."""
    a, b = np.random.default_rng(1).normal(size=(2, 300, 64))
    straight, arc = (np.linalg.norm(path(a, b, 3)[:, 1], axis=-1).mean() for path in (linear, spherical))
    assert straight == pytest.approx(8 / np.sqrt(2), abs=0.1) and arc == pytest.approx(8, abs=0.1)


def test_a_grid_is_read_row_by_row():
    found = np.asarray(grid(np.array([[0.0, 0], [1, 0], [0, 1], [1, 1]]), 3))
    across, down = np.meshgrid([0, 0.5, 1], [0, 0.5, 1])
    np.testing.assert_allclose(found, np.stack([across, down], -1), atol=1e-7)
    corners = RANDOM.normal(size=(4, 8))
    found = np.asarray(grid(corners, 4, spherical))
    for place, corner in zip([(0, 0), (0, -1), (-1, 0), (-1, -1)], corners, strict=True):
        np.testing.assert_allclose(found[place], corner, atol=1e-5)
    np.testing.assert_allclose(found[0], spherical(corners[0], corners[1], 4), atol=1e-5)


IMAGES = RANDOM.uniform(size=(2, 6, 6, 3))


def test_a_cross_fade_has_smoothness_one():
    share = np.linspace(0, 1, 9)[:, None, None, None] ** 2  # whatever its speed
    assert smoothness(IMAGES[0] + share * (IMAGES[1] - IMAGES[0])) == pytest.approx(1, abs=1e-12)


def test_a_bent_path_has_its_length():
    """Two sides of a right-angled triangle; a half circle, whose 100 chords are within 10^-4 of pi / 2."""
    corner = np.zeros((3, 2, 2))
    corner[1:, 0, 0], corner[2, 1, 1] = 3, 4
    assert smoothness(corner) == pytest.approx(7 / 5)
    turn = np.linspace(0, np.pi, 101)
    assert smoothness(np.stack([np.cos(turn), np.sin(turn)], -1)) == pytest.approx(np.pi / 2, abs=1e-4)


def test_a_path_that_ends_where_it_began_has_no_straight_one():
    assert smoothness(IMAGES[[0, 1, 0]]) == np.inf


def test_a_path_that_never_moves_has_no_length_to_compare():
    assert np.isnan(smoothness(IMAGES[[0, 0, 0]]))


def test_bytes_do_not_wrap():
    assert smoothness(np.array([[250], [10], [20]], np.uint8)) == pytest.approx(250 / 230)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: linear(START, END[:, :3], 4), ("end: shape (5, 3)", "(5, 8)")),
        (lambda: spherical(START, END, 1), ("count: 1", "below 2")),
        (lambda: linear(START, END, 2.5), ("count: 2.5", "whole number")),
        (lambda: grid(START[:3], 4), ("corners: 3 codes", "four")),
        (lambda: smoothness(IMAGES[:1]), ("images: shape (1, 6, 6, 3)", "2 images")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
