"""dSprites and Shapes3D: toy sets of the same features, and what is drawn from them."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import assert_one_line
from prepared_set import write_set

from vib import data
from vib.data import factored, images
from vib.errors import InvalidInput

# as tensorflow-datasets 4.9 has them
FEATURES = {
    "dsprites": {"shape": 3, "scale": 6, "orientation": 40, "x_position": 32, "y_position": 32},
    "shapes3d": {"floor_hue": 10, "wall_hue": 10, "object_hue": 10, "scale": 8, "shape": 4, "orientation": 15},
}
SIZE = 60


def toy(folder, name, largest=255, missing=None, over=0):
    """Writes SIZE different images, with the factors drawn: (pixels [N, 8, 6, C], factors [N, factors])."""
    random, sizes = np.random.default_rng(5), FEATURES[name]
    x = random.integers(largest + 1, size=(SIZE, 8, 6, 1 if name == "dsprites" else 3), dtype=np.uint8)
    factors = random.integers(list(sizes.values()), size=(SIZE, len(sizes)))
    factors[-1, 1] += over
    # in another order than the factors': features have none of their own
    columns = sorted(enumerate(sizes.items()), key=lambda item: item[1][0])
    labels = {f"label_{factor}": (size, lambda _, i, j=j: factors[i, j]) for j, (factor, size) in columns}
    place = write_set(folder, {"train": x}, name, {k: v for k, v in labels.items() if k != missing})
    return SimpleNamespace(x=x, factors=factors, place=place)


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "sets"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return tmp_path / "sets"


def places(dataset, x, written):
    """Which of the written images each of x is."""
    top = dataset.levels - 1
    pixels = np.round(data.pixels(dataset, x) * top).astype(np.uint8)
    rows = {image.tobytes(): i for i, image in enumerate(written)}
    return np.array([rows[image.tobytes()] for image in pixels])


UNORDERED = {"dsprites": ("shape", "orientation"), "shapes3d": ("shape", "floor_hue", "wall_hue", "object_hue")}


@pytest.mark.parametrize(("name", "largest", "levels"), [("dsprites", 1, 2), ("shapes3d", 255, 256)])
def test_images_factors_and_labels_are_those_written(home, name, largest, levels, monkeypatch):
    monkeypatch.setattr(images, "CHUNK", 7)
    written = toy(home, name, largest)
    made = data.load(name, samples_train=30, samples_test=12, seed=3)
    assert (made.name, made.version, made.levels, made.low, made.high) == (name, "1.2.0", levels, -1, 1)
    assert made.factors.names == tuple(FEATURES[name]) and made.factors.sizes == tuple(FEATURES[name].values())
    assert made.factors.unordered == UNORDERED[name]
    assert made.x_train.shape == (30, *written.x.shape[1:]) and made.x_train.dtype == np.float32
    train, test = places(made, made.x_train, written.x), places(made, made.x_test, written.x)
    assert len({*train, *test}) == 42  # none twice, none in both
    np.testing.assert_array_equal(made.factors.train, written.factors[train])
    np.testing.assert_array_equal(made.factors.test, written.factors[test])
    shape = list(FEATURES[name]).index("shape")
    np.testing.assert_array_equal(made.y_train, written.factors[train, shape])
    assert made.classes == FEATURES[name]["shape"] and made.y_test.dtype == np.int32


def test_only_what_is_asked_for_is_read_and_it_spans_the_set(home, monkeypatch):
    toy(home, "dsprites", 1)
    read, decoded = [], images.decoded
    monkeypatch.setattr(
        images, "decoded", lambda source, rows, *rest: read.append(rows) or decoded(source, rows, *rest)
    )
    data.load("dsprites", samples_train=10, samples_test=5)
    (rows,) = read
    assert len(rows) == len(set(rows)) == 15 and max(rows) > 45 and min(rows) < 15


def test_a_seed_draws_its_own_examples_and_has_its_own_cache(home, monkeypatch):
    place = toy(home, "shapes3d").place
    first = data.load("shapes3d", samples_train=20, samples_test=5, seed=1)
    other = data.load("shapes3d", samples_train=20, samples_test=5, seed=2)
    more = data.load("shapes3d", samples_train=21, samples_test=4, seed=1)
    assert (first.factors.train != other.factors.train).any() and len(more.x_train) == 21
    assert len(list(place.glob("vib-shapes3d-1.2.0-*.npz"))) == 3
    monkeypatch.setattr(factored, "_drawn", None)  # a call would raise
    again = data.load("shapes3d", samples_train=20, samples_test=5, seed=1)
    np.testing.assert_array_equal(again.x_train, first.x_train)
    np.testing.assert_array_equal(again.factors.test, first.factors.test)


def test_the_whole_set_can_be_drawn_and_corrupted(home):
    toy(home, "dsprites", 1)
    made = data.load("dsprites:1.2.0", samples_train=50, samples_test=10, held_out=1, low=0.0)
    assert set(made.y_train) == {0, 2} and len(made.factors.train) == len(made.x_train) < 50
    np.testing.assert_array_equal(made.y_train, made.factors.train[:, 0])
    assert set(np.unique(made.x_train)) == {0, 1}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples_train": 58}, ("data.options.samples_train", "61", "60", "ask for fewer")),
        ({"samples_train": 0}, ("data.options.samples_train", "0")),
        ({"samples_test": 2.5}, ("data.options.samples_test", "2.5")),
        ({"samples_trian": 9}, ("samples_trian", "did you mean 'samples_train'")),
        ({"grid": (3, 6)}, ("option of 'dsprites'", "grid")),
        ({"low": 1.0, "high": 0.0}, ("data.options.low", "1.0")),
    ],
)
def test_bad_options_are_told(home, options, words):
    toy(home, "dsprites", 1)
    with pytest.raises(InvalidInput) as error:
        data.load("dsprites", **{"samples_train": 9, "samples_test": 3} | options)
    assert_one_line(error, *words)


@pytest.mark.parametrize("name", ["dsprites", "shapes3d:2.0.0"])
def test_a_set_that_is_not_prepared_names_the_command(home, name):
    with pytest.raises(InvalidInput) as error:
        data.load(name)
    assert_one_line(error, f"is not prepared in '{home}'; run: make data DATASET={name}")


def test_sets_that_do_not_fit(home, tmp_path):
    toy(home, "dsprites", missing="label_scale")
    with pytest.raises(InvalidInput) as error:
        data.load("dsprites", samples_train=9, samples_test=3)
    assert_one_line(error, "'dsprites' holds", "want image", "label_scale")
    toy(tmp_path / "over", "dsprites", over=6)
    with pytest.raises(InvalidInput) as error:
        data.load("dsprites", samples_train=50, samples_test=10, dir=str(tmp_path / "over"))
    assert_one_line(error, "label_scale", "leave 0 to 5")


def test_a_damaged_set_is_told_in_one_line(home):
    place = toy(home, "dsprites", 1).place
    file = place / "dsprites-train.array_record-00000-of-00001"
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(InvalidInput) as error:
        data.load("dsprites", samples_train=9, samples_test=3)
    assert_one_line(error, "is damaged", "make data DATASET=dsprites")
