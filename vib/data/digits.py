"""The handwritten digits that ship with scikit-learn: 1797 images of 8 x 8 pixels, 17 grey levels."""

from vib.data import checks
from vib.data.dataset import Dataset
from vib.data.split import stratified
from vib.typing import Integer, Real


def load(*, test_fraction: Real = 0.2, seed: Integer = 0, low: Real = -1.0, high: Real = 1.0) -> Dataset:
    """Images [N, 8, 8, 1] in [low, high]; a stratified test split fixed by the seed."""
    low, high = checks.pixel_range(low, high)
    test_fraction = checks.fraction("test_fraction", test_fraction)
    import sklearn
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    x = checks.scale(images.astype(int).reshape(-1, 8, 8, 1), 17, low, high)
    y = labels.astype("int32")
    train, test = stratified(y, test_fraction, seed)
    version = f"scikit-learn {sklearn.__version__}"
    return Dataset("digits", version, x[train], y[train], x[test], y[test], 10, low, high, 17)
