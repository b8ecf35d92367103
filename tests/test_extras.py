"""What a run is whole without: it comes after the results are safe, and what cannot be had is named."""

import numpy as np
import pytest
import small
import xarray as xr
from quick import quickly_compiled  # noqa: F401
from small import compiled  # noqa: F401

from experiments import extras, record
from vib import load
from vib.errors import InvalidInput, require

FIELDS = {
    "data.name": "arrays", "sweep.seeds": (0,), "sweep.betas": (0.1, 0.2, 0.4), "train.steps": 4,
    "train.batch_size": 5, "evaluate.measurements": 2,
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("compiled")


def save(folder, tests, train=10):
    random, path = np.random.default_rng(0), folder / "own.npz"
    x = {"x_train": random.normal(size=(train, 3)), "x_test": random.normal(size=(tests, 3))}
    np.savez(path, **x, y_train=np.arange(train) % 2, y_test=np.arange(tests) % 2)
    return {"data.path": str(path)}


def test_a_test_split_of_one_example_loses_its_looseness_alone(tmp_path, capsys):
    data = save(tmp_path, tests=1)
    for _ in range(2):  # trained, and taken as it is
        result = small.run(tmp_path / "run", "base", **FIELDS | data)
        assert "left out: looseness" in capsys.readouterr().out
        assert "looseness" in result.attrs["left_out"] and "looseness_lower" not in result
        assert np.isfinite(result.rate).all() and np.isfinite(result.distortion).all()
    assert result.identical(load(tmp_path / "run").results)


def test_results_are_on_disk_before_any_extra(tmp_path, monkeypatch):
    data, measure = save(tmp_path, tests=8), record.looseness
    there = []

    def broken(*_):
        there.append(xr.load_dataset(tmp_path / "run/results.nc"))
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(record, "looseness", broken)
    without = small.run(tmp_path / "run", "base", **FIELDS | data)
    assert without.attrs["left_out"] == "looseness: RuntimeError: a mistake of ours"
    (first,) = there
    assert np.isfinite(first.rate).all() and first.attrs["left_out"].startswith("looseness: the run ended")
    # the remedy that it names brings them
    monkeypatch.setattr(record, "looseness", measure)
    (tmp_path / "run/results.nc").unlink()
    again = small.run(tmp_path / "run", "base", **FIELDS | data)
    assert "left_out" not in again.attrs and {"looseness_lower", "looseness_upper"} <= again.data_vars.keys()
    for name in first.data_vars:
        assert first[name].values.tobytes() == again[name].values.tobytes() or name.startswith("seconds"), name


def test_one_that_cannot_be_had_takes_no_other_along():
    made = extras.added(
        xr.Dataset(),
        {
            "one": lambda result: result.assign(one=1),
            "two": lambda _: require(False, "few examples"),
            "three": lambda _: 1 / 0,
            "four": lambda result: result.assign(four=result.one + 1),
        },
    )
    told = "two: few examples; three: ZeroDivisionError: division by zero"
    assert int(made.four) == 2 and made.attrs == {"left_out": told}


@pytest.mark.parametrize("marginal", ["pairwise", "total_correlation"])
@pytest.mark.parametrize("lone", ["train.batch_size", "evaluate.train_examples", "test examples"])
def test_pairs_need_two(lone, marginal, tmp_path):
    """And both of them are known before the first step."""
    data = save(tmp_path, tests=1 if lone == "test examples" else 4)
    fields = FIELDS | data | {"model.marginal": marginal} | ({lone: 1} if "." in lone else {})
    with pytest.raises(InvalidInput, match=rf"{lone}: 1 .*{marginal}.* 2 or more"):
        small.run(tmp_path / "run", "base", **fields)
    assert not (tmp_path / "run").exists()


def test_a_plane_needs_two_inputs(tmp_path):
    fields = save(tmp_path, tests=1) | {"plane.estimators": ("kde",), "plane.inputs": "test"}
    with pytest.raises(InvalidInput, match=r"plane.inputs: 'test' is 1 example"):
        small.run(tmp_path / "run", "base", **FIELDS | fields)
    assert not (tmp_path / "run").exists()
