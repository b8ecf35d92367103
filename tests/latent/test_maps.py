"""Maps: variances that are known, groups that stay groups, and the same call twice."""

import warnings

import numpy as np
import pytest
from conftest import assert_one_line
from scipy.stats import norm

from vib.errors import InvalidInput
from vib.latent.maps import manifold, pca, tsne, umap
from vib.latent.neighbours import label_agreement, nearest


def groups(count=200, latent=6):
    """Three groups far apart, and which."""
    random = np.random.default_rng(0)
    y = np.arange(count) % 3
    return random.normal(size=(count, latent)).astype(np.float32) + 8 * np.eye(3, latent)[y].astype(np.float32), y


def test_pca_keeps_the_largest_variances():
    z, _ = groups()
    found = pca(z, 6)
    eigenvalues = np.linalg.eigvalsh(np.cov(z.astype(float).T))[::-1]
    np.testing.assert_allclose(np.cov(found.T), np.diag(eigenvalues), atol=1e-10)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-12)
    np.testing.assert_array_equal(pca(z), pca(z))
    np.testing.assert_allclose(np.abs(pca(z)), np.abs(found[:, :2]), atol=1e-10)


@pytest.mark.parametrize("method", [tsne, umap])
def test_groups_stay_together_and_the_map_the_same(method):
    z, y = groups()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        first, again = method(z, seed=0), method(z, seed=0)
    assert first.shape == (200, 2) and first.dtype == np.float32
    np.testing.assert_array_equal(first, again)
    assert label_agreement(nearest(first, first, 10, exclude_self=True).index, y, y).mean > 0.99


def test_sheet_is_decoded_at_the_quantiles():
    """A decoder that shows its code: z_1 to the right, z_2 upwards, every step as likely."""
    images = manifold(lambda z: np.stack([z, 10 * z], 1), side=5, extent=0.8)
    assert images.shape == (5, 5, 2, 2)
    shares = norm.cdf(images[:, :, 0])
    np.testing.assert_allclose(shares[..., 0], np.tile([0.1, 0.3, 0.5, 0.7, 0.9], (5, 1)), atol=1e-6)
    np.testing.assert_allclose(shares[..., 1], np.tile([[0.9], [0.7], [0.5], [0.3], [0.1]], (1, 5)), atol=1e-6)
    np.testing.assert_allclose(images[:, :, 1], 10 * images[:, :, 0])
    assert manifold(lambda z: z, side=np.int64(3)).shape == (3, 3, 2)


Z = groups()[0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pca(Z, 7), ("dimensions: 7", "1 .. 6")),
        (lambda: pca(Z, 0), ("dimensions: 0", "1 .. 6")),
        (lambda: pca(Z[0]), ("z", "(6,)")),
        (lambda: tsne(Z[:30]), ("z: 30 samples", "31")),
        (lambda: umap(Z[:15]), ("z: 15 samples", "16")),
        (lambda: umap(Z[:, :1]), ("z: 1 dimension",)),
        (lambda: tsne(Z * np.nan), ("z", "NaN")),
        (lambda: tsne(np.full((40, 3), 0.1)), ("z: 40 equal codes", "differ")),
        (lambda: manifold(lambda z: z, latent=10), ("latent: 10", "exactly 2")),
        (lambda: manifold(lambda z: z, side=1), ("side: 1", "2 or more")),
        (lambda: manifold(lambda z: z, side=2.0), ("side: 2.0", "2 or more")),
        (lambda: manifold(lambda z: z, extent=1), ("extent: 1", "between 0 and 1")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
