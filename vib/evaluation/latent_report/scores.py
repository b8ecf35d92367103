"""Scores of single examples, and how well each tells outliers from the test examples."""

import jax
import jax.numpy as jnp
import numpy as np

from vib.latent.anomaly import aupr, auroc, distance_to_aggregate
from vib.latent.likelihood import log_likelihood
from vib.latent.views import codes, in_chunks
from vib.models.marginals import FROM_ABOVE
from vib.objectives import Batch, Terms, terms

SCORES = ("reconstruction", "rate", "negative ELBO", "log-likelihood", "distance")
DRAWS, IMPORTANCE_DRAWS, CHUNK = 10, 100, 100


def terms_of(model, x, target, key):
    """Distortion and rate of each example, averaged over DRAWS of z: Terms [N], nats.

    No label is looked at: a rate against r(z|y) is taken against the mixture of all classes.
    """
    rows = jnp.arange(len(x))
    return in_chunks(lambda place: _terms(model, x[place], target[place], place, key), rows, CHUNK)


@jax.jit
def _terms(model, x, target, place, key):
    def one(x, target, row):
        batch = Batch(x[None], jnp.zeros(1, int), target[None])
        measured, draws = terms(model, batch, jax.random.fold_in(key, row), DRAWS)
        bounds = model.marginal.bounds == FROM_ABOVE
        rate = measured.rate if bounds else model.information_bound(draws.q, draws.z, batch.y)
        return Terms(measured.distortion[0], rate[0])

    return jax.vmap(one)(x, target, place)


def log_marginal(model, z):
    """log r(z) at z [M, latent]: [M], nats."""
    return np.asarray(_log_marginal(model, z))


@jax.jit
def _log_marginal(model, z):
    return model.log_prior(z)


def anomaly_scores(model, lab, train, batch, key):
    """{name of SCORES: [N], higher for the stranger, nats}, of those that the model has."""
    measured, found = terms_of(model, batch.x, batch.target, key), {}
    if lab.decodes:
        found["reconstruction"] = measured.distortion
    if model.deterministic:
        return found
    if model.marginal.density:  # that of a batch's own codes is no score of one example
        found["rate"] = measured.rate
    if lab.decodes:
        found["negative ELBO"] = measured.distortion + measured.rate
        found["log-likelihood"] = -log_likelihood(model, batch.x, batch.target, key, IMPORTANCE_DRAWS)
    return found | {"distance": distance_to_aggregate(train, codes(model, batch.x).mean)}


def separations(model, lab, train, key):
    """AUROC and AUPR of every score on every kind of outlier, with intervals: {name: [outlier, score]}."""
    if not lab.outliers:
        return {}
    usual = anomaly_scores(model, lab, train, lab.test, key)
    found = {f"{name}{part}": [] for name in ("auroc", "aupr") for part in ("", "_low", "_high")}
    for batch in lab.outliers.values():
        strange = anomaly_scores(model, lab, train, batch, key)
        for name, measure in (("auroc", auroc), ("aupr", aupr)):
            each = [measure(usual[score], strange[score]) if score in usual else None for score in SCORES]
            for part, field in (("", "value"), ("_low", "low"), ("_high", "high")):
                found[name + part].append([np.nan if one is None else getattr(one, field) for one in each])
    return {name: np.array(values) for name, values in found.items()}
