"""The information plane of a sweep: I(X;T) and I(T;Y) of every layer and member, by every estimator asked for, nats.

What a number of a deterministic layer means is said in MEANING. Behind noise a binned entropy is no information about
x: there I(X;T) is left to estimators that know the noise or take pairs (x, t) as they come.
"""

from functools import partial
from typing import NamedTuple

import jax

from vib import interrupt
from vib.errors import InvalidInput, require
from vib.evaluation import activations
from vib.evaluation.estimators import ESTIMATORS, Inputs, with_defaults
from vib.evaluation.evaluator import Evaluator, Variable
from vib.evaluation.from_activations import of_activations
from vib.evaluation.plane_rows import MEANING, QUANTITIES, Row, flagged, numbers, variables
from vib.information.checks import whole
from vib.training import sharding
from vib.training.sweep import permuted, ramp, stream

__all__ = ["MEANING", "InformationPlane", "describe", "of_activations"]
INSIDE = {  # what is measured of a layer besides information
    "gradient_mean": ("nats per weight", "norm of the mean gradient of a kernel over minibatches"),
    "gradient_std": ("nats per weight", "norm of its standard deviation"),
    "gradient_ratio": ("1", "signal-to-noise ratio of the gradient: mean / standard deviation"),
    "weight_norm": ("1", "norm of a kernel"),
    "saturated": ("1", "share of values within 1 % of the activation's range from its ends"),
    "dead": ("1", "share of units with one value for all inputs"),
}
COPIES = 4  # of the values of a layer that an estimator holds


class Asked(NamedTuple):
    """The estimators with their options, and what is known of the inputs; static."""

    estimators: tuple  # ((name, ((option, value), ...)), ...)
    classes: int | None
    enumerated: bool

    def only(self, quick):
        """Those estimators that are quick, or those that are not."""
        return self._replace(estimators=tuple(e for e in self.estimators if ESTIMATORS[e[0]].quick == quick))

    @property
    def draws(self):
        """How many draws of the noise inside a network some estimator wants."""
        return max(draws_of(self.estimators).values(), default=1)


