"""What a sweep is measured by: rate, distortion, loss and accuracy of every member, in nats."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from vib import distributions
from vib.errors import require
from vib.objective import terms, weigh
from vib.sweep import stream


def measurement_steps(last, count):
    """About `count` steps from 0 to `last`, both included and log-spaced between. Raises InvalidInput below 2."""
    require(count >= 2, f"evaluate.measurements: {count} is below 2, the first step and the last")
    return sorted({0, last, *np.geomspace(1, last, count - 1).round().astype(int).tolist()})


def evaluate(sweep, data, samples=12, chunk=500, poll=lambda: None):
    """Means over data, a Batch of N examples, for every member: {name: [seed, beta]}, nats.

    rate, distortion (mean over `samples` draws of z), information_x_bound where the rate does not bound I(X;Z), and
    total_correlation where beta weighs that, each with its standard error over the examples as name_error, and loss;
    for int labels also accuracy, by the first draw, and accuracy_averaged, by the mean of the predictive distributions
    of all draws (Alemi et al. 2017, section 4.1). With a moving average of the weights each comes a second time, as
    name_ema. Examples are measured `chunk` at a time, which is the batch of a marginal that depends on one. The noise
    is a function of the seed alone, so that points along step and beta differ by their weights only. `poll` is called
    before each chunk of examples, and may raise to end the measurement.
    """
    row = _means(sweep, sweep.model, data, samples, chunk, poll)
    if sweep.ema is not None:
        averaged = _means(sweep, sweep.ema, data, samples, chunk, poll)
        row |= {f"{name}_ema": value for name, value in averaged.items()}
    return row


def _means(sweep, models, data, samples, chunk, poll):
    count, sums = len(data.x), None
    chunk = min(chunk, count)
    for i in range(-(-count // chunk)):
        poll()
        # The last chunk is filled up with other examples, which weigh nothing: one program serves all chunks.
        place = i * chunk + np.arange(chunk)
        batch = jax.tree.map(lambda leaf, place=place: leaf[place % count], data)
        part = _totals(models, sweep.seed, sweep.beta, batch, place < count, i, samples)
        sums = part if sums is None else jax.tree.map(jnp.add, sums, part)
    row = jax.tree.map(lambda x: x / count, sums)
    for name in [name.removesuffix("_squared") for name in row if name.endswith("_squared")]:
        variance = row.pop(f"{name}_squared") - row[name] ** 2
        row[f"{name}_error"] = jnp.sqrt(jnp.maximum(variance, 0) / count)
    penalty, u = row.get("total_correlation"), sweep.recipe.u
    return row | {"loss": weigh(row["distortion"], row["rate"], sweep.beta, u, models.deterministic, penalty)}


@partial(jax.jit, static_argnames="samples")
def _totals(models, seeds, betas, batch, counts, i, samples):
    def member(model, seed, beta):
        key = jax.random.fold_in(stream(seed, "evaluation"), i)
        values = _per_example(model, batch, key, samples, beta)
        return jax.tree.map(lambda value: jnp.where(counts, value, 0).sum(), values)

    return jax.vmap(jax.vmap(member, in_axes=(0, None, 0)), in_axes=(0, 0, None))(models, seeds, betas)


@jax.jit
def sheet(sweep, x):
    """Images of a VAE for every beta, from the first seed, pixels in [0, 1], for inputs x [N, *shape].

    Returns reconstruction [beta, N, *shape], decoded from the mean of q(z|x), and prior_sample [beta, N, *shape],
    decoded from draws of r(z) that are the same at every beta but for what the marginal has learned; by the moving
    average of the weights where there is one.
    """
    models = sweep.model if sweep.ema is None else sweep.ema

    def member(model, beta):
        def encode(x):
            return model.encode(x, beta=beta)[0]

        prior = model.marginal.sample(stream(sweep.seed[0], "evaluation"), len(x), encode)
        return [model.decoder.image(model.decode(z, beta=beta)[0]) for z in (encode(x).mean, prior)]

    reconstruction, prior_sample = jax.vmap(member)(jax.tree.map(lambda leaf: leaf[0], models), sweep.beta)
    return {"reconstruction": reconstruction, "prior_sample": prior_sample}


def _per_example(model, batch, key, samples, beta):
    measured, draws = terms(model, batch, key, samples, beta)
    values = measured._asdict()
    if model.marginal.information_bound is not None:
        encode = partial(model.encode, beta=beta)
        bound = model.marginal.information_bound(draws.q, draws.z, batch.y, lambda x: encode(x)[0])
        values["information_x_bound"] = bound
    if model.marginal.penalty is not None:
        values["total_correlation"] = model.marginal.penalty(draws.q, draws.z)
    measured_by_mean = [name for name in values if not (name == "rate" and model.deterministic)]
    values |= {f"{name}_squared": values[name] ** 2 for name in measured_by_mean}
    if model.decoder.distortion is distributions.categorical:
        values |= _hits(draws.parameters, draws.weights, batch.y)
    return values


def _hits(logits, weights, y):
    """Whether labels y [B] are predicted right from logits [samples, B, classes], by one draw and by all together."""
    log_p, hit = jax.nn.log_softmax(logits), (logits.argmax(-1) == y).astype(jnp.float32)
    if weights is None:
        hit, averaged = hit[0], jax.nn.logsumexp(log_p, axis=0)
    else:
        hit, averaged = (weights * hit).sum(axis=0), jax.nn.logsumexp(log_p, axis=0, b=weights[..., None])
    return {"accuracy": hit, "accuracy_averaged": (averaged.argmax(-1) == y).astype(jnp.float32)}
