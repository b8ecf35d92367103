"""Rate, distortion, loss and accuracy of every member, in nats: what a sweep is always measured by."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from vib import interrupt
from vib.evaluation.evaluator import Evaluator, Variable
from vib.models.marginals import FROM_ABOVE
from vib.objectives import Lagrangian, terms
from vib.results.dataset import WEIGHTS
from vib.training.sweep import stream

ABOUT = {
    "rate": ("nats", "rate: mean of log q(z|x) / r(z)"),
    "distortion": ("nats", "distortion: mean of -log q(target|z)"),
    "loss": ("nats", "loss: {}"),
    "accuracy": ("1", "accuracy of the prediction from one noise sample"),
    "accuracy_averaged": ("1", "accuracy of the mean of several predictive distributions"),
    "information_x_bound": ("nats", "bound of I(X;Z) from codes and marginal, where the rate is none"),
}
FROM_BELOW = "I(Z;Y) from below"
ERRORS = ("rate", "distortion", "information_x_bound")
LAGRANGIAN = Lagrangian()
DETERMINISTIC = (
    "NaN: the encoder has no density q(z|x). If deterministic, its rate is H(X) or infinite; with noise in its layers "
    "it has no closed form. It adds 0 to the loss"
)


class RateDistortion(Evaluator):
    """Means over both splits, with their standard errors over the examples; see `evaluate`.

    samples: draws of z; train_examples: how many of the training examples are measured, None for all; averaged: whether
    the sweep keeps a moving average of its weights; bounds: what the mean rate bounds, None for a deterministic
    encoder; entropies: H(Y) of the examples of both splits, nats, where the target is a label and H(Y) is known;
    objective: what the sweep is trained by.
    """

    name = "rate and distortion"

    def __init__(
        self, samples, train_examples=None, averaged=False, bounds=FROM_ABOVE, entropies=None, objective=LAGRANGIAN
    ):
        self.samples, self.train_examples, self.entropies = samples, train_examples, entropies
        dims = ("weights",) * averaged + ("split", "seed", "beta")
        extras = {name: ("nats", about) for name, about in objective.variables.items()}
        told = {name: (units, about.format(objective.about)) for name, (units, about) in (ABOUT | extras).items()}
        self.variables = {name: Variable(dims, *about) for name, about in told.items()}
        for name in (*ERRORS, *extras):
            about = f"standard error over the examples of {told[name][1]}"
            self.variables[f"{name}_error"] = Variable(dims, "nats", about)
        none = {"bounds": "nothing", "note": DETERMINISTIC}
        self.variables["rate"] = Variable(dims, *ABOUT["rate"], none if bounds is None else {"bounds": bounds})
        bound = self.variables["information_x_bound"]
        self.variables["information_x_bound"] = bound._replace(attrs={"bounds": FROM_ABOVE})
        self.coordinates = {"weights": WEIGHTS}

    def measure(self, sweep, batches, moment):
        """{name: [weights, split, seed, beta]}, without weights where there is no moving average."""
        train = jax.tree.map(lambda leaf: leaf[: self.train_examples], batches["train"])
        rows = [evaluate(sweep, batch, self.samples) for batch in (train, batches["test"])]
        return {name: np.stack([row[name] for row in rows], axis=-3) for name in rows[0]}

    def finish(self, found):
        """Adds the bound of I(Z;Y) that the distortion gives."""
        if self.entropies is None:
            return found
        bound = xr.DataArray(np.asarray(self.entropies), dims="split") - found.distortion
        bound = bound.transpose(*found.distortion.dims)
        about = "H(Y) - distortion; its standard error is distortion_error"
        return found.assign(information_y_bound=bound.assign_attrs(units="nats", long_name=about, bounds=FROM_BELOW))


def evaluate(sweep, data, samples=12, chunk=500):
    """Means over data, a Batch of N examples, for every member: {name: [seed, beta]}, nats.

    rate, distortion (mean over `samples` draws of z), information_x_bound where the rate does not bound I(X;Z), and
    what else the objective weighs, each with its standard error over the examples as name_error, and loss; for int
    labels also accuracy, by the first draw, and accuracy_averaged, by the mean of the predictive distributions of all
    draws (Alemi et al. 2017, section 4.1). With a moving average of the weights [weights, seed, beta]: by the final
    ones and by the average. An error is NaN at N = 1, and holds the noise of the draws, as each example has its own;
    terms of one mixture count as independent. Examples are measured `chunk` at a time, which is the batch of a marginal
    that depends on one. The noise is a function of the seed alone, so that points along step and beta differ by their
    weights only.
    """
    if sweep.ema is None:
        return _means(sweep, sweep.model, data, samples, chunk)
    both = [_means(sweep, models, data, samples, chunk) for models in (sweep.model, sweep.ema)]
    return {name: np.stack([np.asarray(each[name]) for each in both]) for name in both[0]}


def _means(sweep, models, data, samples, chunk):
    count, parts = len(data.x), []
    chunk = min(chunk, count)
    for i in range(-(-count // chunk)):
        interrupt.check()
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