class InformationPlane(Evaluator):
    """The information plane at every measured step, and beside it what goes on inside the network.

    estimators {name: options} of ESTIMATORS; inputs: the Inputs that layers are measured on; sweep: one of the kind
    that will be measured, or its blueprint; gradient_batches: minibatches that drift and diffusion are measured on, at
    most an epoch. Estimators that are not quick measure the first `slow_seeds` seeds (None: all) at every slow_every-th
    measurement. Raises InvalidInput for what cannot be measured of such a sweep.
    """

    name = "information plane"

    def __init__(self, estimators, inputs, sweep, gradient_batches, slow_seeds=None, slow_every=1):
        options = tuple((name, tuple(given.items())) for name, given in with_defaults(estimators).items())
        self.asked, self.inputs = Asked(options, inputs.classes, inputs.enumerated), inputs
        self.gradient_batches, self.slow_seeds, self.slow_every = gradient_batches, slow_seeds, slow_every
        check_draws(self.asked)
        self.kinds, self.made_by = describe(sweep, inputs, self.asked)
        self.coordinates = {"layer": list(self.kinds), "estimator": list(self.made_by)}
        inside = {name: Variable(("layer", "seed", "beta"), *about) for name, about in INSIDE.items()}
        self.variables = variables() | inside

    def measure(self, sweep, batches, moment):
        """One row {name: [layer, estimator, seed, beta] or [layer, seed, beta]}, nats; NaN where not measured.

        information_x and information_y with their ceilings and whether they are resolved; the standard error over the
        inputs, of estimators that know it (encoder; of critics the deviation over seeds shows it); saturated and dead
        units; drift and diffusion on minibatches of training examples.
        """
        row, x, y = Row(self.coordinates, sweep.finite.shape), self.inputs.x, self.inputs.y
        numbers, idle = measured(sweep.model, sweep.seed, sweep.beta, x, y, self.asked.only(quick=True))
        row.information(numbers)
        row.inside(idle)
        slow = self.asked.only(quick=False)
        if slow.estimators and (moment.last or moment.count % self.slow_every == 0):
            interrupt.check()
            part = first(sweep, self.slow_seeds)
            numbers, _ = measured(part.model, part.seed, part.beta, x, y, slow)
            row.information(numbers)
        interrupt.check()
        train = batches["train"]
        count = min(self.gradient_batches, len(train.x) // sweep.recipe.batch_size)
        if count > 1:
            row.inside(_drift(sweep.replace(ema=None, opt_state=None), train, count))
        return row.arrays

    def finish(self, found):
        """Flags every value and names its kind; keeps one ceiling of each layer and estimator."""
        for name in QUANTITIES:
            found = flagged(found, name, self.kinds, self.made_by, len(self.inputs.x), self.inputs.enumerated)
        found = found.drop_vars([f"{name}_resolved" for name in QUANTITIES])
        return found.assign_attrs(plane_inputs=self.inputs.described, plane_note=MEANING)


def member(asked, model, seed, x, y):
    """({layer: {estimator: Information}}, {name: {layer: []}}) of one model, for x [N, *shape], y [N] or [N, dim_y]."""
    layer_key, key = jax.random.split(stream(seed, "plane"))
    named, inputs = activations.layers(model, x, layer_key, asked.draws), Inputs(x, y, *asked[1:])
    found = {
        layer: {
            bound: about
            for name, options in asked.estimators
            for bound, about in ESTIMATORS[name].measure(known, inputs, key, **dict(options)).items()
        }
        for layer, known in named.items()
    }
    return found, activations.idle(model, named) | {"weight_norm": activations.weight_norm(model)}


@partial(jax.jit, static_argnames="asked")
def measured(models, seeds, betas, x, y, asked):
    """({layer: {estimator: numbers}}, {name: {layer: value}}) of every member, leaves [seed, beta], nats."""

    def one(model, seed, beta):
        found, inside = member(asked, model.at(beta), seed, x, y)
        return {layer: {name: numbers(about) for name, about in row.items()} for layer, row in found.items()}, inside

    return jax.vmap(jax.vmap(one, in_axes=(0, None, 0)), in_axes=(0, 0, None))(models, seeds, betas)


def describe(sweep, inputs, asked):
    """What a measurement of such a sweep gives, without running it: (kinds, made_by).

    kinds: {layer: {estimator: (kind of I(X;T), of I(T;Y))}}, '' where there is none; made_by: {estimator: its
    Estimator}. Raises InvalidInput for what can be known without a run.
    """
    kinds, made_by, sizes = {}, {}, []

    def trace(model, seed, beta, x, y):
        model = model.at(beta)
        sizes.extend(layer.value.size for layer in activations.layers(model, x, stream(0, "plane")).values())
        for each in asked.estimators:
            found, _ = member(asked._replace(estimators=(each,)), model, seed, x, y)
            for layer, row in found.items():
                made_by.update(dict.fromkeys(row, ESTIMATORS[each[0]]))
                told = {name: tuple(getattr(getattr(i, q), "kind", "") for q in QUANTITIES) for name, i in row.items()}
                kinds.setdefault(layer, {}).update(told)

    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[2:], leaf.dtype), sweep.model)
    scalars = (jax.ShapeDtypeStruct((), part.dtype) for part in (sweep.seed, sweep.beta))
    try:
        jax.eval_shape(trace, one, *scalars, inputs.x, inputs.y)
    except InvalidInput as error:
        raise InvalidInput(f"plane.estimators, of {len(inputs.x)} inputs: {error}") from None
    for name in made_by:
        some = any(any(row[name]) for row in kinds.values())
        require(some, f"plane.estimators: '{name}' can measure nothing of this model and these data; leave it out")
    needed, memory = COPIES * 4 * max(sizes) * sweep.finite.size, sharding.device_memory()
    say = f"plane.examples: {len(inputs.x)} inputs need {needed / 2**30:.1f} GiB of {memory / 2**30:.1f}; give fewer"
    require(needed <= memory / 2, say)
    return kinds, made_by


def draws_of(estimators):
    """{name: draws of the noise inside a network} of those estimators that want several."""
    return {name: dict(options)["draws"] for name, options in estimators if ESTIMATORS[name].layer_noise}


def check_draws(asked):
    """Raises InvalidInput where a jackknife over the draws cannot be taken."""
    for name, draws in draws_of(asked.estimators).items():
        whole(f"plane.estimators.{name}.draws", draws, 2)


def first(sweep, seeds):
    """The models of the first `seeds` seeds of a sweep (None: all), laid over the devices anew."""
    sweep = sweep.replace(ema=None, opt_state=None)
    if seeds is None or seeds >= len(sweep.seed):
        return sweep
    cut = jax.tree.map(lambda leaf: leaf[:seeds] if leaf.ndim else leaf, sweep)
    return sharding.place(cut.replace(beta=sweep.beta, measured_beta=sweep.measured_beta))


@partial(jax.jit, static_argnames="count")
def _drift(sweep, train, count):
    recipe = sweep.recipe

    def along_seed(models, seed):
        order_key, noise_key = jax.random.split(jax.random.fold_in(stream(seed, "plane"), sweep.step))
        order = permuted(order_key, len(train.x))[: count * recipe.batch_size]
        batches = jax.tree.map(lambda leaf: leaf[order.reshape(count, -1)], train)

        def one(model, beta):
            return activations.drift(model, batches, ramp(sweep) * beta, noise_key, recipe.objective)

        return jax.vmap(one)(models, sweep.beta)

    return jax.vmap(along_seed)(sweep.model, sweep.seed)
