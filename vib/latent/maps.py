"""Codes as points of a plane, and the plane of a two-dimensional code as images."""

import numbers
import warnings
from collections.abc import Callable

import numpy as np
from jaxtyping import Float32, Float64, Shaped
from scipy.stats import norm
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from vib.errors import require
from vib.information.checks import centred, samples
from vib.latent.probes import principal
from vib.typing import ArrayLike, Integer, Real

PERPLEXITY = 30
NEIGHBOURS, MIN_DIST = 15, 0.1


def pca(z: ArrayLike["N latent"], dimensions: Integer = 2) -> Float64[np.ndarray, "N {dimensions}"]:
    """Projections on the directions of largest variance, the largest first: float64 [N, dimensions].

    z [N, latent]; centred, not scaled. The same call gives the same map. Raises InvalidInput as probes.principal.
    """
    z = samples("z", z)
    return principal(z, dimensions)(z)


def tsne(z: ArrayLike["N latent"], seed: Integer = 0) -> Float32[np.ndarray, "N 2"]:
    """t-SNE (van der Maaten & Hinton 2008) at perplexity 30, started from PCA: float32 [N, 2].

    z [N, latent]. Neither distances between groups nor their sizes mean anything. Starting from PCA, the seed
    changes little or nothing. On one core, so that the same call gives the same map on the same machine: 5000 codes
    take half a minute.
    Raises InvalidInput for other shapes, one dimension, NaN, 30 codes or fewer, or codes that are all equal.
    """
    z = _checked(z, PERPLEXITY + 1)
    _require_plane(z)
    require((z != z[0]).any(), f"z: {len(z)} equal codes have no map; give codes that differ")  # scikit-learn crashes
    method = TSNE(
        perplexity=PERPLEXITY, init="pca", learning_rate="auto", early_exaggeration=12.0, max_iter=1000,
        method="barnes_hut", angle=0.5, random_state=seed, n_jobs=1,
    )  # fmt: skip
    with threadpool_limits(1):  # sums over threads round in the order in which they end
        return method.fit_transform(z)


def umap(z: ArrayLike["N latent"], seed: Integer = 0) -> Float32[np.ndarray, "N 2"]:
    """UMAP (McInnes et al. 2018) with 15 neighbours and minimal distance 0.1: float32 [N, 2].

    z [N, latent]. Distances between groups and their sizes mean little. With its seed it runs on one core, and the same
    call gives the same map on the same machine. The first call of a process takes some ten seconds, in which numba
    compiles. Raises InvalidInput for other shapes, one dimension, NaN, or 15 codes or fewer.
    """
    z = _checked(z, NEIGHBOURS + 1)
    _require_plane(z)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        from umap import UMAP  # seconds to import
    return UMAP(
        n_components=2, n_neighbors=NEIGHBOURS, min_dist=MIN_DIST, metric="euclidean", init="spectral",
        random_state=seed, n_jobs=1,
    ).fit_transform(z)  # fmt: skip


def manifold(
    decode: Callable, side: Integer = 20, extent: Real = 0.98, latent: Integer = 2
) -> Shaped[np.ndarray, "{side} {side} ..."]:
    """What a decoder makes of a square of a two-dimensional code: images [side, side, *shape].

    decode: z [count, 2] -> images [count, *shape]; latent: of that decoder. The codes are quantiles of N(0, 1) at equal
    steps over the middle `extent` of it, hence equally likely under the prior (Kingma & Welling 2014, appendix A);
    z_1 grows to the right, z_2 upwards, as on a map. Raises InvalidInput where the latent is not 2 wide, side < 2, or
    extent outside (0, 1).
    """
    require(latent == 2, f"latent: {latent} dimensions; a sheet shows exactly 2, so traverse dimensions instead")
    require(isinstance(side, numbers.Integral) and side >= 2, f"side: {side!r} images; give 2 or more")
    require(0 < extent < 1, f"extent: {extent} of the prior; give a share between 0 and 1")
    steps = norm.ppf(np.linspace(0.5 - extent / 2, 0.5 + extent / 2, side))
    z = np.stack(np.meshgrid(steps, steps[::-1]), axis=-1).astype(np.float32)
    images = np.asarray(decode(z.reshape(-1, 2)))
    return images.reshape(side, side, *images.shape[1:])


def _checked(z, least):
    return np.asarray(centred(samples("z", z, least))[0], np.float64)


def _require_plane(z):
    require(z.shape[1] > 1, "z: 1 dimension; draw it as it is, a map takes two or more")
