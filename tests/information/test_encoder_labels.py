"""What a code knows of the label, from the mixtures of its own encoder."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.integrate import quad
from scipy.stats import norm

from vib.distributions import Gaussian, sample
from vib.errors import InvalidInput
from vib.information import encoder_labels

COUNT = 2000


def pairs(distance):
    """Inputs of two classes, whose codes are N(-distance / 2, 1) and N(distance / 2, 1): q, one draw each, labels."""
    y = np.arange(COUNT) % 2
    mean = jnp.asarray(distance * (y - 0.5), jnp.float32)[:, None]
    q = Gaussian(mean, jnp.ones_like(mean))
    return q, sample(q, jax.random.key(0)), y.astype(np.int32)


@pytest.mark.parametrize("distance", [0.5, 2.0, 8.0])
def test_two_gaussians_by_quadrature(distance):
    """I(Z;Y) = log 2 - H(Y|Z), an integral over z; 4 standard errors of the mean over draws."""

    def density(z):
        p = norm.pdf(z, distance / 2), norm.pdf(z, -distance / 2)
        return p[0] * np.log(2 * p[0] / (p[0] + p[1])) if p[0] > 0 else 0.0

    truth = quad(density, -12, 12, limit=200)[0]
    found = encoder_labels(*pairs(distance))
    assert found.value == pytest.approx(truth, abs=4 * 0.5 / COUNT**0.5)
    assert found.ceiling == pytest.approx(np.log(2)) and found.kind == "estimate"
    assert found.value <= found.ceiling + 1e-5


def test_code_that_does_not_look_at_the_input_knows_nothing():
    q, z, y = pairs(0.0)
    assert encoder_labels(q, z, y).value == pytest.approx(0, abs=1e-5)


def test_inside_jit_and_along_a_grid_it_is_the_same():
    q, z, y = pairs(2.0)
    alone = encoder_labels(q, z, y).value
    along = jax.jit(jax.vmap(lambda m, z: encoder_labels(Gaussian(m, q.std), z, y, classes=2).value))
    np.testing.assert_allclose(along(jnp.stack([q.mean] * 2), jnp.stack([z] * 2)), [alone] * 2, rtol=1e-5)


def test_labels_that_do_not_fit_are_told():
    q, z, y = pairs(2.0)
    with pytest.raises(InvalidInput) as error:
        encoder_labels(q, z, y[:-1])
    assert_one_line(error, "y", str(COUNT))
    with pytest.raises(InvalidInput) as error:
        encoder_labels(Gaussian(q.mean, 0 * q.std), z, y)
    assert_one_line(error, "q.std", "0")
