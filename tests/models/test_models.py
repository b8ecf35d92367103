"""Models: shapes and activations of every kind, the activation functions, bfloat16, and bad options told in a line."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
from conftest import assert_close, assert_one_line, leaves

from vib import distributions, models
from vib.errors import InvalidInput
from vib.models.layers import ACTIVATIONS, MLP, Style
from vib.objectives import Batch, Lagrangian, Power
from vib.training import sweep

KEY = jax.random.key(0)
IMAGE = (7, 5, 2)  # odd sides: a stride of 2 has to round up, and the decoder to crop
BARE = {"latent": 2, "widths": (), "decoder_widths": ()}
CONV = {"architecture": "conv", "latent": 3, "widths": (6,)}


def images(levels=2, shape=IMAGE, count=4):
    return (np.random.default_rng(0).integers(0, levels, (count, *shape)) / (levels - 1)).astype(np.float32)


def run(make, x):
    """(q, encoder activations, decoder parameters at 2 draws of z, decoder activations) of a new model."""
    model = make(KEY)
    q, encoded = model.encode(x)
    parameters, decoded = model.decode(distributions.sample(q, KEY, (2,)))
    return q, encoded, parameters, decoded


def traced(make, x):
    """The shapes of run(make, x), without a computation."""
    return jax.eval_shape(partial(run, make), x)


def shapes(tree):
    return {name: leaf.shape for name, leaf in tree.items()}


def test_vib_shapes_and_activations():
    make = partial(models.vib, shape=IMAGE, outputs=10, latent=3, widths=(8, 6), decoder_widths=(5,))
    q, encoded, logits, decoded = traced(make, images())
    assert q.mean.shape == q.std.shape == (4, 3)
    assert shapes(encoded) == {"h1": (4, 8), "h2": (4, 6)}
    assert logits.shape == (2, 4, 10) and shapes(decoded) == {"h1": (2, 4, 5)}


def test_vib_of_linear_encoder_and_decoder():
    q, encoded, logits, decoded = traced(
        partial(models.vib, shape=(5,), outputs=2, latent=3, widths=()), np.ones((4, 5))
    )
    assert encoded == decoded == {} and q.mean.shape == (4, 3) and logits.shape == (2, 4, 2)


def test_conv_vib_shapes_and_activations():
    q, encoded, logits, _ = traced(partial(models.vib, shape=IMAGE, outputs=10, **CONV), images())
    assert shapes(encoded) == {"c1": (4, 4, 3, 32), "c2": (4, 2, 2, 64), "h1": (4, 6)}
    assert q.mean.shape == (4, 3) and logits.shape == (2, 4, 10)


def test_conv_vae_shapes_and_activations():
    make = partial(models.vae, shape=IMAGE, likelihood="bernoulli", decoder_widths=(9,), **CONV)
    _, _, logits, decoded = traced(make, images())
    assert logits.shape == (2, 4, *IMAGE)
    assert shapes(decoded) == {
        "h1": (2, 4, 9), "h2": (2, 4, 2 * 2 * 64), "c1": (2, 4, 4, 3, 32)
    }  # fmt: skip


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "logistic"])
def test_vae_shapes_and_activations(likelihood):
    make = partial(
        models.vae, shape=IMAGE, latent=3, widths=(6,), decoder_widths=(5,), likelihood=likelihood, levels=17
    )
    _, _, parameters, decoded = traced(make, images(17))
    assert shapes(decoded) == {"h1": (2, 4, 5)}
    for leaf in jax.tree.leaves(parameters):
        assert leaf.shape == (2, 4, *IMAGE)


def test_regression_has_one_std_a_dimension():
    make = partial(models.vib, shape=(5,), outputs=3, latent=2, widths=(4,), likelihood="gaussian")
    _, _, parameters, _ = traced(make, np.ones((4, 5), np.float32))
    assert parameters.mean.shape == (2, 4, 3) and parameters.std.shape == (3,)


@pytest.mark.parametrize("make", [models.classifier, models.autoencoder])
def test_deterministic_models_have_no_spread(make):
    outputs = {"outputs": 3} if make is models.classifier else {}
    make = partial(make, shape=(5,), latent=2, widths=(4,), decoder_widths=(), **outputs)
    q, _, parameters, _ = jax.jit(partial(run, make))(np.ones((4, 5), np.float32))
    assert np.all(np.asarray(q.std) == 0)
    np.testing.assert_array_equal(parameters[0], parameters[1])


def gelu(x):
    """Hendrycks & Gimpel 2016, the approximation by tanh."""
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "gelu": gelu,
    "silu": lambda x: x * scipy.special.expit(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "sigmoid": scipy.special.expit,
    "identity": lambda x: x,
}


def test_activations_by_name():
    """Each layer applies its function to W x + b of the one before, in numpy float64."""
    assert FUNCTIONS.keys() == ACTIVATIONS.keys()

    @jax.jit
    def run_all(x):
        made = {name: MLP(KEY, 5, (8, 6), Style(name)) for name in FUNCTIONS}
        return {name: ([layer.kernel[...] for layer in mlp.layers], mlp(x)[1]) for name, mlp in made.items()}

    x = images(9, (5,)) * 4 - 2
    for name, (kernels, out) in run_all(x).items():
        expected = x.astype(np.float64)
        for kernel, found in zip(kernels, out.values(), strict=True):
            expected = FUNCTIONS[name](expected @ np.asarray(kernel, np.float64).T)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=name)  # float32


@pytest.mark.parametrize("shift", [-5.0, 0.0])
def test_std_is_softplus_of_rho_plus_shift(shift):
    """A head with zero weights has mean 0 and std softplus(shift)."""
    model = models.vib(KEY, (5,), 3, latent=2, widths=(), std_shift=shift)
    model.head.linear.kernel[...] = jnp.zeros((4, 5))
    q, _ = model.encode(np.ones((1, 5), np.float32))
    np.testing.assert_array_equal(q.mean, 0)
    np.testing.assert_allclose(q.std, np.log1p(np.exp(shift)), rtol=1e-5)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_bfloat16_products_are_close_to_float32(architecture):
    """8 bits of mantissa: a product of rounded factors is good to 2^-8, and sums of tens of them to a few per cent."""
    make = partial(models.vib, shape=IMAGE, outputs=3, latent=3, widths=(16,), architecture=architecture)
    both = [partial(run, partial(make, dtype=dtype)) for dtype in ("float32", "bfloat16")]
    (q, _, logits, _), (q16, _, logits16, _) = jax.jit(lambda x: [found(x) for found in both])(images())
    for exact, rounded in ((q.mean, q16.mean), (q.std, q16.std), (logits, logits16)):
        assert rounded.dtype == jnp.float32
        difference = np.abs(np.asarray(exact - rounded)).max()
        assert 0 < difference < 0.03 * np.abs(np.asarray(exact)).max()


def test_conv_vae_trains_in_a_grid():
    """Through vmap over seeds and betas: every weight of every member gets a finite gradient that is not all 0."""
    x = images(17)
    make = partial(models.vae, shape=IMAGE, likelihood="logistic", levels=17, decoder_widths=(4,), **CONV)
    start = sweep.create(make, Lagrangian(), optax.scale(-1.0), (0, 1), (0.1, 1.0), batch_size=4)
    before = leaves(start.model)
    after = sweep.train_until(start, Batch(x, np.zeros(4, np.int32), x), 1)
    assert np.isfinite(after.loss).all()
    for path, leaf in leaves(after.model).items():
        moved = np.abs(leaf - before[path]).reshape(4, -1)
        assert np.isfinite(moved).all() and np.all(moved.max(1) > 0), path


X = images(17, (6,))
SMALL = {"shape": (6,), "latent": 2, "widths": (4,), "decoder_widths": ()}


@pytest.mark.parametrize(
    ("make", "target"),
    [
        (partial(models.vae, likelihood="logistic", levels=17, **SMALL), X),
        (partial(models.vib, likelihood="gaussian", outputs=2, **SMALL), X[:, :2]),
    ],
    ids=["logistic", "regression"],
)
def test_one_program_for_every_chunk_of_betas(make, target):
    """Two sweeps made alike are equal where jit compares them, and no leaf changes its type in training."""
    tx, data, programs = optax.scale(-1.0), Batch(X, np.zeros(4, np.int32), target), []
    for betas in ((0.1, 0.2), (0.3, 0.4)):
        grid = sweep.create(make, Lagrangian(Power(1.0)), tx, (0,), betas, batch_size=4)
        for stop in (1, 3):
            grid = sweep.train_until(grid, data, stop)
            programs.append(sweep.train_until._cache_size())
    assert programs == [programs[0]] * 4


ALL_BETAS = {
    "vib": partial(models.vib, outputs=3, beta_range=(0.1, 1.0), **SMALL),
    "vae": partial(models.vae, beta_range=(0.1, 1.0), **SMALL),
    "flexible": partial(models.flexible, shape=(6,), outputs=3, widths=(4,)),
}


@pytest.mark.parametrize("kind", ALL_BETAS)
def test_a_model_of_all_betas_is_bound_to_one(kind):
    """Beta is a leaf of the bound model: one program for all of them, and under a vmap the same codes and decoded z."""
    model, betas, programs = ALL_BETAS[kind](KEY), (0.1, np.float64(0.3), 1), []
    assert model.of_all_betas

    def run(model):
        programs.append(kind)  # once for each that is compiled
        return model.encode(X)[0], model.decode(jnp.ones((4, 2)))[0]

    compiled = jax.jit(run)
    each = [compiled(model.at(beta)) for beta in betas]
    assert len(programs) == 1
    together = jax.jit(jax.vmap(lambda beta: run(model.at(beta))))(jnp.array(betas))
    for place, found in enumerate(each):
        assert_close(found, jax.tree.map(lambda leaf, i=place: leaf[i], together), 1e-5)  # float32
    assert all(np.abs(a - b).max() > 1e-3 for a, b in zip(*map(jax.tree.leaves, each[:2]), strict=True))
    assert model.beta is None  # itself it is bound to none
    for unbound in (lambda: model.encode(X), lambda: model.decode(jnp.ones((4, 2)))):
        with pytest.raises(InvalidInput) as error:
            unbound()
        assert_one_line(error, "beta: none given to a model of all betas", "model.at(beta)")


def test_a_beta_for_each_example():
    model, betas = ALL_BETAS["vib"](KEY), jnp.array([0.1, 0.2, 0.5, 1.0])
    q, logits = model.at(betas).encode(X)[0], model.at(betas).decode(jnp.ones((3, 4, 2)))[0]
    for row, beta in enumerate(betas):
        bound = model.at(beta)
        np.testing.assert_allclose(q.mean[row], bound.encode(X)[0].mean[row], rtol=1e-5)
        np.testing.assert_allclose(logits[:, row], bound.decode(jnp.ones((3, 4, 2)))[0][:, row], rtol=1e-5)


def test_a_model_of_one_beta_is_itself_at_any():
    model = models.vib(KEY, (5,), 3, latent=2, widths=())
    assert model.at(0.1) is model and not model.of_all_betas


def test_a_large_shift_of_rho_is_no_nan():
    """A std of exp(-60) costs about 60 nats a dimension and has a finite gradient."""
    model = models.vib(KEY, (5,), 3, latent=2, widths=(), std_shift=-60.0)
    y = np.arange(4) % 3
    batch = Batch(np.zeros((4, 5), np.float32), y, y)
    gradient_of = jax.jit(jax.value_and_grad(lambda model: Lagrangian().loss(model, batch, 0.1, KEY), has_aux=True))
    (loss, measured), gradient = gradient_of(model)
    np.testing.assert_allclose(measured.rate, 2 * 59.5, rtol=1e-5)
    assert np.isfinite(loss) and all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"activation": "rellu"}, ("model.activation", "rellu", "'relu'")),
        ({"architecture": "convv"}, ("model.architecture", "convv", "'conv'")),
        ({"likelihood": "categoricall"}, ("model.likelihood", "categoricall", "'categorical'")),
        ({"dtype": "bfloat"}, ("model.dtype", "bfloat", "'bfloat16'")),
        ({"dtype": "bfloat", "architecture": "conv"}, ("model.dtype", "bfloat", "'bfloat16'")),
        ({"activation": "rellu", "architecture": "conv"}, ("model.activation", "rellu", "'relu'")),
        ({"channels": (8, 0), "architecture": "conv"}, ("model.channels", "(8, 0)")),
        ({"channels": (), "architecture": "conv"}, ("model.channels", "()")),
        ({"latent": 0}, ("model.latent", "0")),
        ({"widths": (8, 0)}, ("model.widths", "0")),
        ({"decoder_widths": (-1,)}, ("model.decoder_widths", "-1")),
    ],
)
def test_bad_options_are_told(options, words):
    with pytest.raises(InvalidInput) as error:
        jax.eval_shape(partial(models.vib, shape=(8, 8, 1), outputs=3, **{"latent": 2, "widths": (4,), **options}), KEY)
    assert_one_line(error, *words)


def test_unknown_likelihood_of_a_vae():
    with pytest.raises(InvalidInput) as error:
        jax.eval_shape(partial(models.vae, shape=(5,), **BARE, likelihood="bernouli"), KEY)
    assert_one_line(error, "model.likelihood", "bernouli", "'bernoulli'")


@pytest.mark.parametrize("make", [partial(models.vib, outputs=3), models.vae])
def test_convolutions_take_no_beta(make):
    with pytest.raises(InvalidInput) as error:
        jax.eval_shape(partial(make, shape=IMAGE, beta_range=(0.1, 1.0), **BARE, architecture="conv"), KEY)
    assert_one_line(error, "model.conditioned", "'conv'", "'mlp'")


@pytest.mark.parametrize("make", [partial(models.vib, outputs=3), models.vae])
def test_convolutions_need_images(make):
    with pytest.raises(InvalidInput) as error:
        jax.eval_shape(partial(make, shape=(64,), **BARE, architecture="conv"), KEY)
    assert_one_line(error, "model.architecture", "(64,)", "'mlp'")
