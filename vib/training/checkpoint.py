"""Checkpoints of a sweep: its state and the rows measured so far in one atomic step, written while training goes on."""

import contextlib
import math
import os
import re
import shutil
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from vib import files
from vib.errors import require

SMALL_FILES = 2**16  # bytes that those beside the arrays take, in blocks


class Restored(NamedTuple):
    """What a folder held."""

    sweep: Any  # None where there is no intact checkpoint
    rows: dict  # {name: [measurement, ...]}
    damaged: list  # steps of checkpoints that could not be read, and were moved aside


class Manager(ocp.CheckpointManager):
    """Orbax's manager. A write that failed raises InvalidInput at the next save or at the end, and leaves nothing."""

    keeps = True
    need = None  # bytes of the checkpoint being written

    def wait_until_finished(self):
        """Waits for the write in flight."""
        with written(self):
            super().wait_until_finished()

    def close(self):
        """Waits for the write in flight, and lets go of the folder."""
        with written(self):
            super().close()


class Nowhere:
    """What a run in memory has for a manager: it keeps nothing."""

    keeps = False

    def all_steps(self):
        """None."""
        return []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


@contextlib.contextmanager
def written(manager):
    """Turns what the storage raises where the system refuses a write into InvalidInput; removes the half-written."""
    with files.writing(manager.directory, manager.need):
        try:
            yield
        except Exception as error:
            for half in Path(manager.directory).glob("*.orbax-checkpoint-tmp*"):
                shutil.rmtree(half, ignore_errors=True)
            # tensorstore tells of the system's error in words alone, in a ValueError
            number = re.search(r"os_error_code='(\d+)'", str(error))
            if number is None:
                raise
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


def manager(folder):
    """The Orbax manager of a folder, made if need be; it keeps the last two checkpoints. To be closed at the end."""
    folder = files.make_folder(Path(folder).resolve())
    # made by threads, folders that the system refuses would leave the other threads waiting for them for minutes
    options = ocp.CheckpointManagerOptions(
        max_to_keep=2,
        cleanup_tmp_directories=True,
        async_options=ocp.AsyncOptions(create_directories_asynchronously=False),
    )
    return Manager(folder, options=options)


def save(manager, sweep, rows):
    """Saves a Sweep and rows {name: [measurement, ...]} under the sweep's step; returns while the write goes on.

    Raises InvalidInput where this write, or the one before, is refused; what was saved before stays.
    """
    if not manager.keeps:
        return
    # pack copies, because the next training call takes the memory of the sweep over.
    state = {name: np.asarray(leaf) for name, leaf in flatten(sweep).items()}
    content, index = pack({"state": state, "rows": {name: np.asarray(value) for name, value in rows.items()}})
    args = ocp.args.Composite(content=ocp.args.StandardSave([content]), index=ocp.args.JsonSave(index))
    manager.need = content.nbytes + SMALL_FILES
    with written(manager):
        manager.save(int(sweep.step), args=args)


def restore(manager, like):
    """The newest intact checkpoint, as a sweep of the kind and the shardings of `like`.

    Raises InvalidInput where the checkpoint is of another grid or model than `like`.
    """
    damaged = []
    for step in sorted(manager.all_steps(), reverse=True):
        items = read(manager, step)
        if items is not None:
            return Restored(unflatten(items["state"], like), items["rows"], damaged)
        folder = Path(manager.directory)
        aside = folder.parent / f"damaged-{folder.name}-{step}"
        with files.writing(aside):
            shutil.rmtree(aside, ignore_errors=True)
            (folder / str(step)).rename(aside)
        damaged.append(step)
        manager.reload()
    return Restored(None, {}, damaged)


def read(manager, step):
    """The arrays {'state': {path: array}, 'rows': {name: array}} of one checkpoint; None if it is damaged."""
    args = ocp.args.Composite(content=ocp.args.StandardRestore(), index=ocp.args.JsonRestore())
    try:
        items = manager.restore(step, args=args)
        return unpack(items["content"][0], items["index"])
    except Exception:  # whatever a damaged file makes the storage library raise
        return None


def pack(groups):
    """{group: {name: array}} as one array of bytes, and an index of it for JSON with a checksum.

    One array, because after a failed read of several the storage library tells of the others with tracebacks.
    """
    arrays = [(group, name, array) for group, named in groups.items() for name, array in named.items()]
    content = np.concatenate([np.ravel(array).view(np.uint8) for *_, array in arrays])
    index = [(group, name, str(array.dtype), array.shape) for group, name, array in arrays]
    return content, {"arrays": index, "crc32": zlib.crc32(content, zlib.crc32(repr(index).encode()))}


def unpack(content, index):
    """What was packed. Raises ValueError for other bytes than those."""
    arrays = [(group, name, dtype, tuple(shape)) for group, name, dtype, shape in index["arrays"]]
    # The storage has no checksum of its own: a flipped byte would be restored as another number.
    if zlib.crc32(content, zlib.crc32(repr(arrays).encode())) != index["crc32"]:
        raise ValueError("checksum")
    groups, start = {"state": {}, "rows": {}}, 0
    for group, name, dtype, shape in arrays:
        size = math.prod(shape) * np.dtype(dtype).itemsize
        groups[group][name] = content[start : start + size].view(dtype).reshape(shape)
        start += size
    return groups


def flatten(sweep):
    """{path: leaf} of a Sweep; Orbax saves a tree that holds nnx.List but does not restore it."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(sweep)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def unflatten(state, like):
    """The Sweep with the leaves {path: array}, laid out as those of `like`."""
    wanted = flatten(like)
    fits = {name: np.shape(x) for name, x in state.items()} == {name: np.shape(x) for name, x in wanted.items()}
    require(fits, "the checkpoint is of another grid or model; give another workdir")
    leaves = [jax.device_put(state[name], leaf.sharding) for name, leaf in wanted.items()]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)
