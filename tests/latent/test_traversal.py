"""One dimension at a time."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.latent.traversal import by_rate, traversals, traverse

Z = np.array([0.5, -1.0, 2.0], np.float32)


def test_one_dimension_takes_the_values_and_the_others_stay():
    np.testing.assert_array_equal(traverse(Z, 1, [-3, 0, 2.5]), [[0.5, -3, 2], [0.5, 0, 2], [0.5, 2.5, 2]])
    np.testing.assert_array_equal(traverse(jnp.asarray(Z), np.int64(2), np.arange(2)), [[0.5, -1, 0], [0.5, -1, 1]])


def test_whole_numbers_do_not_cut_the_values():
    np.testing.assert_array_equal(traverse([0, 0], 0, [0.5]), [[0.5, 0]])


def test_large_numbers_keep_their_digits():
    far = np.array([2**32 + 5, 2**40], np.int64)
    np.testing.assert_array_equal(traversals(far, [0, 1], [7]), [[[7, 2**40]], [[2**32 + 5, 7]]])
    np.testing.assert_array_equal(traverse(Z, 1, [1e8 + 1])[0, 1], 1e8 + 1)


def test_traversals_are_a_row_for_each_dimension():
    found = traversals(Z, [2, 0], [7, 8])
    np.testing.assert_array_equal(found, [[[0.5, -1, 7], [0.5, -1, 8]], [[7, -1, 2], [8, -1, 2]]])


def test_dimensions_by_falling_rate_equals_in_order():
    assert by_rate(np.array([0.1, 2.0, 0.1, 3.0])).tolist() == [3, 1, 0, 2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: traverse(Z, 3, [0]), ("dimension: 3", "code of 3", "0 to 2")),
        (lambda: traverse(Z, -1, [0]), ("dimension: -1", "0 to 2")),
        (lambda: traverse(Z, 1.0, [0]), ("dimension: 1.0", "0 to 2")),
        (lambda: traversals(Z, [0, 9], [0]), ("dimension: 9",)),
        (lambda: traversals(Z, [], [0]), ("dimensions: none", "one or more")),
        (lambda: traverse(Z[None], 0, [0]), ("z: shape (1, 3)", "one code")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
