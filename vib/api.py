"""Training as one call: from a config and data to a Run, in a folder or in memory."""

from pathlib import Path

import numpy as np

from vib import config as configs
from vib import interrupt, results
from vib.config import Data
from vib.data import Dataset, entropy_y, identity
from vib.errors import InvalidInput, require
from vib.evaluation import evaluator
from vib.evaluation.standard import evaluators as standard
from vib.results.dataset import SPLITS, Chunk
from vib.run import GIVEN, Run, check_identity, check_networks, dataset_of, name_of
from vib.training import folder, members, sharding, trainer
from vib.training.progress import Silent, shown
from vib.training.setup import prepare, sized


def train(config=None, data=None, *, workdir=None, progress=True, encoder=None, decoder=None, evaluators=(), **fields):
    """Trains every beta and seed of a config in one compiled program, measures it, and returns the Run.

    config: a kind of model ('vib', 'vae', 'classifier', ...), a nested dict of sections, a ConfigDict or a
    vib.config.Config. data: a vib.data.Dataset, such as vib.data.from_arrays gives; None for what the config names.
    workdir: a folder, where the same call goes on from its checkpoints or finds its results; None to keep the run in
    memory. progress: False for a run that prints nothing. encoder, decoder: a function of a key that makes a network of
    one's own, see vib.models.own. evaluators: a list of more of them, each a vib.evaluation.evaluator.Evaluator,
    measured at every step. fields: fields of the config by their last name (betas=(0.01, 0.1), seeds=5) or their path
    (**{"train.samples": 4}).

    Raises InvalidInput for a mistake, before anything is written, and Interrupted, a KeyboardInterrupt, after Ctrl-C.
    """
    config, told = configs.create(config, **fields), shown() if progress else Silent()
    setup = setup_of(config, data, encoder, decoder, None if workdir is None else folder.chunk(workdir))
    measured = standard(setup)
    evaluator.check(evaluators, [*measured.steps, *measured.end])
    measured = measured._replace(steps=[*measured.steps, *evaluators])
    with interrupt.listening():
        if workdir is None:
            return in_memory(setup, measured, told)
        with folder.claimed(workdir):
            changed = folder.settle(setup, [each.name for each in evaluators], workdir)
            return in_folder(setup, measured, Path(workdir), changed, told)


def setup_of(config, data, encoder=None, decoder=None, chunk=None):
    """The Setup of a Config and of a Dataset or None, with a record of both in its config. Raises InvalidInput."""
    own = {"encoder": encoder, "decoder": decoder}
    dataset = dataset_of(config) if data is None else given(data, config.data)
    check_networks(config, own)
    named = {part: None if network is None else name_of(network) for part, network in own.items()}
    section = config.data if data is None else Data(name=GIVEN)
    section = section.model_copy(update={"identity": identity(dataset)})
    config = config.model_copy(update={"data": section, "model": config.model.model_copy(update=named)})
    setup = prepare(config, dataset, encoder, decoder)
    sharding.blueprint(setup.make_sweep, setup.config.sweep.betas)  # a model that cannot be made is found here
    return sized(setup, chunk)


def given(dataset, section):
    """The Dataset that came with the call, beside a data section that asks for nothing else. Raises InvalidInput."""
    told = f"data: a {type(dataset).__name__} is no Dataset; give vib.data.from_arrays(x, y)"
    require(isinstance(dataset, Dataset), told)
    alone = section.name in (GIVEN, Data().name)
    require(alone, f"data: a Dataset is given, and the config names '{section.name}' too; give one of them")
    fields = [name for name in Data.model_fields if name not in ("name", "identity")]
    idle = ", ".join(f"data.{name}" for name in fields if getattr(section, name) != getattr(Data(), name))
    told = f"{idle}: has no effect on a Dataset that is given; give it to what makes it, vib.data.from_arrays or load"
    require(not idle, told)
    check_identity(dataset, section.identity)
    return dataset


def check(config, data=None, encoder=None, decoder=None, **fields):
    """The Setup that vib.train would train, without running anything. Raises InvalidInput for what cannot work."""
    setup = setup_of(configs.create(config, **fields), data, encoder, decoder)
    standard(setup)
    return setup


def in_memory(setup, measured, told):
    """The Run of a Setup and its Evaluators that leaves no file."""
    with told:
        trained = one_by_one(members.kept, trainer.train_all(setup, measured.steps, None, told))
    found = members.Kept([each.sweep for each in trained], setup.chunk)
    result = added(collect(setup, measured.steps, trained), setup, measured, found, told)
    return Run(result, setup.config, None, setup.dataset, found)


