"""Attribute vectors, arithmetic and swaps on codes made of known parts."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.latent.directions import analogy, attribute_vector, edit, group_means, swap_accuracy, swapped

RANDOM = np.random.default_rng(0)
COUNT, LATENT = 600, 10
CENTRES = 6 * RANDOM.normal(size=(5, LATENT))
GROUPS = RANDOM.integers(5, size=COUNT)
OWN = RANDOM.normal(size=(COUNT, LATENT))  # what is an example's own, whatever its group
Z = CENTRES[GROUPS] + OWN


def test_attribute_vector_is_what_was_added():
    """To half of the codes, each of which has a twin without."""
    added, base = np.arange(LATENT) / 3, RANDOM.normal(size=(50, LATENT))
    z, has = np.concatenate([base, base + added]), np.arange(100) >= 50
    order = RANDOM.permutation(100)
    np.testing.assert_allclose(attribute_vector(z[order], has[order]), added, atol=1e-12)
    np.testing.assert_allclose(attribute_vector(z, ~has), -added, atol=1e-12)
    np.testing.assert_allclose(attribute_vector(z, has.astype(int)), added, atol=1e-12)


@pytest.mark.parametrize("kind", [np.int8, np.float16, jnp.bfloat16, np.float32, np.int64, np.longdouble])
def test_means_of_any_numbers(kind):
    """Of 900 ones and 900 zeros, of which a sum in 8 or 16 bits is no sum."""
    z, has = np.repeat([[1], [0]], 900, axis=0).astype(kind), np.arange(1800) < 900
    assert attribute_vector(z, has) == [1]
    np.testing.assert_array_equal(group_means(z, has.astype(int), 2), [[0], [1]])


def test_large_whole_numbers_are_subtracted_exactly():
    assert attribute_vector(np.array([[2**60 + 5], [2**60]]), [True, False]) == [5]


def test_whole_numbers_do_not_wrap():
    z = np.int8([[100]])
    assert edit(z, z[0], np.int8([1]))[0, 0] == [200] and analogy(z, -z, z) == [[300]]


def test_edit_moves_along_the_direction():
    direction = np.array([0.0, 2.0])
    np.testing.assert_allclose(edit([1.0, 1.0], direction, [-1, 0, 0.5]), [[1, -1], [1, 1], [1, 2]])
    assert edit(np.zeros((4, 3, 2)), direction, [1, 2]).shape == (4, 3, 2, 2)


def test_analogy_closes_the_parallelogram():
    """Red square - blue square + blue circle = red circle, for codes that are a sum of shape and colour."""
    square, circle, red, blue = RANDOM.normal(size=(4, LATENT))
    np.testing.assert_allclose(analogy(square + red, square + blue, circle + blue), circle + red, atol=1e-5)


def test_group_means_are_means():
    expected = [Z[group == GROUPS].mean(0) for group in range(5)]
    np.testing.assert_allclose(group_means(Z, GROUPS, 5), expected, atol=1e-5)


def test_a_swap_changes_the_group_and_nothing_else():
    targets = (GROUPS + 1) % 5
    found = swapped(Z, GROUPS, targets, CENTRES)
    np.testing.assert_allclose(found, CENTRES[targets] + OWN, atol=1e-5)
    np.testing.assert_allclose(swapped(found, targets, GROUPS, CENTRES), Z, atol=1e-5)
    np.testing.assert_allclose(swapped(Z, GROUPS, GROUPS, CENTRES), Z, atol=1e-5)


def decode(z):
    """Images [N, 2, 5, 1] that hold the code itself."""
    return np.asarray(z).reshape(-1, 2, LATENT // 2, 1)


def test_every_swap_of_clear_groups_is_right():
    targets = (GROUPS + RANDOM.integers(1, 5, COUNT)) % 5
    moved = decode(swapped(Z, GROUPS, targets, group_means(Z, GROUPS, 5)))
    assert swap_accuracy(moved, targets, decode(Z), GROUPS) == (1.0, 0.0)
    share, error = swap_accuracy(decode(Z), targets, decode(Z), GROUPS)  # nothing moved: all still of their own group
    assert share == 0 and error == 0


def test_swaps_of_codes_without_groups_are_right_by_chance():
    """Codes that know nothing of the group, so the nearest image is of any: 1 of 5, within 4 standard errors."""
    targets, z = RANDOM.integers(5, size=COUNT), RANDOM.normal(size=(COUNT, LATENT))
    share, error = swap_accuracy(decode(z), targets, decode(OWN), GROUPS)
    assert abs(share - 0.2) < 4 * error
    assert error == pytest.approx(np.sqrt(share * (1 - share) / COUNT))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: attribute_vector(Z, np.zeros(COUNT, bool)), ("attribute", "no example has it")),
        (lambda: attribute_vector(Z, np.ones(COUNT, bool)), ("attribute", "every example has it")),
        (lambda: attribute_vector(Z, np.ones(3, bool)), ("attribute", "(3,)", "600 codes")),
        (lambda: group_means(Z, GROUPS, 7), ("groups", "600 examples", "group [5]", "leave it out")),
        (lambda: group_means(Z, GROUPS, 4), ("groups", "0 to 4", "0 to 3")),
        (lambda: group_means(Z, GROUPS - 1, 5), ("groups", "-1 to 3", "0 to 4")),
        (lambda: group_means(Z, GROUPS[:3], 5), ("groups", "3", "600 codes")),
        (lambda: attribute_vector(Z * np.nan, GROUPS > 0), ("z", "NaN")),
        (lambda: group_means(Z[:0], GROUPS[:0], 5), ("z: 0 samples", "at least 1")),
        (lambda: edit(Z, np.ones(3), [1]), ("direction: shape (3,)", "(600, 10)")),
        (lambda: edit(Z, 1.0, [1]), ("direction: shape ()", "(600, 10)")),
        (lambda: swap_accuracy(decode(Z), GROUPS[:1], decode(Z), GROUPS), ("targets: shape (1,)", "600 images")),
        (
            lambda: swap_accuracy(decode(Z), GROUPS, decode(Z[:9]), GROUPS),
            ("reference_groups: shape (600,)", "9 images"),
        ),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
