"""The information plane of a sweep: I(X;T) and I(T;Y) of every layer and member, by every estimator asked for, nats.

What a number of a deterministic layer means is said in MEANING. Behind noise a binned entropy is no information about
x: there I(X;T) is left to estimators that know the noise or take pairs (x, t) as they come.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib import information
from vib.errors import InvalidInput, choose, require
from vib.evaluation import activations
from vib.information import FLAGS, SATURATING, Information
from vib.training import sharding
from vib.training.sweep import permuted, ramp, stream

QUANTITIES = ("information_x", "information_y")
MEANING = (
    "I(X;T) of a layer that is a function of the input is infinite for a continuous input and H(X) for an enumerated "
    "one, but for inputs that collide; a binned or KDE value of it measures how the layer's values cluster at the "
    "chosen resolution"
)
# of an Estimate, and what a row calls them
FIELDS = {"value": "", "ceiling": "_ceiling", "resolved": "_resolved", "error": "_error"}
TABLES = tuple(name + suffix for name in QUANTITIES for suffix in FIELDS.values())
COPIES = 4  # of the values of a layer that an estimator holds
ROWS = (*TABLES, "gradient_mean", "gradient_std", "gradient_ratio", "weight_norm", "saturated", "dead")


class Plane(NamedTuple):
    """What to measure, static: the section `plane` of a configuration."""

    estimators: tuple = ()  # names of ESTIMATORS
    bins: int = 30  # of every unit, for all binned but binned_width
    width: float = 0.07  # of a bin, for binned_width
    noise_variance: float = 1e-3  # that kde adds
    k: int = 3  # neighbours, for ksg and ross
    draws: int = 8  # of the noise inside a network, for noisy
    gradient_batches: int = 20  # minibatches that drift and diffusion are measured on, at most an epoch
    seeds: int | None = None  # how many of the seeds the estimators other than binned measure; None: all
    classes: int | None = None  # None for a regression
    enumerated: bool = False  # whether the inputs are the whole population, each as likely as the others


def _binned(edges, layer, x, y, key, plane):
    found = information.binned(
        layer.value, _labels(y), bins=plane.bins, edges=edges, width=plane.width,
        classes=plane.classes, enumerated=plane.enumerated and layer.fixed,
    )  # fmt: skip
    return [found if layer.fixed else found._replace(information_x=None)]


def _kde(layer, x, y, key, plane):
    options = {"classes": plane.classes, "enumerated": plane.enumerated}
    bounds = information.kde(layer.value, _labels(y), plane.noise_variance, **options)
    return [found if layer.fixed else found._replace(information_x=None) for found in bounds]


def _ross(layer, x, y, key, plane):
    return [Information(None, None if _labels(y) is None else information.ross(layer.value, y, plane.k, plane.classes))]


def _ksg(layer, x, y, key, plane):
    about_y = information.ksg(layer.value, y, plane.k) if _labels(y) is None else None
    return [Information(information.ksg(activations.flat(x), layer.value, plane.k), about_y)]


def _critic(bound, layer, x, y, key, plane):
    about_x = information.critic(layer.value, activations.flat(x), bound, key=key)
    return [Information(about_x, information.critic(layer.value, y, bound, key=key, classes=plane.classes))]


def _noisy(layer, x, y, key, plane):
    if layer.means is None:
        return [Information(None, None)]
    return [information.noisy(layer.means, _labels(y), layer.noise_std, key, classes=plane.classes)]


def _encoder(layer, x, y, key, plane):
    if layer.q is None:
        return [Information(None, None)] * 2
    known = None if _labels(y) is None else information.encoder_labels(layer.q, layer.value, y, plane.classes)
    return [Information(bound, known) for bound in information.encoder_bounds(layer.q, layer.value)]


def _labels(y):
    return y if y.ndim == 1 else None


ESTIMATORS = {  # name: function of layer, x, y, key, plane to a list of Information, one for each of its SIDES
    **{f"binned_{edges}": partial(_binned, edges) for edges in information.EDGES},
    "kde": _kde,
    "ross": _ross,
    "ksg": _ksg,
    **{f"critic_{bound}": partial(_critic, bound) for bound in information.CRITICS},
    "noisy": _noisy,
    "encoder": _encoder,
}
SIDES = {"kde": ("kde_lower", "kde_upper"), "encoder": ("encoder_lower", "encoder_upper")}


def names(plane):
    """The names of all numbers that the estimators of a plane give: one a bound, where an estimator has two sides."""
    return [side for name in plane.estimators for side in SIDES.get(name, (name,))]


def member(plane, model, seed, beta, x, y):
    """({layer: {name: Information}}, units and weights) of one model, for x [N, *shape] and y [N] or [N, dim_y]."""
    layer_key, key = jax.random.split(stream(seed, "plane"))
    named = activations.layers(model.at(beta), x, layer_key, plane.draws if "noisy" in plane.estimators else 1)
    found = {layer: {} for layer in named}
    for layer, known in named.items():
        for name in plane.estimators:
            sides = ESTIMATORS[name](known, x, y, key, plane)
            found[layer] |= dict(zip(SIDES.get(name, (name,)), sides, strict=True))
    return found, activations.idle(model, named) | {"weight_norm": activations.weight_norm(model)}


def describe(sweep, x, y, plane):
    """What a measurement of such a sweep gives: (layers, {quantity: kinds [layer, estimator], '' where there is none}).

    Runs nothing. Raises InvalidInput for what can be known without: names, shapes, numbers out of range.
    """
    for name in plane.estimators:
        choose("plane.estimators", name, ESTIMATORS)
        once = plane.estimators.count(name) == 1
        require(once, f"plane.estimators: '{name}' is given twice; give each once")
    require(plane.gradient_batches >= 2, f"plane.gradient_batches: {plane.gradient_batches} is below 2")
    require(plane.draws >= 2, f"plane.draws: {plane.draws} is below 2, of which a spread can be taken")
    require(plane.seeds is None or plane.seeds >= 1, f"plane.seeds: {plane.seeds} is below 1; give None for all")
    described, sizes = {}, []

    def trace(*arguments):
        found, _ = member(plane, *arguments)
        sizes.extend(layer.value.size for layer in activations.layers(arguments[0], x, stream(0, "plane")).values())
        for layer, row in found.items():
            described[layer] = [[getattr(getattr(item, q), "kind", "") for q in QUANTITIES] for item in row.values()]

    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[2:], leaf.dtype), sweep.model)
    scalars = (jax.ShapeDtypeStruct((), part.dtype) for part in (sweep.seed, sweep.beta))
    try:
        jax.eval_shape(trace, one, *scalars, x, y)
    except InvalidInput as error:
        raise InvalidInput(f"plane.estimators, of {len(x)} inputs: {error}") from None
    kinds = np.array([*described.values()])
    for name, of_name in zip(names(plane), np.moveaxis(kinds, 1, 0), strict=True):
        some = (of_name != "").any()
        require(some, f"plane.estimators: '{name}' can measure nothing of this model and these data; leave it out")
    needed, memory = COPIES * 4 * max(sizes) * sweep.finite.size, sharding.device_memory()
    say = f"plane.examples: {len(x)} inputs need {needed / 2**30:.1f} GiB of {memory / 2**30:.1f}; give fewer"
    require(needed <= memory / 2, say)
    return [*described], {name: kinds[..., i] for i, name in enumerate(QUANTITIES)}


def measure(sweep, train, x, y, plane, slow=True, poll=lambda: None):
    """One row of the plane: {name: [layer, estimator, seed, beta] or [layer, seed, beta]}, nats.

    information_x and information_y of inputs x [N, *shape] with their ceilings, NaN where not measured; the standard
    error of information_x over the inputs, of estimators that know it (encoder; of critics the seeds' spread shows
    it); saturated and dead units; drift and diffusion on minibatches of `train`, a Batch. Only binned estimators run
    unless `slow`; the others see the first plane.seeds seeds. `poll` is called between the parts, and may raise.
    """
    binned = tuple(name for name in plane.estimators if name.startswith("binned"))
    others = tuple(name for name in plane.estimators if name not in binned)
    parts = [(binned, sweep), *([(others, first(sweep, plane.seeds))] if slow and others else [])]
    row, everything = {}, names(plane)
    for estimators, part in parts:
        poll()
        asked = plane._replace(estimators=estimators)
        found = _measured(part.model, part.seed, part.beta, x, y, asked)
        found = {name: np.moveaxis(np.asarray(value), (0, 1), (-2, -1)) for name, value in found.items()}
        columns = [everything.index(name) for name in names(asked)]
        for name in TABLES:
            empty = np.full((len(found["dead"]), len(everything), *sweep.finite.shape), np.nan, np.float32)
            row.setdefault(name, empty)[:, columns, : len(part.seed)] = found[name]
        row |= {name: found[name] for name in ("saturated", "dead", "weight_norm") if part is sweep}
    poll()
    count = min(plane.gradient_batches, len(train.x) // sweep.recipe.batch_size)
    moved = _drift(sweep.replace(ema=None, opt_state=None), train, count) if count > 1 else {}
    return row | {name: np.moveaxis(np.asarray(value), -1, 0) for name, value in moved.items()}


def first(sweep, seeds):
    """The models of the first `seeds` seeds of a sweep (None: all), laid over the devices anew."""
    sweep = sweep.replace(ema=None, opt_state=None)
    if seeds is None or seeds >= len(sweep.seed):
        return sweep
    cut = jax.tree.map(lambda leaf: leaf[:seeds] if leaf.ndim else leaf, sweep)
    return sharding.place(cut.replace(beta=sweep.beta))


@partial(jax.jit, static_argnames="plane")
def _measured(models, seeds, betas, x, y, plane):
    def one(model, seed, beta):
        found, idle = member(plane, model, seed, beta, x, y)
        rows = {q: [[getattr(item, q) for item in row.values()] for row in found.values()] for q in QUANTITIES}
        return {q + end: _table(row, field) for q, row in rows.items() for field, end in FIELDS.items()} | idle

    return jax.vmap(jax.vmap(one, in_axes=(0, None, 0)), in_axes=(0, 0, None))(models, seeds, betas)


def _table(rows, field):
    found = [[getattr(item, field, None) for item in row] for row in rows]
    return jnp.array([[jnp.nan if each is None else each for each in row] for row in found], jnp.float32)


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


def variables(rows, layers, kinds, plane, count, finite):
    """What a result holds of a plane, {name: (dims, values)}, from rows {name: [step, layer, ..., seed, beta]}.

    count: inputs measured on. finite: [seed, beta], of the sweep: what diverged is NaN. Every value has a flag, a code
    of information.FLAGS; sampled estimates may lie 3 / sqrt(count) nats beyond a limit before they are flagged.
    """
    axes, pairs = ("seed", "beta", "step", "layer"), ("layer", "estimator")
    found = {"layer": (("layer",), layers), "estimator": (("estimator",), names(plane))}
    for name in rows.keys() - set(TABLES):
        found[name] = (axes, np.moveaxis(np.where(finite, rows[name], np.nan), (-2, -1), (0, 1)))
    for name in QUANTITIES:
        values, ceiling, kind = np.where(finite, rows[name], np.nan), rows[f"{name}_ceiling"], kinds[name]
        # rows of an earlier version do not say; NaN is not 0
        resolved, error = (rows.get(name + end, np.full_like(values, np.nan)) for end in ("_resolved", "_error"))
        parts = [("", values)] + [("_error", np.where(finite, error, np.nan))] * bool(np.isfinite(error).any())
        flags = np.full(values.shape, FLAGS.index("not_measured"), np.int8)
        for i, j in np.argwhere(kind != ""):
            sure = names(plane)[j].startswith(("binned", "kde"))
            # of a sample, cells and distances run out at log N too
            stops = names(plane)[j] in SATURATING or (sure and not plane.enumerated)
            tolerance = 1e-3 if sure else 3 / np.sqrt(count)
            options = {"tolerance": tolerance, "saturating": name == "information_x" and stops}
            options |= {"resolved": resolved[:, i, j] != 0}
            code = information.flag(values[:, i, j], ceiling[:, i, j], kind[i, j], **options)
            flags[:, i, j] = np.where(np.isnan(ceiling[:, i, j]), flags[:, i, j], code)
        codes = {"flag_values": np.arange(len(FLAGS), dtype=np.int8), "flag_meanings": " ".join(FLAGS)}
        for suffix, part, *attrs in (*parts, ("_flag", flags, codes)):
            found[name + suffix] = ((*axes, "estimator"), np.moveaxis(part, (-2, -1), (0, 1)), *attrs)
        found |= {f"{name}_kind": (pairs, kind), f"{name}_ceiling": (pairs, np.fmax.reduce(ceiling, axis=(0, -2, -1)))}
    return found
