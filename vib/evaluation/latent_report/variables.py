"""What the lab's numbers are, and how they join a result."""

import numpy as np
import xarray as xr

from vib import results
from vib.evaluation.latent_report.draws import SOURCES
from vib.evaluation.latent_report.numbers import SIZES, SPACES
from vib.evaluation.latent_report.scores import SCORES

METRICS = (
    "MIG", "modularity", "SAP", "DCI disentanglement", "DCI completeness", "DCI informativeness", "FactorVAE",
    "beta-VAE",
)  # fmt: skip
PATHS = ("linear", "spherical")
# {name: (axes after seed and beta, unit, what it is)}
NUMBERS = {
    "dimension_rate": (("dimension",), "nats", "KL of a dimension to N(0, 1), training examples"),
    "active_units": ((), "1", "dimensions whose mean has a variance above 0.01 over the training examples"),
    "collapsed_share": (
        (),
        "1",
        "share of dimensions whose KL to N(0, 1) stays below 0.01 for 99 % of the training examples",
    ),
    "intrinsic_dimension": ((), "1", "dimensions that the codes fill, by two nearest neighbours"),
    "index_code_information": ((), "nats", "index-code information, of the training codes"),
    "index_code_ceiling": ((), "nats", "the most it can read, log N"),
    "index_code_information_error": ((), "nats", "standard error of index_code_information over the draws"),
    "code_correlation": ((), "nats", "total correlation of the aggregate posterior"),
    "code_correlation_error": ((), "nats", "standard error of code_correlation over the draws"),
    "dimension_wise_kl": ((), "nats", "the rest of the rate: dimension-wise KL for an r(z) of independent dimensions"),
    "dimension_wise_kl_error": ((), "nats", "standard error of dimension_wise_kl over the draws"),
    "marginal_kl": ((), "nats", "KL(q(z) || r(z)), of the training codes"),
    "marginal_kl_error": ((), "nats", "standard error of marginal_kl over the draws"),
    "hole_share": ((), "1", "share of draws of the prior that fall in holes; 0.01 where there are none"),
    "hole_share_error": ((), "1", "standard error of hole_share over the draws"),
    "image_rate": ((), "nats", "rate of test images, through both stages where there are two"),
    "image_rate_error": ((), "nats", "standard error of image_rate over the images"),
    "image_distortion": ((), "nats", "distortion of test images, through both stages where there are two"),
    "image_distortion_error": ((), "nats", "standard error of image_distortion over the images"),
    "log_likelihood": ((), "nats", "log p(x) of the same test images: likelihood_gap - image_distortion - image_rate"),
    "log_likelihood_error": ((), "nats", "standard error of log_likelihood over the images, which all members share"),
    "likelihood_gap": (
        (),
        "nats",
        "log p(x) by importance weighting with 5000 draws above -(distortion + rate), 64 of the test images",
    ),
    "likelihood_gap_error": ((), "nats", "standard error of likelihood_gap over the images, which all members share"),
    "path_ratio": (("path",), "1", "length of the images of a path over that of a cross-fade"),
    "swap_accuracy": ((), "1", "share of examples moved to another class whose nearest image is of that class"),
    "swap_accuracy_error": ((), "1", "standard error of swap_accuracy over the examples"),
    "sample_frechet": (("source",), "1", "Frechet distance of samples to test images, principal components of pixels"),
    "sample_precision": (("source",), "1", "share of samples that lie among test images"),
    "sample_recall": (("source",), "1", "share of test images that lie among samples"),
    "neighbour_agreement": (("space",), "1", "share of the 10 nearest training codes that have the label"),
    "probe_accuracy": (("labels",), "1", "test accuracy of a linear probe on the codes"),
    "probe_neighbour_accuracy": (("labels",), "1", "test accuracy of 5 nearest neighbours on the codes"),
    "probe_regression": (("labels", "target"), "1", "test R^2 of a ridge regression of the target on the codes"),
    "auroc": (("outlier", "score"), "1", "area under the ROC curve, outliers against test examples"),
    "auroc_low": (("outlier", "score"), "1", "lower end of the 95 % interval of auroc over the examples"),
    "auroc_high": (("outlier", "score"), "1", "upper end of the 95 % interval of auroc over the examples"),
    "aupr": (("outlier", "score"), "1", "average precision, outliers against test examples"),
    "aupr_low": (("outlier", "score"), "1", "lower end of the 95 % interval of aupr over the examples"),
    "aupr_high": (("outlier", "score"), "1", "upper end of the 95 % interval of aupr over the examples"),
    "disentanglement": (("metric",), "1", "disentanglement of the training codes"),
    "factor_information": (("dimension", "factor"), "nats", "I(bin of a dimension; factor)"),
    "factor_importance": (("dimension", "factor"), "1", "importance of a dimension for a factor, as DCI takes it"),
    "factor_r2": (("labels", "factor"), "1", "test R^2 of a ridge regression of a factor on the codes"),
}
# numbers of the inputs themselves, which no member changes
BASELINES = {
    f"{name}_{space}": (NUMBERS[name][0], "1", f"{NUMBERS[name][2].replace('the codes', about)}")
    for space, about in (
        ("pixels", "the inputs"),
        ("components", "as many principal components of the inputs as z has dimensions"),
    )
    for name in ("probe_accuracy", "probe_neighbour_accuracy", "probe_regression", "factor_r2")
} | {"neighbour_agreement_pixels": ((), "1", "share of the 10 nearest training inputs that have the label")}


def axes(lab):
    """The coordinates of the axes besides seed and beta: {name: labels}."""
    fixed = {"path": PATHS, "source": SOURCES, "space": SPACES, "labels": SIZES, "score": SCORES, "metric": METRICS}
    factors = () if lab.factors is None else lab.factors.names
    return fixed | {"outlier": tuple(lab.outliers), "factor": factors}


def join(result, rows, baselines, lab):
    """The result with the lab's numbers in it, in place of earlier ones.

    rows: [seed][beta] of {name: value}, or None for a member that diverged; baselines: {name: value}.
    """
    gone = [name for name in [*NUMBERS, *BASELINES] if name in result]
    kept = result.drop_vars(gone)
    kept = kept.drop_dims([dim for dim in kept.dims if dim in (*axes(lab), "dimension")], errors="ignore")
    measured = [row for line in rows for row in line if row is not None]
    names = [name for name in NUMBERS if measured and name in measured[0]]
    variables = {}
    for name in names:
        dims, units, about = NUMBERS[name]
        empty = np.full(np.shape(measured[0][name]), np.nan)
        values = np.array([[empty if row is None else row[name] for row in line] for line in rows], float)
        variables[name] = (("seed", "beta", *dims), values, {"units": units, "long_name": about})
    for name, value in baselines.items():
        dims, units, about = BASELINES[name]
        variables[name] = (dims, np.asarray(value, float), {"units": units, "long_name": about})
    used = {dim for dims, *_ in variables.values() for dim in dims}
    coordinates = {name: list(labels) for name, labels in axes(lab).items() if name in used}
    if "dimension" in used:
        first = next(name for name in names if "dimension" in NUMBERS[name][0])
        coordinates["dimension"] = list(range(len(measured[0][first])))
    about = {
        "lab_commit": results.commit() or "",
        "lab_examples": len(lab.train.x),
        "lab_test_examples": len(lab.test.x),
    }
    return kept.merge(xr.Dataset(variables, coordinates)).assign_attrs(result.attrs | about)
