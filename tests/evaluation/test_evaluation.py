"""Every measure against numpy on a table of logits, the last chunk and the averaged prediction included."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
from conftest import assert_one_line
from flax import struct
from stand_in import StandIn

from vib import config, distributions, models, results
from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.evaluation.images import Images, sheet
from vib.evaluation.rate_distortion import RateDistortion, evaluate
from vib.models.marginals import FROM_ABOVE
from vib.objectives import Batch, Distortion, Lagrangian
from vib.results.dataset import Chunk
from vib.training import sweep
from vib.training.trainer import measurement_steps

SAMPLES, EXAMPLES, CLASSES = 3, 23, 4
FLOAT32 = 1e-5


@struct.dataclass
class Table(StandIn):
    """A model whose draw s at example i (its x) has the logits [s, i], and whose rate is [i]: nothing is random."""

    logits: jax.Array  # [S, N, classes]
    rates: jax.Array  # [N]

    classifies, bounds = True, FROM_ABOVE
    distortion = staticmethod(distributions.categorical)

    def encode(self, x, key=None):
        return Gaussian(x, jnp.zeros_like(x)), {}

    def decode(self, z, key=None):
        place = z[..., 0].astype(int)
        return self.logits[jnp.arange(len(place))[:, None], place], {}

    def rate(self, q, z, y):
        return self.rates[q.mean[:, 0].astype(int)]


def tables(shape=(2, 3)):
    random = np.random.default_rng(0)
    logits = random.normal(scale=3, size=(*shape, SAMPLES, EXAMPLES, CLASSES)).astype(np.float32)
    return Table(logits, random.uniform(0, 8, (*shape, EXAMPLES)).astype(np.float32))


def grid_of(model, u, ema=None):
    """A Sweep of 2 seeds and 3 betas that holds the given models."""
    grid = sweep.create(lambda key: jnp.zeros(()), Lagrangian(u), optax.identity(), (0, 1), (0.0, 0.5, 2.0))
    return grid.replace(model=model, ema=ema)


def square(rate):
    return rate**2


@pytest.fixture(scope="module")
def data():
    y = np.random.default_rng(1).integers(0, CLASSES, EXAMPLES).astype(np.int32)
    return Batch(np.arange(EXAMPLES, dtype=np.float32)[:, None], y, y)


def expected(model, y):
    """The measures in float64, straight from their definitions."""
    log_p = scipy.special.log_softmax(model.logits.astype(np.float64), axis=-1)
    rates, distortions = model.rates.astype(np.float64), -log_p[..., np.arange(EXAMPLES), y].mean(-2)
    rate, distortion = rates.mean(-1), distortions.mean(-1)
    return {
        "rate_error": rates.std(-1, ddof=1) / np.sqrt(EXAMPLES),
        "distortion_error": distortions.std(-1, ddof=1) / np.sqrt(EXAMPLES),
        "rate": rate,
        "distortion": distortion,
        "loss": distortion + np.array([0, 0.5, 2]) * rate**2,
        "accuracy": (log_p[..., 0, :, :].argmax(-1) == y).mean(-1),
        "accuracy_averaged": (np.exp(log_p).mean(-3).argmax(-1) == y).mean(-1),
    }


@pytest.mark.parametrize("chunk", [1, 5, 23, 500], ids=["single", "padded", "whole", "larger"])
def test_measures_are_those_of_numpy_in_any_chunks(data, chunk):
    model = tables()
    row = evaluate(grid_of(model, square), data, SAMPLES, chunk)
    wanted = expected(model, data.y)
    assert row.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(row[name], value, rtol=FLOAT32, err_msg=name)


def test_one_example_has_no_error(data):
    one = jax.tree.map(lambda leaf: leaf[3:4], data)
    row = evaluate(grid_of(tables(), square), one, SAMPLES, chunk=23)
    assert np.isnan(row["rate_error"]).all() and np.isnan(row["distortion_error"]).all()
    assert np.isfinite([row["rate"], row["distortion"], row["loss"]]).all()


def test_an_error_is_not_rounded_away_beside_a_large_mean(data):
    model = tables()
    model = model.replace(rates=model.rates + 8192)
    found, wanted = evaluate(grid_of(model, square), data, SAMPLES, 5), expected(model, data.y)
    np.testing.assert_allclose(found["rate_error"], wanted["rate_error"], rtol=1e-3)


def test_the_averaged_prediction_is_of_probabilities():
    """One sure draw against two doubtful ones: the mean probability, the mean logit and the first draw all differ."""
    draws = np.log(np.float32([[0.40, 0.45, 0.15, 1e-9], [0.98, 0.01, 1e-9, 0.01], [1e-9, 0.45, 0.54, 0.01]]))
    best = {
        "first": draws[0].argmax(),
        "probability": np.exp(draws).mean(0).argmax(),
        "logit": draws.mean(0).argmax(),
    }
    assert list(best.values()) == [1, 0, 1] and best["probability"] != best["logit"]
    logits = np.broadcast_to(draws[:, None], (2, 3, SAMPLES, EXAMPLES, CLASSES))
    y = np.zeros(EXAMPLES, np.int32)
    data = Batch(np.arange(EXAMPLES, dtype=np.float32)[:, None], y, y)
    row = evaluate(grid_of(Table(logits, np.zeros((2, 3, EXAMPLES), np.float32)), square), data, SAMPLES)
    np.testing.assert_array_equal(row["accuracy_averaged"], 1)
    np.testing.assert_array_equal(row["accuracy"], 0)


def test_moving_average_is_measured_beside_the_final_weights(data):
    model, ema = tables(), jax.tree.map(lambda leaf: -leaf, tables())
    row = evaluate(grid_of(model, square, ema), data, SAMPLES)
    wanted = [expected(weights, data.y) for weights in (model, ema)]
    assert row.keys() == wanted[0].keys()
    for name, value in row.items():
        np.testing.assert_allclose(value, [each[name] for each in wanted], rtol=FLOAT32, err_msg=name)


@pytest.mark.parametrize("averaged", [False, True])
def test_a_result_holds_the_measures_of_both_splits_on_their_axes(data, averaged):
    """Of the first training examples where so many are asked for; with H(Y) - D, and what the rate bounds."""
    grid = grid_of(tables(), square, jax.tree.map(lambda leaf: -leaf, tables()) if averaged else None)
    evaluator = RateDistortion(SAMPLES, 7, averaged, entropies=(1.3, 1.2))
    row = evaluator.measure(grid, {"train": data, "test": data}, None)
    rows = {name: value[None] for name, value in row.items()} | {"finite": np.ones((1, 2, 3), bool)}
    result = results.build([evaluator], [Chunk([0.0, 0.5, 2.0], rows)], (0, 1), [9], {})
    assert result.rate.dims == ("weights",) * averaged + ("split", "seed", "beta", "step")
    of_split = {"train": evaluate(grid, jax.tree.map(lambda leaf: leaf[:7], data), SAMPLES)}
    of_split["test"] = evaluate(grid, data, SAMPLES)
    for split, measured in of_split.items():
        for name, value in measured.items():
            np.testing.assert_array_equal(result[name].sel(split=split, step=9), value, err_msg=name)
            assert result[name].attrs["units"] == ("1" if name.startswith("accuracy") else "nats")
    for split, entropy in (("train", 1.3), ("test", 1.2)):
        bound = result.information_y_bound.sel(split=split)
        np.testing.assert_allclose(bound, entropy - result.distortion.sel(split=split), rtol=1e-6)
    assert (result.rate.bounds, result.information_y_bound.bounds) == (FROM_ABOVE, "I(Z;Y) from below")
    assert "information_x_bound" not in result and "total_correlation" not in result


def test_noise_is_that_of_the_seed_at_any_step_and_beta(tiny):
    """Equal weights have equal measures along beta and step, and other ones along the seed."""
    start = tiny.start()
    same = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[:1], leaf.shape), start.model)
    rows = [evaluate(start.replace(model=same, ema=None, step=start.step + k), tiny.data) for k in (0, 5)]
    np.testing.assert_array_equal(rows[0]["distortion"], rows[1]["distortion"])
    np.testing.assert_allclose(rows[0]["distortion"][:, 0], rows[0]["distortion"][:, 1], rtol=FLOAT32)
    assert np.all(rows[0]["distortion"][0] != rows[0]["distortion"][1])


@pytest.mark.parametrize("options", [{"latent": 2}, {"latent": None, "noise_std": 0.1}], ids=["plain", "noisy"])
def test_rate_of_a_deterministic_encoder_is_not_a_number(data, options):
    def make_model(key):
        return models.classifier(key, (1,), CLASSES, widths=(3,), **options)

    row = evaluate(sweep.create(make_model, Distortion(), optax.identity(), (0, 1), (0.0, 0.5)), data, SAMPLES, chunk=5)
    assert np.isnan(row["rate"]).all() and "rate_error" not in row
    assert np.isfinite(row["distortion"]).all()
    np.testing.assert_array_equal(row["loss"], row["distortion"])


@pytest.mark.parametrize("averaged", [False, True])
def test_sheet_of_a_vae(averaged):
    """What the mean codes decode to, and prior samples whose code is one for all betas; by the average weights."""

    def make_model(key):
        return models.vae(key, (4,), latent=2, widths=(3,), decoder_widths=())

    grid = sweep.create(make_model, Lagrangian(), optax.identity(), (5, 6), (0.0, 0.5, 1.0), ema_decay=0.5)
    last = grid.replace(model=jax.tree.map(lambda leaf: leaf + 1, grid.model), ema=grid.ema if averaged else None)
    x = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    found = sheet(last, x)
    model = sweep.member(last, 0, 1, ema=averaged)
    linear, mean = model.decoder.linear, np.asarray(model.encode(x)[0].mean)
    logits = mean @ np.asarray(linear.kernel[...]).T + np.asarray(linear.bias[...])
    np.testing.assert_allclose(found["reconstruction"][1], scipy.special.expit(logits), rtol=FLOAT32)
    assert found["prior_sample"].shape == (3, 9, 4)
    assert np.unique(found["prior_sample"][0], axis=0).shape == (9, 4)
    np.testing.assert_allclose(found["prior_sample"], found["prior_sample"][:1].repeat(3, 0), rtol=FLOAT32)


def test_images_are_those_of_the_sheet_beside_the_first_test_examples():
    def make_model(key):
        return models.vae(key, (4, 4, 1), latent=2, widths=(3,), decoder_widths=())

    grid = sweep.create(make_model, Lagrangian(), optax.identity(), (5, 6), (0.0, 1.0))
    x = np.random.default_rng(0).normal(size=(20, 4, 4, 1)).astype(np.float32)
    found = Images().measure(grid, {"test": Batch(x, np.zeros(20, int), x > 0)}, None)
    assert found.keys() == Images.variables.keys()
    np.testing.assert_array_equal(found["input"], x[:12] > 0)
    for name, image in sheet(grid, x[:12]).items():
        assert image.shape == (2, 12, 4, 4, 1)
        np.testing.assert_array_equal(found[name], image)


@pytest.mark.parametrize(("last", "count"), [(1, 2), (10, 5), (2000, 20), (120_000, 30)])
def test_measurement_steps_are_log_spaced_with_both_ends(last, count):
    steps = measurement_steps(last, count)
    assert steps[0] == 0 and steps[-1] == last and steps == sorted(set(steps))
    assert len(steps) <= count + 1
    assert all(type(step) is int for step in steps)  # another type of stop would compile another program
    ratios = np.diff(np.log([step for step in steps if step >= 20]))
    assert ratios.size < 2 or ratios.max() < 1.2 * ratios.min()  # rounding moves a step above 20 by up to 3 %


def test_fewer_than_two_measurements():
    with pytest.raises(InvalidInput) as error:
        config.create(measurements=1)
    assert_one_line(error, "evaluate.measurements", "1", "2")
