"""The user's own npz file: what is taken, and everything that can be wrong with it."""

import numpy as np
import pytest

from vib import data
from vib.errors import InvalidInput


def good():
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.normal(size=(30, 4)),
        "y_train": np.arange(30) % 3,
        "x_test": rng.normal(size=(9, 4)),
        "y_test": np.arange(9) % 3,
    }


def save(folder, **changes):
    arrays = {name: array for name, array in (good() | changes).items() if array is not None}
    np.savez(folder / "own.npz", **arrays)
    return folder / "own.npz"


def test_labels_and_inputs_are_taken_as_they_are(tmp_path):
    own = data.load("arrays", path=save(tmp_path))
    np.testing.assert_array_equal(own.x_train, good()["x_train"].astype(np.float32))
    np.testing.assert_array_equal(own.y_test, good()["y_test"])
    assert own.y_train.dtype == np.int32 and own.classes == 3
    assert own.low is None and own.levels is None and own.exact is None
    assert own.version == data.load("arrays", path=str(tmp_path / "own.npz")).version
    assert own.version != data.load("arrays", path=save(tmp_path, x_test=np.ones((9, 4)))).version


def test_real_targets_make_a_regression(tmp_path):
    own = data.load("arrays", path=save(tmp_path, y_train=np.arange(30.0), y_test=np.ones((9, 1))))
    assert own.classes is None and own.y_train.shape == (30, 1) and own.y_test.dtype == np.float32
    assert data.entropy_y(own, "train") is None


def test_whole_number_images_with_a_range_are_pixels(tmp_path):
    images = {f"x_{split}": np.full((n, 2, 3, 1), n, np.uint8) for split, n in (("train", 30), ("test", 9))}
    path = save(tmp_path, **images)
    assert data.load("arrays", path=path).low is None
    own = data.load("arrays", path=path, low=0, high=255)
    assert (own.low, own.high, own.levels) == (0, 255, 256) and own.x_train.shape == (30, 2, 3, 1)
    assert data.pixels(own, own.x_train).max() == pytest.approx(30 / 255)
    assert data.load("arrays", path=path, low=0, high=255, binarize=True).levels == 2


WITH_NAN = np.where(np.arange(120).reshape(30, 4) == 7, np.nan, 1.0)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"x_test": None}, "lacks x_test"),
        ({"x_train": WITH_NAN}, "x_train: 1 values are NaN"),
        ({"x_train": np.full((30, 4), 1e300)}, "x_train: 120 values are NaN or infinite"),
        ({"x_train": np.ones((30, 4, 4))}, "x_train: shape (30, 4, 4)"),
        ({"x_train": np.ones((0, 4)), "y_train": np.ones(0, int)}, "x_train: shape (0, 4)"),
        ({"x_train": np.full((30, 4), "a")}, "x_train: dtype"),
        ({"x_test": np.ones((9, 5))}, "x_test: shape (9, 5)"),
        ({"x_test": np.ones((8, 4))}, "y_test: 9 targets for 8 inputs"),
        ({"y_train": np.arange(30) % 3 - 1}, "y_train: label -1 is out of range"),
        ({"y_test": np.arange(9)}, "y_test: label 8 is out of range; y_train has the labels 0 to 2"),
        ({"y_train": np.arange(30) * 10}, "y_train: largest label 290"),
        ({"y_train": np.zeros(30, int), "y_test": np.zeros(9, int)}, "makes 1 classes"),
        ({"y_train": np.ones((30, 1), int)}, "y_train: shape (30, 1)"),
        ({"y_train": np.arange(30.0)}, "y_train, y_test: dtypes float64, int64"),
        ({"y_train": np.full(30, np.nan), "y_test": np.ones(9)}, "y_train: 30 values are NaN"),
        ({"y_train": np.ones((30, 2)), "y_test": np.ones(9)}, "y_test: 1 numbers a target"),
        ({"y_train": np.array([{}] * 30)}, "no whole npz of plain arrays"),
    ],
)
def test_bad_arrays_are_told_in_one_line(changes, says, tmp_path):
    with pytest.raises(InvalidInput) as told:
        data.load("arrays", path=save(tmp_path, **changes))
    assert says in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize("keep", [0, 3, 200, 900, -30])
def test_a_truncated_file_is_told_in_one_line(keep, tmp_path):
    path = save(tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InvalidInput, match="no whole npz"):
        data.load("arrays", path=path)


def test_other_bad_files(tmp_path):
    with pytest.raises(InvalidInput, match="no file"):
        data.load("arrays", path=tmp_path / "nothing.npz")
    with pytest.raises(InvalidInput, match="no file"):
        data.load("arrays", path=tmp_path)
    (tmp_path / "text.npz").write_text("not an archive")
    np.save(tmp_path / "single.npy", np.ones(3))
    for name in ("text.npz", "single.npy"):
        with pytest.raises(InvalidInput, match="no whole npz"):
            data.load("arrays", path=tmp_path / name)
    flipped = bytearray(save(tmp_path).read_bytes())
    flipped[500] ^= 0xFF
    (tmp_path / "own.npz").write_bytes(flipped)
    with pytest.raises(InvalidInput, match="no whole npz"):
        data.load("arrays", path=tmp_path / "own.npz")


def test_pixels_outside_their_range(tmp_path):
    with pytest.raises(InvalidInput, match=r"leave data.low, data.high = 0, 1"):
        data.load("arrays", path=save(tmp_path), low=0, high=1)
    with pytest.raises(InvalidInput, match=r"data.low, data.high: 0, None"):
        data.load("arrays", path=save(tmp_path), low=0)
