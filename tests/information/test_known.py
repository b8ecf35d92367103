"""Known distributions: the mean log ratio of their samples by densities from scipy, and closed forms."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, multivariate_t, norm, uniform

from vib.information import known

COUNT = 100_000


def gaussian_shape(correlation):
    return [[1, correlation], [correlation, 1]]


def uniform_ratio(x, y):
    """log p(y|x) / p(y) of X ~ U(0, 1), Y = X + U(-0.1, 0.1)."""
    return np.log(uniform.pdf(y, x - 0.1, 0.2)) - np.log((np.minimum(1, y + 0.1) - np.maximum(0, y - 0.1)) / 0.2)


def t_ratio(x, y):
    joint = multivariate_t(shape=gaussian_shape(0.5), df=3).logpdf(np.stack([x, y], -1))
    return joint - multivariate_t(shape=1, df=3).logpdf(x) - multivariate_t(shape=1, df=3).logpdf(y)


def normal_ratio(x, y):
    joint = multivariate_normal(cov=gaussian_shape(0.9)).logpdf(np.stack([x, y], -1))
    return joint - norm.logpdf(x) - norm.logpdf(y)


def mixture_ratio(t, y):
    return norm.logpdf(t, y, 0.4) - np.log(norm.pdf(t[:, None], [0, 1, 2, 3], 0.4).mean(1))


def tanh_ratio(x, t):
    grid = np.linspace(-3, 3, 121)
    density = [quad(lambda s, at=at: norm.pdf(at, np.tanh(2 * s), 0.2) * norm.pdf(s), -6, 6)[0] for at in grid]
    return norm.logpdf(t, np.tanh(2 * x), 0.2) - np.interp(t, grid, np.log(density))


@pytest.mark.parametrize(
    ("case", "ratio"),
    [
        (known.gaussian(1, 0.9), normal_ratio),
        (known.student(1, 0.5, 3), t_ratio),
        (known.uniform_noise(0.1), uniform_ratio),
        (known.mixture([0, 1, 2, 3], 0.4), mixture_ratio),
        (known.tanh_neuron(2, 0.2), tanh_ratio),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_truths_are_the_mean_log_ratio_of_their_samples(case, ratio):
    """Densities from scipy; four standard errors of 100,000 samples."""
    x, y = (np.squeeze(array) for array in case.sample(np.random.default_rng(0), COUNT))
    ratios = ratio(x, y)
    assert abs(ratios.mean() - case.information) < 4 * ratios.std() / np.sqrt(COUNT) < 0.02


def test_truths_of_several_dimensions_add_up():
    assert known.gaussian(3, 0.8).information == pytest.approx(3 * known.gaussian(1, 0.8).information)
    assert known.gaussian_of(4, 16.0).information == 16
    x, y = known.gaussian_of(1, 1.5).sample(np.random.default_rng(0), COUNT)
    correlation = np.corrcoef(x[:, 0], y[:, 0])[0, 1]
    assert -0.5 * np.log1p(-(correlation**2)) == pytest.approx(1.5, abs=0.02)  # four standard errors
    assert known.encoder(3, 0.5).information == pytest.approx(1.5 * np.log(5))
    assert known.grid(2, 3, 0.01).information == pytest.approx(3 * np.log(2))  # far apart: all of the grid
    assert known.bits(2).information == pytest.approx(1.5 * np.log(2))  # 1/4, 1/2, 1/4
    assert known.symmetric_channel(0.5).information == pytest.approx(0)
