"""What a sweep is measured by: rate, distortion, loss and accuracy of every member, in nats."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from vib.errors import require
from vib.models.marginals import FROM_ABOVE
from vib.objectives import terms
from vib.training.sweep import stream


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
    name_ema. An error is NaN at N = 1, and holds the noise of the draws, as each example has its own; terms of one
    mixture count as independent. Examples are measured `chunk` at a time, which is the batch of a marginal that depends
    on one. The noise is a function of the seed alone, so that points along step and beta differ by their weights only.
    `poll` is called before each chunk of examples, and may raise to end the measurement.
    """
    row = _means(sweep, sweep.model, data, samples, chunk, poll)
    if sweep.ema is not None:
        averaged = _means(sweep, sweep.ema, data, samples, chunk, poll)
        row |= {f"{name}_ema": value for name, value in averaged.items()}
    return row


def _means(sweep, models, data, samples, chunk, poll):
    count, parts = len(data.x), []
    chunk = min(chunk, count)
    for i in range(-(-count // chunk)):
        poll()
        # The last chunk is filled up with other examples, which weigh nothing: one program serves all chunks.
        place = i * chunk + np.arange(chunk)
        batch = jax.tree.map(lambda leaf, place=place: leaf[place % count], data)
        parts.append(_moments(sweep.recipe.objective, models, sweep.seed, sweep.beta, batch, place < count, i, samples))
    share = np.minimum(chunk, count - chunk * np.arange(len(parts)))[:, None, None] / count
    means, squares = jax.tree.map(lambda *part: jnp.stack(part), *parts)
    row = {name: (share * each).sum(0) for name, each in means.items()}
    for name in squares:
        # within chunks and between them: the mean of squares less the square of the mean would round it away
        variance = (share * (squares[name] + (means[name] - row[name]) ** 2)).sum(0)
        row[f"{name}_error"] = jnp.sqrt(variance / (count - 1 or jnp.nan))
    return row | {"loss": sweep.recipe.objective.weigh(row, sweep.beta)}


@partial(jax.jit, static_argnames=("objective", "samples"))
def _moments(objective, models, seeds, betas, batch, counts, i, samples):
    """Of the examples that count: the means {name: [seed, beta]}, and the mean squared distance of each but hits."""

    def member(model, seed, beta):
        key = jax.random.fold_in(stream(seed, "evaluation"), i)
        values, hits = _per_example(objective, model.at(beta), batch, key, samples)
        means = {name: value.mean(where=counts) for name, value in (values | hits).items()}
        measured = [name for name in values if not (name == "rate" and model.deterministic)]
        return means, {name: ((values[name] - means[name]) ** 2).mean(where=counts) for name in measured}

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
        model = model.at(beta)
        prior = model.sample_prior(stream(sweep.seed[0], "evaluation"), len(x))
        return [model.decoder.image(model.decode(z)[0]) for z in (model.encode(x)[0].mean, prior)]

    reconstruction, prior_sample = jax.vmap(member)(jax.tree.map(lambda leaf: leaf[0], models), sweep.beta)
    return {"reconstruction": reconstruction, "prior_sample": prior_sample}


def _per_example(objective, model, batch, key, samples):
    measured, draws = terms(model, batch, key, samples)
    values = measured._asdict()
    if model.marginal.bounds != FROM_ABOVE:
        values["information_x_bound"] = model.information_bound(draws.q, draws.z, batch.y)
    values |= objective.extras(draws)
    return values, _hits(draws.parameters, draws.weights, batch.y) if model.decoder.classifies else {}


def _hits(logits, weights, y):
    """Whether labels y [B] are predicted right from logits [samples, B, classes], by one draw and by all together."""
    log_p, hit = jax.nn.log_softmax(logits), (logits.argmax(-1) == y).astype(jnp.float32)
    if weights is None:
        hit, averaged = hit[0], jax.nn.logsumexp(log_p, axis=0)
    else:
        hit, averaged = (weights * hit).sum(axis=0), jax.nn.logsumexp(log_p, axis=0, b=weights[..., None])
    return {"accuracy": hit, "accuracy_averaged": (averaged.argmax(-1) == y).astype(jnp.float32)}
