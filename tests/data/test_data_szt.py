"""The 12-bit task against its published facts and the symmetries of the icosahedron."""

import itertools

import numpy as np
import pytest

from vib import data
from vib.data import szt

EDGES = {(i, j) for i, near in enumerate(szt.NEIGHBOURS) for j in near}


@pytest.fixture(scope="module")
def whole():
    return data.load("szt", test_fraction=0)


def symmetries():
    """All permutations of the vertices that keep the edges, found vertex by vertex."""
    found = [()]
    for vertex in range(12):
        found = [
            (*images, image)
            for images in found
            for image in set(range(12)) - set(images)
            if all(((i, vertex) in EDGES) == ((images[i], image) in EDGES) for i in range(vertex))
        ]
    return np.array(found)


def test_the_graph_is_an_icosahedron():
    assert len(EDGES) == 60
    assert all((j, i) in EDGES and i != j for i, j in EDGES)
    triangles = [t for t in itertools.combinations(range(12), 3) if {t[:2], t[1:], t[::2]} <= EDGES]
    assert len(triangles) == 20  # V - E + F = 12 - 30 + 20 = 2


def test_antipodes_share_no_neighbour_and_cover_all():
    assert sorted(itertools.chain(*szt.ANTIPODES)) == list(range(12))
    for i, j in szt.ANTIPODES:
        near = {*szt.NEIGHBOURS[i], *szt.NEIGHBOURS[j]}
        assert near == set(range(12)) - {i, j}


def test_row_i_is_the_binary_of_i(whole):
    assert whole.x_train.shape == (4096, 12)
    weights = 2 ** np.arange(11, -1, -1)
    np.testing.assert_array_equal(whole.x_train @ weights, np.arange(4096))


def test_label_counts_and_entropy(whole):
    assert whole.y_train.sum() == 2118
    assert data.entropy_y(whole, "train") / np.log(2) == pytest.approx(0.9991571, abs=5e-8)


def test_labels_against_the_formula_pattern_by_pattern(whole):
    for row in (0, 1, 77, 1234, 2048, 4095):
        ones = {11 - bit for bit in range(12) if row >> bit & 1}
        adjacent = sum({i, j} <= ones for i, j in EDGES if i < j)
        antipodal = sum({i, j} <= ones for i, j in szt.ANTIPODES)
        n = len(ones)
        assert whole.y_train[row] == (n**2 + 102 * n - 24 * adjacent - 36 * antipodal > 429.5)


def test_labels_are_invariant_under_all_120_symmetries(whole):
    group = symmetries()
    assert len(group) == 120
    antipode = dict(szt.ANTIPODES) | {j: i for i, j in szt.ANTIPODES}
    weights = 2 ** np.arange(11, -1, -1)
    for images in group:
        assert all(images[antipode[i]] == antipode[images[i]] for i in range(12))
        moved = whole.x_train[:, images].astype(int) @ weights
        np.testing.assert_array_equal(whole.y_train[moved], whole.y_train)


def test_zero_test_fraction_is_the_population_twice(whole):
    np.testing.assert_array_equal(whole.x_train, whole.x_test)
    np.testing.assert_array_equal(whole.y_train, whole.y_test)
    table = whole.exact.p_xy
    assert table.shape == (4096, 2) and table.dtype == np.float64 and table.sum() == 1
    np.testing.assert_array_equal(table.argmax(1), whole.y_train)


def test_the_default_split_divides_the_population():
    split = data.load("szt")
    assert len(split.x_test) == round(0.2 * 4096)
    both = np.unique(np.concatenate([split.x_train, split.x_test]), axis=0)
    assert len(both) == 4096
    assert split.exact.p_xy.shape == (4096, 2)
    assert split.low is None and split.levels is None
