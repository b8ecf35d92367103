"""Sets of tensorflow-datasets: small ones written here without TensorFlow, and MNIST where it is prepared."""

import logging
import os

import numpy as np
import pytest
import tensorflow_datasets
from prepared_set import HIDDEN, write_set

from experiments import prepare
from vib import data
from vib.data import cache, images
from vib.errors import InvalidInput


def noise(size, channels=3, seed=0):
    return np.random.default_rng(seed).integers(256, size=(size, 5, 4, channels), dtype=np.uint8)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of sets, with the user's cache beside it."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "sets"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return tmp_path / "sets"


def grey(dataset, x):
    return np.round(data.pixels(dataset, x) * 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_labels_and_version(home, channels):
    train, test = noise(1100, channels), noise(7, channels, seed=1)
    write_set(home, {"train": train, "test": test})
    tiny = data.load("tiny")
    np.testing.assert_array_equal(grey(tiny, tiny.x_train), train)
    np.testing.assert_array_equal(grey(tiny, tiny.x_test), test)
    np.testing.assert_array_equal(tiny.y_train, np.arange(1100) % 3)
    assert tiny.x_train.dtype == np.float32 and tiny.y_test.dtype == np.int32
    assert (tiny.name, tiny.version, tiny.classes, tiny.levels) == ("tiny", "1.2.0", 3, 256)
    assert (tiny.low, tiny.high, tiny.class_names) == (-1, 1, None)


def test_dir_and_version_in_the_name_and_range(home, tmp_path):
    write_set(tmp_path / "else", {"train": noise(6), "test": noise(3)})
    tiny = data.load("tiny:1.2.0", dir=str(tmp_path / "else"), low=0.0, high=255.0)
    np.testing.assert_array_equal(tiny.x_train, noise(6))


def test_classes_have_the_names_of_the_set(home):
    place = write_set(home, {"train": noise(6), "test": noise(3)})
    (place / "label.labels.txt").write_text("owl\ncat\nDog\n")
    assert data.load("tiny").class_names == ("owl", "cat", "Dog")
    assert 1 not in data.load("tiny", held_out="cat").y_test


def test_validation_stands_in_for_a_missing_test(home):
    write_set(home, {"train": noise(6), "validation": noise(4, seed=2)})
    tiny = data.load("tiny")
    np.testing.assert_array_equal(grey(tiny, tiny.x_test), noise(4, seed=2))


def test_last_fifth_stands_in_where_there_is_only_train(home):
    write_set(home, {"train": noise(20)})
    tiny = data.load("tiny")
    np.testing.assert_array_equal(grey(tiny, tiny.x_train), noise(20)[:16])
    np.testing.assert_array_equal(grey(tiny, tiny.x_test), noise(20)[16:])


def refuse(*_):
    raise AssertionError("decoded again")


def test_the_second_load_reads_the_cache_beside_the_set(home, monkeypatch):
    place = write_set(home, {"train": noise(6), "test": noise(3)})
    first = data.load("tiny")
    assert len(list(place.glob("vib-tiny-1.2.0-*.npz"))) == 1 and not list(place.glob("*.part"))
    monkeypatch.setattr(images, "_decode", refuse)
    second = data.load("tiny")
    np.testing.assert_array_equal(first.x_train, second.x_train)
    np.testing.assert_array_equal(first.y_test, second.y_test)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text"])
def test_a_damaged_cache_is_made_anew(home, damage, caplog, monkeypatch):
    place = write_set(home, {"train": noise(60), "test": noise(30)})
    data.load("tiny")
    (file,) = place.glob("vib-*.npz")
    whole = file.read_bytes()
    flipped = whole[:900] + bytes([whole[900] ^ 1]) + whole[901:]
    file.write_bytes({"truncated": whole[:-50], "flipped": flipped, "empty": b"", "text": b"no archive"}[damage])
    with caplog.at_level(logging.WARNING):
        tiny = data.load("tiny")
    np.testing.assert_array_equal(grey(tiny, tiny.x_train), noise(60))
    assert "damaged and made anew" in caplog.text
    monkeypatch.setattr(images, "_decode", refuse)
    data.load("tiny")


def test_a_read_only_set_is_cached_for_the_user(home, tmp_path, monkeypatch):
    place = write_set(home, {"train": noise(6), "test": noise(3)})
    place.chmod(0o555)
    before = sorted(place.iterdir())
    data.load("tiny")
    assert sorted(place.iterdir()) == before
    assert len(list((tmp_path / "user" / "vib").glob("vib-tiny-*.npz"))) == 1
    monkeypatch.setattr(images, "_decode", refuse)
    data.load("tiny")
    place.chmod(0o755)


def test_without_any_cache_it_warns_and_goes_on(home, tmp_path, caplog):
    place = write_set(home, {"train": noise(6), "test": noise(3)})
    place.chmod(0o555)
    (tmp_path / "user").write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        tiny = data.load("tiny")
    np.testing.assert_array_equal(grey(tiny, tiny.x_train), noise(6))
    assert len(caplog.records) == 1 and "no cache" in caplog.text
    place.chmod(0o755)


def test_a_set_prepared_anew_is_not_read_from_the_old_cache(home, tmp_path):
    write_set(home, {"train": noise(6), "test": noise(3)}).chmod(0o555)
    data.load("tiny")
    os.rename(home / "tiny", tmp_path / "old")
    write_set(home, {"train": noise(8), "test": noise(3)}).chmod(0o555)
    assert len(data.load("tiny").x_train) == 8


def test_a_kill_in_the_write_leaves_no_half_cache(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cache.np, "savez", stop)
    with pytest.raises(KeyboardInterrupt):
        cache.cached("a.npz", (tmp_path,), lambda: {"x": np.ones(3)})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "mnist:9.9.9", "emnist/letters"])
