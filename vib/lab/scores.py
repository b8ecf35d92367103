"""Scores of single examples, and how well each tells outliers from the test examples."""

import jax
import jax.numpy as jnp
import numpy as np

from vib.latent.anomaly import aupr, auroc, distance_to_aggregate
from vib.latent.likelihood import log_likelihood
from vib.latent.views import codes, in_chunks
from vib.objective import Batch, Terms, terms

SCORES = ("reconstruction", "rate", "negative ELBO", "log-likelihood", "distance")
DRAWS, IMPORTANCE_DRAWS, CHUNK = 10, 100, 100


def terms_of(model, x, target, key, beta=None):
    """Distortion and rate of each example, averaged over DRAWS of z: Terms [N], nats.

    No label is looked at: a rate against r(z|y) is taken against the mixture of all classes.
    """
    rows = jnp.arange(len(x))
    return in_chunks(lambda place: _terms(model, beta, x[place], target[place], place, key), rows, CHUNK)


@jax.jit
def _terms(model, beta, x, target, place, key):
    def one(x, target, row):
        batch = Batch(x[None], jnp.zeros(1, int), target[None])
        measured, draws = terms(model, batch, jax.random.fold_in(key, row), DRAWS, beta)
        bound = model.marginal.information_bound
        rate = measured.rate if bound is None else bound(draws.q, draws.z, batch.y, None)
        return Terms(measured.distortion[0], rate[0])

    return jax.vmap(one)(x, target, place)


def log_marginal(model, beta, z):
    """log r(z) at z [M, latent]: [M], nats."""
    return np.asarray(_log_marginal(model, beta, z))


@jax.jit
def _log_marginal(model, beta, z):
    return model.marginal.log_prob(z, lambda x: model.encode(x, beta=beta)[0])


def anomaly_scores(model, lab, train, batch, beta, key):
    """{name of SCORES: [N], higher for the stranger, nats}, of those that the model has."""
    measured, found = terms_of(model, batch.x, batch.target, key, beta), {}
    if lab.decodes:
        found["reconstruction"] = measured.distortion
    if model.deterministic:
        return found
    if hasattr(model.marginal, "log_prob"):  # that of a batch's own codes is no score of one example
        found["rate"] = measured.rate
    if lab.decodes:
        found["negative ELBO"] = measured.distortion + measured.rate
        found["log-likelihood"] = -log_likelihood(model, batch.x, batch.target, key, IMPORTANCE_DRAWS, beta)
    return found | {"distance": distance_to_aggregate(train, codes(model, batch.x, beta).mean)}


def separations(model, lab, train, beta, key):
    """AUROC and AUPR of every score on every kind of outlier, with intervals: {name: [outlier, score]}."""
    if not lab.outliers:
        return {}
    usual = anomaly_scores(model, lab, train, lab.test, beta, key)
    found = {f"{name}{part}": [] for name in ("auroc", "aupr") for part in ("", "_low", "_high")}
    for batch in lab.outliers.values():
        strange = anomaly_scores(model, lab, train, batch, beta, key)
        for name, measure in (("auroc", auroc), ("aupr", aupr)):
            each = [measure(usual[score], strange[score]) if score in usual else None for score in SCORES]
            for part, field in (("", "value"), ("_low", "low"), ("_high", "high")):
                found[name + part].append([np.nan if one is None else getattr(one, field) for one in each])
    return {name: np.array(values) for name, values in found.items()}
