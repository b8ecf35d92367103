"""Every number of one member: {name: array}, on the axes that vib/evaluation/latent_report/variables.py gives it."""

import warnings
from functools import partial

import jax
import numpy as np

from vib.errors import InvalidInput, LeftOut
from vib.evaluation.latent_report import draws, scores
from vib.evaluation.latent_report.examples import spaced
from vib.latent import decomposition, dimensions, directions, disentanglement, interpolation, probes, quality, sampling
from vib.latent.likelihood import log_likelihood
from vib.latent.neighbours import label_agreement, nearest
from vib.latent.views import codes, images

PATHS = 50  # pairs of examples to go between
STEPS = 12  # images of a path
SIZES = (30, 100, 300, 1000, 3000)  # training labels of a probe
LIKELIHOOD = {"draws": 5000, "examples": 64}
PART_ERRORS = (
    "index_code_information_error",
    "code_correlation_error",
    "dimension_wise_kl_error",
    "marginal_kl_error",
)
SPACES = ("euclidean", "cosine", "kl", "bhattacharyya")
NEIGHBOURS = 10


def measure(model, lab, key):
    """The numbers of a trained Bottleneck with a Gaussian code: {name: array or float}, nats. Raises InvalidInput.

    What needs a decoder to x, a density q(z|x), labels, factors or outliers is left out where there are none.
    """
    train, test = (codes(model, batch.x) for batch in (lab.train, lab.test))
    found = plain(train, test, lab)
    if not model.deterministic:
        found |= of_density(model, lab, train, test, jax.random.fold_in(key, 0))
    if lab.decodes:
        found |= of_images(model, lab, train, test, jax.random.fold_in(key, 1))
    found |= scores.separations(model, lab, train, jax.random.fold_in(key, 2))
    if lab.factors is not None:
        found |= of_factors(lab, train, test)
    return found


def plain(train, test, lab):
    """What only needs codes, and labels where there are any."""
    found = {
        "intrinsic_dimension": or_nan("intrinsic dimension", lambda: dimensions.intrinsic_dimension(train.mean).value)
    }
    if lab.dataset.classes is None:
        return found | {"probe_regression": by_labels(regression, train.mean, lab.train.y, test.mean, lab.test.y)}
    if not lab.labelled:
        return found
    labelled = (train.mean, lab.train.y, test.mean, lab.test.y)
    found["probe_accuracy"] = by_labels(probes.linear_accuracy, *labelled)
    found["probe_neighbour_accuracy"] = by_labels(probes.neighbour_accuracy, *labelled)
    deterministic = not np.all(train.std > 0)
    metrics = SPACES[:2] if deterministic else SPACES
    # a code of relu units can be all zeros, which has no direction
    agree = [or_nan(f"neighbours by {metric}", partial(agreement, train, test, lab, metric)) for metric in metrics]
    found["neighbour_agreement"] = np.array(agree + [np.nan] * (len(SPACES) - len(metrics)))
    return found


def baselines(lab, width):
    """The same of pixels and of `width` of their principal components, which are no member's."""
    found, project = {}, probes.principal(lab.pixels[0], min(width, *lab.pixels[0].shape))
    for name, (train, test) in (("pixels", lab.pixels), ("components", tuple(map(project, lab.pixels)))):
        labelled = (train, lab.train.y, test, lab.test.y)
        if lab.labelled:
            found[f"probe_accuracy_{name}"] = by_labels(probes.linear_accuracy, *labelled)
            found[f"probe_neighbour_accuracy_{name}"] = by_labels(probes.neighbour_accuracy, *labelled)
        if lab.dataset.classes is None:
            found[f"probe_regression_{name}"] = by_labels(regression, *labelled)
        if lab.factors is not None:
            found[f"factor_r2_{name}"] = by_labels(regression, train, lab.factors.train, test, lab.factors.test)
    if lab.labelled:
        index = nearest(lab.pixels[1], lab.pixels[0], NEIGHBOURS).index
        found["neighbour_agreement_pixels"] = label_agreement(index, lab.test.y, lab.train.y).mean
    return found


