"""One run that nothing disturbs, for those that are stopped or harmed to be compared with."""

from functools import partial

import pytest
import small
import xarray as xr

# Two chunks, the second one padded; ten saves each.
FIELDS = {
    "sweep.betas": (1e-3, 1e-2, 1e-1),
    "sweep.chunk": 2,
    "train.steps": 100,
    "train.ema_decay": 0.9,
    "checkpoint.every": 10,
}
run = partial(small.run, **FIELDS)
SAVING = ".orbax-checkpoint-tmp"


@pytest.fixture(scope="module")
def whole(compiled, tmp_path_factory):
    """The folder of a run that nothing disturbed."""
    workdir = tmp_path_factory.mktemp("whole")
    run(workdir)
    return workdir


@pytest.fixture(scope="module")
def undisturbed(whole):
    return xr.load_dataset(whole / "results.nc")


def saved(workdir, chunk):
    """Steps of the checkpoints of a chunk: (finished, those that were being written)."""
    names = [path.name for path in (workdir / f"checkpoints/{chunk}").iterdir()]
    return [sorted(int(n.split(".")[0]) for n in names if (SAVING in n) == wanted) for wanted in (False, True)]
