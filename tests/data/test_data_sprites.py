"""Sprites: what each factor does to the image, the grid, and bad input."""

import jax.numpy as jnp
import numpy as np
import pytest

from vib import data
from vib.data import sprites
from vib.errors import InvalidInput

MIDDLE = {"shape": 0, "scale": 1.0, "rotation": 0.0, "x": 0.5, "y": 0.5, "hue": 0.0}


def drawn(size=64, **factors):
    """One image [size, size, channels], in [0, 1]."""
    given = {name: jnp.asarray(float(value)) for name, value in (MIDDLE | factors).items() if value is not None}
    return np.asarray(sprites.sprite(given, size)) / 255


def weighted(image):
    """(mass, centre across, centre down) of an image in sides."""
    mass = image.sum(-1)
    places = (np.arange(len(image)) + 0.5) / len(image)
    return mass.mean(), (mass.sum(0) * places).sum() / mass.sum(), (mass.sum(1) * places).sum() / mass.sum()


@pytest.mark.parametrize(("shape", "area"), [(0, 2.0), (1, np.pi / 2)])
@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_area_is_that_of_the_shape(shape, area, scale):
    """In the unit circle the square has 2, an ellipse half as high as wide pi / 2."""
    mass, *_ = weighted(drawn(shape=shape, scale=scale, rotation=0.3))
    assert mass == pytest.approx(area * (sprites.RADIUS * scale) ** 2, rel=0.01)  # 16 points a pixel


@pytest.mark.parametrize("shape", [0, 1])
def test_centre_is_where_x_and_y_say(shape):
    _, across, down = weighted(drawn(shape=shape, x=0.2, y=0.9, rotation=0.5))
    room = 1 - 2 * sprites.RADIUS
    assert (across, down) == pytest.approx((sprites.RADIUS + 0.2 * room, sprites.RADIUS + 0.9 * room), abs=2e-3)


def kept(**factors):
    """The least share of the mass in the middle that is there in a corner, for each rotation: [13]."""
    found = []
    for rotation in np.linspace(0, np.pi, 13):
        masses = [weighted(drawn(x=x, y=y, rotation=rotation, **factors))[0] for x in (0, 1) for y in (0, 1)]
        found.append(min(masses) / weighted(drawn(rotation=rotation, **factors))[0])
    return np.array(found)


@pytest.mark.parametrize(("shape", "scale"), [(0, 1.0), (1, 1.0), (2, 0.93)])
def test_no_sprite_is_cut_at_the_edge(shape, scale):
    """The whole mass is there in all four corners, whatever the rotation; hearts only where they are smaller."""
    np.testing.assert_allclose(kept(shape=shape, scale=scale), 1, rtol=0.002)


def test_large_hearts_are_cut_as_they_say():
    """By up to 1.9 % where a lobe points into a corner, at 45 and 135 degrees; upright not at all."""
    found = kept(shape=2)
    assert found.argmin() in (3, 9) and found.min() == pytest.approx(1 - 0.019, abs=1e-3)
    np.testing.assert_allclose(found[[0, 12]], 1, rtol=0.002)
    u, v = np.meshgrid(*[np.linspace(-1.2, 1.2, 1201)] * 2)
    assert np.hypot(u, v)[np.asarray(sprites.heart(u, v))].max() == pytest.approx(1.068, abs=2e-3)


def test_square_repeats_after_a_quarter_turn_and_the_ellipse_is_then_upright():
    turned = [drawn(shape=shape, rotation=np.pi / 2) for shape in (0, 1)]
    np.testing.assert_allclose(turned[0], drawn(), atol=0.25)  # a point on the very edge may fall on either side
    np.testing.assert_allclose(turned[1], drawn(shape=1).transpose(1, 0, 2), atol=0.25)
    assert np.abs(drawn(shape=2, rotation=np.pi / 2) - drawn(shape=2)).max() > 0.9


def test_edges_are_antialiased_and_pixels_in_range():
    image = drawn(rotation=0.3)[..., 0]
    assert image.min() == 0 and image.max() == 1
    assert 0 < ((image > 0) & (image < 1)).mean() < 0.1


@pytest.mark.parametrize("hue", [0.0, 0.1, 0.35, 0.7, 0.9])
def test_colours_are_those_of_the_standard_library(hue):
    import colorsys

    np.testing.assert_allclose(sprites.rgb(hue), colorsys.hsv_to_rgb(hue, 1, 1), atol=1e-6)