def of_density(model, lab, train, test, key):
    """What needs q(z|x) to be a density: the rate by dimension and in parts, and holes of the prior."""
    draw_key, hole_key = jax.random.split(key)
    z, rows = sampling.aggregate(train, draw_key, draws.DRAWS)
    found = {
        "dimension_rate": dimensions.rate_per_dimension(train),
        "active_units": int(dimensions.active_units(train).sum()),
        "collapsed_share": float(dimensions.collapsed(train).mean()),
    }
    if not model.marginal.density:
        return found
    parts = decomposition.decomposition(train, rows, z, scores.log_marginal(model, z))
    # too few test examples tell no holes
    share, error = or_nan("holes", lambda: draws.prior_in_holes(model, train, test, hole_key)[1][:2], 2)
    return found | {
        "index_code_information": parts.index_code, "index_code_ceiling": parts.ceiling,
        "code_correlation": parts.total_correlation, "dimension_wise_kl": parts.dimension_wise,
        "marginal_kl": parts.aggregate_gap, "hole_share": share, "hole_share_error": error,
        **dict(zip(PART_ERRORS, (*parts.standard_error, parts.gap_error), strict=True)),
    }  # fmt: skip


def of_images(model, lab, train, test, key):
    """What needs a decoder to x: likelihood, paths, swaps and the quality of samples."""
    keys = jax.random.split(key, 4)
    decode = partial(images, model)
    found = {"path_ratio": paths(decode, test, keys[0])}
    if lab.labelled:
        found["swap_accuracy"], found["swap_accuracy_error"] = swaps(decode, lab, train, test, keys[1])
    if model.deterministic:
        return found
    found |= likelihood(model, lab, keys[2])
    return found | sample_quality(model, lab, decode, train, keys[3])


def likelihood(model, lab, key):
    """Rate, distortion and log p(x), all three of the same test images, and their errors over images, nats.

    Importance weighting takes long, so a few images say how far log p(x) lies above -(rate + distortion), whose mean is
    over all. That gap varies far less from image to image than log p(x) does.
    """
    x, target = lab.test.x, lab.test.target
    few = spaced(len(x), LIKELIHOOD["examples"])
    terms = scores.terms_of(model, x, target, key)
    by_weights = log_likelihood(model, x[few], target[few], key, LIKELIHOOD["draws"])
    rate, distortion, by_weights = (np.asarray(each, float) for each in (terms.rate, terms.distortion, by_weights))
    gap = by_weights + (rate + distortion)[few]
    # as if all had been weighted, and what it adds that the gap was taken of few
    variance = by_weights.var(ddof=1) / len(x) + gap.var(ddof=1) * (1 / len(few) - 1 / len(x))
    return {
        "image_rate": rate.mean(), "image_rate_error": standard_error(rate),
        "image_distortion": distortion.mean(), "image_distortion_error": standard_error(distortion),
        "log_likelihood": gap.mean() - (rate + distortion).mean(), "log_likelihood_error": np.sqrt(variance),
        "likelihood_gap": gap.mean(), "likelihood_gap_error": standard_error(gap),
    }  # fmt: skip


def standard_error(values):
    """That of the mean of values [N]."""
    return values.std(ddof=1) / np.sqrt(len(values))


def sample_quality(model, lab, decode, train, key):
    """Images of draws from the prior, the aggregate posterior and a mixture fitted to it: {name: [source]}.

    Means of p(x|z), but draws of a Bernoulli one.
    """
    draw_key, noise_key = jax.random.split(key)
    made = [decode(z) for z in draws.sources(model, train, draw_key, draws.DRAWS).values()]
    if model.decoder.likelihood == "bernoulli":  # real ones are draws too, and a mean lies in their middle
        noise = jax.random.uniform(noise_key, made[0].shape)
        made = [np.asarray(noise < x, np.float32) for x in made]
    real = lab.project(lab.pixels[1])
    found = [quality.quality(real, lab.project(x.reshape(len(x), -1))) for x in made]
    return {f"sample_{name}": np.array([getattr(each, name) for each in found]) for name in quality.Quality._fields}


