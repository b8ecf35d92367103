"""Data given from Python, and the fields of a run on them that takes a second."""

import numpy as np
import pytest

import vib

SMALL = {"betas": (1e-3, 0.1), "seeds": 2, "steps": 30, "widths": (8,), "latent": 2, "measurements": 4}
SMALL |= {"batch_size": 20, "evaluate.samples": 2, "progress": False}


@pytest.fixture(name="blobs", scope="module")
def three_classes():
    """Three classes of 5 coordinates, 90 examples, 30 of them held out."""
    random = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 40)
    x = random.normal(size=(120, 5)) + 2 * y[:, None]
    return vib.data.from_arrays(x, y, test_fraction=0.25)


@pytest.fixture(name="images", scope="module")
def two_classes():
    """Two classes of 8 x 8 pixels, bright above or below."""
    random = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = random.random((80, 8, 8, 1)) * 0.5
    x[y == 1, :4] += 0.5
    x[y == 0, 4:] += 0.5
    return vib.data.from_arrays(x, y, test_fraction=0.25, low=0.0, high=1.0)