def test_a_set_that_is_not_prepared_names_the_command(home, name, monkeypatch):
    import socket

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(InvalidInput) as told:
        data.load(name)
    assert str(told.value).endswith(f"is not prepared in '{home}'; run: make data DATASET={name}")


def test_the_command_carries_a_folder_of_ones_own(home, tmp_path):
    with pytest.raises(InvalidInput, match=f"run: TFDS_DATA_DIR={tmp_path} make data DATASET=mnist"):
        data.load("mnist", dir=tmp_path)


def test_a_misspelt_set_that_is_prepared_is_offered(home):
    write_set(home, {"train": noise(6), "test": noise(3)})
    with pytest.raises(InvalidInput, match="did you mean 'tiny'"):
        data.load("tinny")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mnits", "no set 'mnits' in tensorflow-datasets; did you mean 'mnist'?"),
        ("zzzz:1.0", "no set 'zzzz' in tensorflow-datasets; see tensorflow.org/datasets/catalog"),
        ("mnist", "cannot prepare 'mnist': OSError: no network"),
    ],
)
def test_what_cannot_be_prepared_is_one_line(name, says, monkeypatch, capsys):
    def unreachable(*_, **__):
        raise OSError("no network\nand a page of reasons")

    monkeypatch.setattr(tensorflow_datasets, "builder", unreachable)
    monkeypatch.setattr("sys.argv", ["prepare", name])
    with pytest.raises(SystemExit) as ended:
        prepare.main()
    assert (ended.value.code, capsys.readouterr().err) == (2, f"error: {says}\n")


def test_sets_that_do_not_fit(home, tmp_path):
    splits = {"train": noise(6), "test": noise(3)}
    write_set(home, splits, "plain", labels={})
    write_set(home, splits, "records", form="tfrecord")
    write_set(home, splits, "hidden", labels=HIDDEN)
    write_set(home, {"test": noise(3)}, "untrained")
    for name, says in (
        ("plain", "no image-classification set"),
        ("records", "prepared as tfrecord"),
        ("hidden", "labels of 'test' leave 0 to 2"),
        ("untrained", "no split 'train'"),
    ):
        with pytest.raises(InvalidInput, match=says):
            data.load(name)


@pytest.mark.parametrize("file", ["tiny-train.array_record-00000-of-00001", "dataset_info.json"])
def test_a_damaged_set_is_told_in_one_line(home, file):
    place = write_set(home, {"train": noise(60), "test": noise(3)})
    (place / file).write_bytes((place / file).read_bytes()[:-30])
    with pytest.raises(InvalidInput, match="is damaged") as told:
        data.load("tiny")
    assert "\n" not in str(told.value) and "make data DATASET=tiny" in str(told.value)


@pytest.mark.skipif("mnist" not in images.prepared(), reason="no prepared MNIST in TFDS_DATA_DIR")
def test_mnist_is_mnist():
    mnist = data.load("mnist")
    assert mnist.x_train.shape == (60000, 28, 28, 1) and mnist.x_test.shape == (10000, 28, 28, 1)
    assert (mnist.name, mnist.version, mnist.classes, mnist.levels) == ("mnist", "3.0.1", 10, 256)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    np.testing.assert_array_equal(np.bincount(mnist.y_train), counts)
    intensity = data.pixels(mnist, mnist.x_train)
    assert intensity.mean(dtype=np.float64) == pytest.approx(0.13066, abs=1e-5)
    assert intensity.std(dtype=np.float64) == pytest.approx(0.30811, abs=1e-5)
    assert mnist.x_train.min() == -1 and mnist.x_train.max() == 1
    assert data.entropy_y(mnist, "train") == pytest.approx(2.3011592, abs=1e-6)
