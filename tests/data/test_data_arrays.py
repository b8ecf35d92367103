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
    whole = {"y_train": np.arange(30.0)[:, None], "y_test": np.ones((9, 1))}
    for y in (whole, {"y_train": np.arange(30) + 0.5, "y_test": np.ones(9)}):  # a test may be whole by chance
        own = data.load("arrays", path=save(tmp_path, **y))
        assert own.classes is None and own.class_names is None and data.entropy_y(own, "train") is None
        assert own.y_train.shape == (30, 1) and own.y_test.dtype == np.float32
        np.testing.assert_array_equal(own.y_train.ravel(), y["y_train"].ravel())


NAMES = np.array(["setosa", "Ägypten", "versicolor", "$a$"])


@pytest.mark.parametrize("labels", [NAMES[np.arange(30) % 4], np.arange(30) % 3 == 0, np.arange(30).astype(str)])
def test_strings_and_bools_are_encoded_as_by_scikit_learn(labels, tmp_path):
    from sklearn.preprocessing import LabelEncoder

    own = data.load("arrays", path=save(tmp_path, y_train=labels, y_test=labels[:9]))
    encoder = LabelEncoder().fit(labels)
    np.testing.assert_array_equal(own.y_train, encoder.transform(labels))
    np.testing.assert_array_equal(own.y_test, encoder.transform(labels[:9]))
    assert own.y_train.dtype == np.int32 and own.classes == len(encoder.classes_)
    assert own.class_names == tuple(map(str, encoder.classes_))
    assert [data.class_name(own, y) for y in own.y_test] == list(map(str, labels[:9]))


def test_a_class_is_held_out_by_its_name_or_number(tmp_path):
    labels = NAMES[np.arange(30) % 4]
    path = save(tmp_path, y_train=labels, y_test=labels[:9])
    one, other = (data.load("arrays", path=path, held_out=which) for which in ("setosa", 1))
    np.testing.assert_array_equal(one.x_train, other.x_train)
    assert "setosa" not in {one.class_names[y] for y in (*one.y_train, *one.y_test)} and one.classes == 4
    flags = np.arange(30) % 3 == 0
    own = data.load("arrays", path=save(tmp_path, y_train=flags, y_test=flags[:9]), label_noise=0.5)
    assert set(own.y_train) == {0, 1} and data.class_of(own, True) == 1
    years = np.array(["1", "2", "3"])[np.arange(30) % 3]
    own = data.load("arrays", path=save(tmp_path, y_train=years, y_test=years[:9]))
    assert [data.class_of(own, which) for which in ("1", "2", "3", 3, 0)] == [0, 1, 2, 2, 0]
    for which, words in ((1, "'1' or '2'"), (2, "'2' or '3'")):
        with pytest.raises(InvalidInput, match=f"data.held_out: {which} is the name .*{words}"):
            data.class_of(own, which)
    with pytest.raises(InvalidInput, match=r"data.held_out: unknown 'Setosa'; did you mean 'setosa'\?"):
        data.class_of(one, "Setosa")
    with pytest.raises(InvalidInput, match=r"data.held_out: 'setosa' is not a whole number"):
        data.class_of(data.load("arrays", path=save(tmp_path)), "setosa")


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
        ({"x_test": np.arange(36.0).reshape(9, 4) % 7 + 1e9}, "x_test[:, 0]: values from 1000000000.0"),
        ({"x_train": np.ones((30, 4), object)}, "x_train: holds Python objects"),
        ({"y_train": np.arange(30) % 3 - 1}, "y_train: labels -1, 0, 1; number the classes 0, 1, 2, ..."),
        ({"y_train": np.where(np.arange(30) > 9, 100_000, 3)}, "y_train: labels 3, 100000; number the classes"),
        ({"y_train": np.arange(30) % 2 * 2**32}, "y_train: labels 0, 4294967296; number the classes"),
        (
            {"y_train": np.uint64(2**63) * (np.arange(30) % 2).astype(np.uint64)},
            "y_train: labels 0, 9223372036854775808",
        ),
        ({"y_train": np.arange(30) * 10}, "y_train: labels 0, 10, 20, 30, ..., 290; number the classes"),
        ({"y_test": np.arange(9)}, "y_test: 3, 4, 5, 6, ..., 8 not in y_train, which has 0, 1, 2"),
        ({"y_train": np.zeros(30, int), "y_test": np.zeros(9, int)}, "y_train: only 0; give at least two classes"),
        ({"y_train": np.ones((30, 1), int)}, "y_train: shape (30, 1)"),
        (
            {"y_train": np.eye(3)[np.arange(30) % 3]},
            "y_train: shape (30, 3), one-hot; give the labels: y_train.argmax(1)",
        ),
        ({"y_test": np.eye(3, dtype=bool)[np.arange(9) % 3]}, "y_test.argmax(1)"),
        ({"y_train": np.arange(30) % 3 * 1.0, "y_test": np.ones(9)}, "y.astype(int), real targets as y[:, None]"),
        ({"y_train": NAMES[np.arange(30) % 4]}, "y_train, y_test: dtypes <U10, int64"),
        (
            {"y_train": np.array(["a", "b"] * 15), "y_test": np.array(["a", "b "])},
            "y_test: 'b ' not in y_train, which has 'a', 'b'",
        ),
        ({"y_train": np.full(30, "a"), "y_test": np.full(9, "a")}, "y_train: only 'a'"),
        ({"y_train": np.array(["a", "b"] * 15)[:, None], "y_test": np.full(9, "a")}, "y_train: shape (30, 1)"),
        ({"y_train": np.array([b"a", b"b"] * 15)}, "y_train: byte strings, dtype |S1; decode them"),
        ({"y_train": np.array(["a", "b"] * 15, object)}, "y_train: holds Python objects; save y_train.astype(str)"),
        ({"y_train": np.ones(30, complex)}, "y_train, y_test: dtypes complex128, int64"),
        ({"y_train": np.array(1)}, "y_train: shape ()"),
        ({"y_train": np.arange(30.0)}, "y_train, y_test: dtypes float64, int64"),
        ({"y_train": np.arange(30) % 7 + 1e9 + 0.5, "y_test": np.full(9, 0.5)}, "y_train[:]: values from 1000000000.5"),
        ({"y_train": np.full(30, np.nan), "y_test": np.ones(9)}, "y_train: 30 values are NaN"),
        ({"y_train": np.ones((30, 2)), "y_test": np.ones(9)}, "y_test: 1 numbers a target"),
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
    with pytest.raises(InvalidInput, match=r"leave low, high = 0, 1"):
        data.load("arrays", path=save(tmp_path), low=0, high=1)
    with pytest.raises(InvalidInput, match=r"low: 0 with high None"):
        data.load("arrays", path=save(tmp_path), low=0)
    for low, high in ((1e8, 1e8 + 1), (0, 1e-40), (-1e39, 1e39)):
        with pytest.raises(InvalidInput, match=r"low: float32 blurs pixels"):
            data.load("digits", low=low, high=high)
