"""Which data these are: any change tells, a new name or a new file of the same arrays does not."""

import numpy as np
import pytest
from conftest import assert_one_line

from vib import data
from vib.data import Dataset, Factors
from vib.errors import InvalidInput

SOURCES = {
    "digits": {},
    "szt": {},
    "sprites": {"samples_train": 6, "samples_test": 3, "size": 8},
    "gaussian": {"covariance": [[1, 0.5], [0.5, 1]], "dim_x": 1, "samples_train": 9, "samples_test": 5},
    "discrete": {"joint": [[0.5, 0], [0, 0.5]], "samples_train": 9, "samples_test": 5},
}


def made(**changes):
    x, y = np.arange(12, dtype=np.float32).reshape(4, 3), np.arange(4, dtype=np.int32)
    factors = Factors(("a",), (4,), y[:, None], y[:2, None], ())
    return Dataset("own", "1", x, y, x[:2], y[:2], 4, factors=factors)._replace(**changes)


def crc(dataset):
    return data.identity(dataset).split(", crc32 ")[1]


def test_any_number_tells_and_names_do_not():
    whole = made()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        for place in range(getattr(whole, name).size):
            other = getattr(whole, name).copy()
            other.flat[place] += 1
            assert crc(made(**{name: other})) != crc(whole), (name, place)
    for split in ("train", "test"):
        other = whole.factors._replace(**{split: getattr(whole.factors, split) + 1})
        assert crc(made(factors=other)) != crc(whole)
    x = whole.x_train
    assert len({crc(made(x_train=each)) for each in (x, x[::-1], x[:, ::-1], x.reshape(2, 6), x.astype("f8"))}) == 5
    assert crc(made(name="other", version="2", x_train=np.asfortranarray(x))) == crc(whole)
    assert data.identity(whole) == f"own 1, crc32 {crc(whole)}"


def test_what_is_computed_is_known_by_what_it_is_made_of():
    one = made(made_of="a")
    assert crc(one) == crc(made(made_of="a", x_train=one.x_train + 1e-6)) != crc(made(made_of="b"))
    assert crc(one) != crc(made(made_of="a", y_train=one.y_train + 1))
    assert data.load("sprites", **SOURCES["sprites"]).made_of and not data.load("digits").made_of


def test_gaussian_samples_are_the_same_on_a_processor_that_rounds_otherwise():
    options = SOURCES["gaussian"]
    one = data.load("gaussian", **options)
    arrays = {name: getattr(one, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    rounded = {name: np.nextafter(array, np.float32(np.inf)) for name, array in arrays.items()}
    assert crc(one) == crc(one._replace(**rounded))
    others = {"covariance": [[1, 0.4], [0.4, 1]], "samples_train": 8, "samples_test": 6, "seed": 1, "train_size": 5}
    found = {crc(data.load("gaussian", **options | {name: value})) for name, value in others.items()}
    assert len(found | {crc(one)}) == 1 + len(others)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_the_same_again_and_told_from_its_other_seed(name):
    options = SOURCES[name]
    first = data.identity(data.load(name, **options))
    assert data.identity(data.load(name, **options, identity=first)) == first
    with pytest.raises(InvalidInput) as error:
        data.load(name, **options, seed=1, identity=first)
    assert_one_line(error, first, data.identity(data.load(name, **options, seed=1)), "another workdir")


def test_two_files_of_the_same_arrays_are_the_same_data(tmp_path):
    arrays = {f"x_{split}": np.eye(4) for split in ("train", "test")}
    arrays |= {f"y_{split}": np.arange(4) % 2 for split in ("train", "test")}
    np.savez(tmp_path / "one.npz", **arrays)
    np.savez_compressed(tmp_path / "other.npz", **arrays)
    one, other = (data.load("arrays", path=str(tmp_path / f"{name}.npz")) for name in ("one", "other"))
    assert one.version != other.version and data.same(data.identity(one), data.identity(other))


def test_a_record_of_old_has_a_version_and_no_digest():
    assert data.same("digits scikit-learn 1.8, crc32 1a2b3c4d", "digits scikit-learn 1.8")
    assert not data.same("own 2, crc32 1a2b3c4d", "own 1")
    data.check("own 1, crc32 1a2b3c4d", None)


@pytest.mark.parametrize("name", ["digits scikit-learn {}", "features digits scikit-learn {}, runs/a"])
def test_without_a_digest_the_version_of_the_library_tells_nothing(name, caplog):
    """And it is said; of two digests, or of other data, as ever."""
    old, new = name.format("1.5.0"), f"{name.format('1.8.0')}, crc32 1a2b3c4d"
    data.check(f"{old}, crc32 1a2b3c4d", new)
    data.check(name.format("1.8.0"), new)
    assert not caplog.messages
    data.check(new, old)
    (line,) = caplog.messages
    assert old in line and new in line and "no digest" in line
    for other in (f"{old}, crc32 00000000", f"other {old}"):
        with pytest.raises(InvalidInput):
            data.check(new, other)
