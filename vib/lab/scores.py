"""Scores of single examples, and how well each tells outliers from the test examples."""

from functools import partial

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
    """Distortion and rate of each example, averaged over DRAWS of z: Terms [N], nats."""
    rows = jnp.arange(len(x))
    return in_chunks(lambda place: _terms(model, beta, x[place], target[place], place, key), rows, CHUNK)


@jax.jit
def _terms(model, beta, x, target, place, key):
    def one(x, target, row):
        batch = Batch(x[None], jnp.zeros(1, int), target[None])
        measured, _ = terms(model, batch, jax.random.fold_in(key, row), DRAWS, beta)
        return Terms(measured.distortion[0], measured.rate[0])

    return jax.vmap(one)(x, target, place)


def log_marginal(model, beta, z):
    """log r(z) at z [M, latent]: [M], nats."""
    return np.asarray(_log_marginal(model, beta, z))


@jax.jit
def _log_marginal(model, beta, z):
    return model.marginal.log_prob(z, lambda x: model.encode(x, beta=beta)[0])


def anomaly_scores(model, lab, train, batch, beta, key):
    """{name of SCORES: [N], higher for the stranger, nats}, of those that the model has."""
    found = {}
    if lab.decodes:
        measured = terms_of(model, batch.x, batch.target, key, beta)
        found["reconstruction"] = measured.distortion
        if not model.deterministic:
            found["rate"], found["negative ELBO"] = measured.rate, measured.distortion + measured.rate
            weighted = log_likelihood(model, batch.x, batch.target, key, IMPORTANCE_DRAWS, beta)
            found["log-likelihood"] = -weighted
    elif not model.deterministic:
        found["rate"] = rates(model, batch.x, beta)
    if not model.deterministic:
        found["distance"] = distance_to_aggregate(train, codes(model, batch.x, beta).mean)
    return found


def rates(model, x, beta):
    """The rate of each example against a marginal that needs no label, [N], nats, in closed form or by one draw."""
    measure = partial(_rates, model, beta)
    return in_chunks(lambda part: measure(part), jnp.asarray(x), CHUNK)


@jax.jit
def _rates(model, beta, x):
    q = model.encode(x, beta=beta)[0]
    return model.marginal.rate(q, q.mean[None], jnp.zeros(len(x), int), lambda x: model.encode(x, beta=beta)[0])


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