def test_dataset_is_images_of_its_factors():
    made = data.load("sprites", size=16, samples_train=40, samples_test=10, seed=3)
    assert made.x_train.shape == (40, 16, 16, 3) and made.x_train.dtype == np.float32
    assert (made.classes, made.levels, made.low, made.high) == (3, 256, -1, 1)
    assert made.factors.names == tuple(sprites.RANGES) and made.factors.sizes == (3, 6, 20, 16, 16, 8)
    assert made.factors.unordered == ("shape",)
    values = sprites.grid_values()
    for i in (0, 7):
        own = {name: v[made.factors.train[i, j]] for j, (name, v) in enumerate(values.items())}
        np.testing.assert_allclose(data.pixels(made, made.x_train[i]), drawn(16, **own), atol=1e-6)
    np.testing.assert_array_equal(made.y_test, made.factors.test[:, 0])
    again = data.load("sprites", size=16, samples_train=40, samples_test=10, seed=3)
    np.testing.assert_array_equal(made.x_test, again.x_test)


def test_a_whole_grid_holds_each_image_once():
    made = data.load("sprites", size=8, samples_train=20, samples_test=4, grid=(2, 3, 1, 2, 2, (0.0,)))
    both = np.concatenate([made.factors.train, made.factors.test])
    assert len(np.unique(both, axis=0)) == 24 and made.factors.sizes == (2, 3, 1, 2, 2, 1)


def test_grey_sprites_are_white_and_have_no_hue():
    made = data.load("sprites", size=16, samples_train=30, samples_test=10, grey=True)
    assert made.x_train.shape == (30, 16, 16, 1) and made.factors.names == tuple(sprites.RANGES)[:-1]
    assert made.x_train.max() == 1


def test_values_of_a_factor_can_be_given():
    values = sprites.grid_values(((2,), (0.6, 0.9), (0.0, 3.0), 1, (0.25,), 2))
    assert [v.tolist() for v in values.values()] == [[2], [0.6, 0.9], [0, 3], [0], [0.25], [0, 0.7]]
    turned = sprites.grid_values((1, 1, (0.3 + 2e6 * np.pi, -0.1), 1, 1, 1))["rotation"]
    np.testing.assert_allclose(turned, [0.3, 2 * np.pi - 0.1], atol=1e-9)


def test_a_class_left_out_takes_its_factors_with_it():
    made = data.load("sprites", size=8, samples_train=60, samples_test=30, held_out="ellipse", train_size=20)
    assert set(made.y_train) == set(made.y_test) == {0, 2} and len(made.x_train) == len(made.factors.train) == 20
    np.testing.assert_array_equal(made.y_train, made.factors.train[:, 0])
    assert made.classes == 3 and made.class_names == ("square", "ellipse", "heart")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size": 4}, ("data.options.size", "4")),
        ({"grey": 1}, ("data.options.grey", "1")),
        ({"grid": (3, 6)}, ("data.options.grid", "2 entries", "rotation")),
        ({"grid": 5}, ("data.options.grid: 5", "one entry for each of shape, scale")),
        ({"grid": (4, 6, 2, 2, 2, 2)}, ("data.options.grid", "4 shapes", "heart")),
        ({"grid": (3, (0.5, 2.0), 2, 2, 2, 2)}, ("data.options.grid", "scale", "2.0", "[0.5, 1]")),
        ({"grid": (3, (0.5, 0.5), 2, 2, 2, 2)}, ("data.options.grid", "scale", "twice")),
        ({"grid": (3, (0.5, 0.5 + 1e-12), 2, 2, 2, 2)}, ("data.options.grid", "scale", "twice", "float32")),
        ({"grid": ((0.5,), 2, 2, 2, 2, 2)}, ("data.options.grid", "shape", "0.5", "heart")),
        ({"grid": (3, 2, 0, 2, 2, 2)}, ("data.options.grid", "0")),
        ({"grid": (1, 1, 1, 2, 2, 2), "samples_train": 6, "samples_test": 3}, ("data.options.samples_train", "9", "8")),
        ({"samples_test": 0}, ("data.options.samples_test", "0")),
        ({"held_out": 3, "samples_train": 9, "samples_test": 1}, ("data.held_out", "3", "0 to 2")),
    ],
)
def test_bad_options_are_told(options, words):
    with pytest.raises(InvalidInput) as error:
        data.load("sprites", **{"size": 8, **options})
    message = str(error.value)
    assert "\n" not in message and all(word in message for word in words), message