def one_by_one(keep, trained):
    """A list of Trained with keep(sweep) for each sweep, which is let go before the next one is trained."""

    def kept(each):
        return each._replace(sweep=keep(each.sweep))

    return list(map(kept, trained))  # the variable of a loop would hold the sweep


def in_folder(setup, measured, workdir, changed, told):
    """The Run of a Setup and its Evaluators in a folder: as found there, or trained and saved.

    changed: what differs from the code that began it.
    """
    path = workdir / "results.nc"
    run = Run(None, setup.config, workdir, setup.dataset, members.Saved(setup, workdir))
    finished = stored(path, told)
    if finished is not None:
        told.say(f"{workdir} is finished; these are its results")
        if "left_out" in finished.attrs:
            told.say(f"left out: {finished.attrs['left_out']}")
        interrupt.check("finished")
        return run._replace(results=finished)
    if changed:
        told.say(f"begun with other code ({', '.join(changed)}): numbers before and after may differ")
    with told:
        # the next chunk needs the memory of the one before: the sweeps are read back where they are needed
        trained = one_by_one(lambda sweep: None, trainer.train_all(setup, measured.steps, workdir, told))
    result, awaits = collect(setup, measured.steps, trained), ", ".join(measured.names)
    results.save(result.assign_attrs(awaits=awaits), path)
    interrupt.check(f"trained and saved, but not yet with {awaits}")
    result = added(result, setup, measured, run.members, told)
    results.save(result, path)
    interrupt.check("trained and saved")
    return run._replace(results=result)


def stored(path, told):
    """The results of a finished run; None where there are none, damaged ones, or some that await more."""
    if not path.exists():
        return None
    try:
        found = results.load(path)
    except InvalidInput:
        told.say(f"{path} is damaged; writing it anew from the checkpoints")
        return None
    if "awaits" in found.attrs:
        told.say(f"trained, but not yet with {found.attrs['awaits']}: adding what is missing, from the checkpoints")
        return None
    return found


def collect(setup, evaluators, trained):
    """The result of what was measured while a Setup was trained."""
    config, dataset = setup.config, setup.dataset
    measured = dataset._replace(y_train=dataset.y_train[: config.evaluate.train_examples])
    entropies = {f"entropy_y_{split}": entropy_y(measured, split) for split in SPLITS}
    attrs = {
        "config": config.model_dump(), "kind": config.model.kind, "data": config.data.identity,
        "classes": dataset.classes, "class_names": dataset.class_names, **entropies,
        "versions": results.versions(), "commit": results.commit(), "devices": int(trained[-1].rows["devices"][-1]),
    }  # fmt: skip
    steps = trainer.measurement_steps(config.train.steps, config.evaluate.measurements)
    chunks = [Chunk(each.betas, each.rows, each.padding) for each in trained]
    result = results.build(evaluators, chunks, config.sweep.seeds, steps, attrs)
    rates, about = config.sweep.target_rates, {"units": "1", "long_name": "initial learning rate"}
    grid = np.full(result.finite.shape, config.train.learning_rate)
    result["learning_rate"] = (("seed", "beta"), grid, about)
    if rates is not None:
        result["target_rate"] = ("beta", list(rates), {"units": "nats", "long_name": "rate that beta was chosen for"})
    return result


def added(result, setup, measured, members, told):
    """The result with what is measured at the end, and what is made of it; what cannot be had is named with its reason.

    Whatever the reason is: the result and the other numbers are worth more.
    """
    cuts, left_out = trainer.cuts(setup), []

    def at_end(each, result):
        chunks = []
        for index, (betas, count, _) in enumerate(cuts):
            rows = each.measure(members.sweep(index), setup.batches, None)
            arrays = {name: np.asarray(value) for name, value in rows.items()}
            chunks.append(Chunk(betas[:count], arrays, len(betas) - count))
        return results.extended(result, each, chunks)

    steps = {each.name: lambda result, each=each: at_end(each, result) for each in measured.end} | measured.derived
    for name, add in steps.items():
        interrupt.check(f"trained and saved, but not yet with {', '.join(measured.names)}")
        try:
            result = add(result)
        except Exception as error:
            reason = error if isinstance(error, InvalidInput) else f"{type(error).__name__}: {error}"
            left_out.append(f"{name}: {' '.join(str(reason).split())}")
            told.say(f"left out: {left_out[-1]}")
    return result.assign_attrs(left_out="; ".join(left_out)) if left_out else result