def paths(decode, test, key):
    """The length of linear and spherical paths between examples, over that of a cross-fade: means, [path]."""
    pairs = np.asarray(jax.random.choice(key, len(test.mean), (2, PATHS)))
    found = []
    for path in (interpolation.linear, interpolation.spherical):
        z = np.asarray(path(test.mean[pairs[0]], test.mean[pairs[1]], STEPS))
        ways = decode(z.reshape(-1, z.shape[-1])).reshape(PATHS, STEPS, -1)
        ratios = np.array([interpolation.smoothness(way) for way in ways])
        found.append(ratios[np.isfinite(ratios)].mean() if np.isfinite(ratios).any() else np.nan)
    return np.array(found)


def swaps(decode, lab, train, test, key):
    """How often an example moved to another class by arithmetic lands nearest to an image of it: (share, error)."""
    classes = np.unique(lab.train.y)
    means = directions.group_means(train.mean, np.searchsorted(classes, lab.train.y), len(classes))
    groups = np.searchsorted(classes, lab.test.y)
    shift = np.asarray(jax.random.randint(key, groups.shape, 1, len(classes)))
    targets = (groups + shift) % len(classes)
    moved = decode(directions.swapped(test.mean, groups, targets, means))
    return directions.swap_accuracy(moved, targets, lab.train.target, np.searchsorted(classes, lab.train.y))


def of_factors(lab, train, test):
    """Disentanglement of the codes by known factors, and what a ridge regression reads of each.

    NaN for a metric that these examples do not allow: of one dimension or factor, or of values that are too rare.
    """
    z, factors, names = train.mean, lab.factors.train, lab.factors.names
    unordered = tuple(i for i, name in enumerate(names) if name in lab.factors.unordered)
    *concentrations, importance = or_nan("DCI", lambda: disentanglement.dci(z, factors)[:4], 4)
    scores = [
        or_nan("MIG", lambda: disentanglement.mig(z, factors).score),
        or_nan("modularity", lambda: disentanglement.modularity(z, factors).score),
        or_nan("SAP", lambda: disentanglement.sap(z, factors, unordered).score),
        *concentrations,
        or_nan("FactorVAE", lambda: disentanglement.factor_vae_score(z, factors).score),
        or_nan("beta-VAE", lambda: disentanglement.beta_vae_score(z, factors).score),
    ]
    return {
        "disentanglement": np.array(scores),
        "factor_information": np.asarray(disentanglement.information_matrix(z, factors).information),
        "factor_importance": np.broadcast_to(importance, (z.shape[1], len(names))),
        "factor_r2": by_labels(regression, z, factors, test.mean, lab.factors.test),
    }


def by_labels(probe, x_train, y_train, x_test, y_test):
    """A probe's score by number of labels: [labels] of classes, [labels, F] of y [N, F]; NaN beyond those there are."""
    least = len(np.unique(y_train)) if y_train.ndim == 1 else 2
    sizes = [size for size in SIZES if least <= size <= len(x_train)]
    found = np.full((len(SIZES), *y_test.shape[1:]), np.nan)
    if sizes:
        places = [SIZES.index(size) for size in sizes]
        found[places] = probes.by_labels(probe, x_train, y_train, x_test, y_test, sizes, repeats=2).mean(0)
    return found


def agreement(train, test, lab, metric):
    """Share of the nearest training codes that have the label of a test code."""
    pair = (test.mean, train.mean) if metric in SPACES[:2] else (test, train)
    return label_agreement(nearest(*pair, NEIGHBOURS, metric).index, lab.test.y, lab.train.y).mean


def regression(x_train, y_train, x_test, y_test):
    """R^2 of each column of y [N, F] by features: [F], NaN for one that does not vary in the test."""
    varies = np.flatnonzero(np.ptp(y_test, axis=0))
    found = np.full(y_test.shape[1], np.nan)
    if len(varies):
        found[varies] = probes.factor_regression(x_train, y_train[:, varies], x_test, y_test[:, varies])
    return found


def or_nan(name, measure, count=None):
    """What measure() finds, or NaN, `count` of them, with a LeftOut that says why these examples do not allow it."""
    try:
        return measure()
    except InvalidInput as error:
        warnings.warn(f"{name}: {error}", LeftOut, stacklevel=2)
        return np.nan if count is None else (np.nan,) * count
