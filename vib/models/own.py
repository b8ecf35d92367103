"""Networks of the user's as parts of a bottleneck: any nnx module that keeps no state.

A network is called as network(x, key=None) and returns (hidden, activations): hidden is what the rest of the model goes
on with, and activations {'name': [B, ...]} are what the information plane measures. In training and measuring the key
is there; where noise is not wanted it is None. A network that uses the key is `noisy`: none of its activations, and
nothing behind them, counts as a function of x, which leaves out the estimators of I(X;T) that ask for one.
"""

import jax
from flax import nnx

from vib.errors import InvalidInput, require


class OwnEncoder(nnx.Module):
    """A network from x [B, *shape] to hidden [B, width], from which the head makes the code. Raises InvalidInput."""

    def __init__(self, network, shape, style):
        hidden, self.noisy = result_of("encoder", network, (1, *shape))
        fits = hidden.ndim == 2
        require(fits, f"encoder: it returns {told(hidden)} for x {told_axes(shape)}; give [B, width]")
        self.network, self.style, self.outputs = network, style, hidden.shape[-1]

    def __call__(self, x, key=None):
        return self.network(x, key=key)

    def kernels(self):
        """{}: which of its parameters lead to which layer is its own."""
        return {}


class OwnDecoder(nnx.Module):
    """A network from z [B, latent] to hidden [B, width], or to [B, *shape] where a shape is asked for.

    Raises InvalidInput.
    """

    def __init__(self, network, latent, shape=None):
        hidden, self.noisy = result_of("decoder", network, (1, latent))
        fits = hidden.ndim == 2 if shape is None else hidden.shape[1:] == tuple(shape)
        wanted = "[B, width]" if shape is None else told_axes(shape)
        require(fits, f"decoder: it returns {told(hidden)} for z [B, {latent}]; give {wanted}")
        self.network, self.outputs = network, hidden.shape[-1]

    def __call__(self, z, key=None):
        leading = z.shape[:-1]
        hidden, out = self.network(z.reshape(-1, z.shape[-1]), key=key)
        return jax.tree.map(lambda leaf: leaf.reshape(*leading, *leaf.shape[1:]), (hidden, out))

    def kernels(self):
        """{}: which of its parameters lead to which layer is its own."""
        return {}


def result_of(part, network, shape):
    """(Shape and type of what a network makes of an input, whether it uses its key).

    Raises InvalidInput for one that cannot be used.
    """
    held = jax.tree.leaves(network, is_leaf=lambda leaf: isinstance(leaf, nnx.Variable))
    states = sorted({type(leaf).__name__ for leaf in held if isinstance(leaf, nnx.Variable)} - {"Param"})
    remedy = "use LayerNorm or GroupNorm, and draw noise from the key that it is called with"
    require(not states, f"{part}: it keeps a state ({', '.join(states)}), as BatchNorm and Dropout do; {remedy}")
    wanted = "give an nnx module that is called as network(x, key=None) and returns (hidden, {'name': activation})"
    x = jax.ShapeDtypeStruct(shape, "float32")
    try:
        hidden, activations = jax.eval_shape(lambda x: network(x, key=None), x)
        dict(activations)
        program = jax.make_jaxpr(lambda x, key: network(x, key=key))(x, jax.random.key(0)).jaxpr
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InvalidInput(
            f"{part}: it does not work on an input {told_axes(shape[1:])} ({reason}); {wanted}"
        ) from error
    key = program.invars[-1]
    return hidden, any(each is key for step in program.eqns for each in step.invars)


def told(array):
    """'[B, 4, 4]' of an array [1, 4, 4]."""
    return told_axes(array.shape[1:])


def told_axes(shape):
    """'[B, 4, 4]' of the axes (4, 4) of one example."""
    return f"[{', '.join(map(str, ('B', *shape)))}]"
