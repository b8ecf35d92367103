"""What the grid is raced against: the textbook PyTorch loop of one member, and the best batched program we could write.

`eager` and `batched` train what `vib.models.vib` makes (ReLU layers, a Gaussian head, a linear decoder, Adam),
`classifier` a plain tanh classifier. Imported where torch is.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import nn


def rate_of(mean, std):
    """KL(N(mean, std) || N(0, I)), nats, averaged over the batch: [...]."""
    return (0.5 * (mean**2 + std**2 - 1) - std.log()).sum(-1).mean(-1)


class Textbook(nn.Module):
    """One member."""

    def __init__(self, sizes, latent, classes, shift):
        super().__init__()
        layers = [layer for io in pairwise(sizes) for layer in (nn.Linear(*io), nn.ReLU())]
        self.encoder = nn.Sequential(*layers, nn.Linear(sizes[-1], 2 * latent))
        self.decoder = nn.Linear(latent, classes)
        self.shift = shift

    def forward(self, x):
        mean, rho = self.encoder(x).chunk(2, -1)
        std = F.softplus(rho + self.shift)
        return mean, std, self.decoder(mean + std * torch.randn_like(std))


def eager(x, y, *, sizes, latent, classes, shift, learning_rate, b1, batch_size, betas):
    """run(steps) of the eager loop with a DataLoader, for the first of the betas alone."""
    model = Textbook(sizes, latent, classes, shift)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(b1, 0.999))

    def loss_of(x, y):
        mean, std, logits = model(x)
        return F.cross_entropy(logits, y) + betas[0] * rate_of(mean, std)

    return loop(loss_of, optimizer, x, y, batch_size)


def classifier(x, y, *, sizes, classes, learning_rate, batch_size):
    """run(steps) of the eager loop with a DataLoader, for one tanh classifier; sizes: input and hidden layers."""
    layers = [layer for io in pairwise(sizes) for layer in (nn.Linear(*io), nn.Tanh())]
    model = nn.Sequential(*layers, nn.Linear(sizes[-1], classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    return loop(lambda x, y: F.cross_entropy(model(x), y), optimizer, x, y, batch_size)


def loop(loss_of, optimizer, x, y, batch_size):
    """run(steps) of the textbook loop over a DataLoader; it returns the last loss."""
    examples = torch.utils.data.TensorDataset(torch.as_tensor(x), torch.as_tensor(y).long())
    loader = torch.utils.data.DataLoader(examples, batch_size=batch_size, shuffle=True, drop_last=True)

    def forever():
        while True:
            yield from loader

    stream = forever()

    def run(steps):
        for _, (x, y) in zip(range(steps), stream, strict=False):
            loss = loss_of(x, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def batched(x, y, *, sizes, latent, classes, shift, learning_rate, b1, batch_size, betas):
    """run(steps) of all betas at once: stacked weights, one wide first product, bmm, fused Adam, torch.compile.

    Minibatch and noise are shared by the members, as in the grid; the data lie in memory as one tensor.
    """
    members = len(betas)
    x, y, betas = torch.as_tensor(x), torch.as_tensor(y).long(), torch.as_tensor(betas, dtype=torch.float32)
    sizes = [*pairwise(sizes), (sizes[-1], 2 * latent), (latent, classes)]
    weights = [torch.randn(i, o) * (2 / i) ** 0.5 for i, o in sizes]
    stacked = [weights[0].repeat(1, members), *(w.expand(members, *w.shape).clone() for w in weights[1:])]
    weights = [nn.Parameter(w) for w in stacked]
    biases = [nn.Parameter(torch.zeros(members, 1, o)) for _, o in sizes]

    @torch.compile
    def loss_of(x, y, noise):
        hidden = torch.relu((x @ weights[0]).view(batch_size, members, -1).transpose(0, 1) + biases[0])
        for weight, bias in zip(weights[1:-2], biases[1:-2], strict=True):
            hidden = torch.relu(torch.baddbmm(bias, hidden, weight))
        mean, rho = torch.baddbmm(biases[-2], hidden, weights[-2]).chunk(2, -1)
        std = F.softplus(rho + shift)
        logits = torch.baddbmm(biases[-1], mean + std * noise, weights[-1])
        nats = F.cross_entropy(logits.flatten(0, 1), y.repeat(members), reduction="none")
        return (nats.view(members, -1).mean(-1) + betas * rate_of(mean, std)).sum()

    optimizer = torch.optim.Adam([*weights, *biases], lr=learning_rate, betas=(b1, 0.999), fused=True)

    def indices():
        while True:
            yield from torch.randperm(len(x))[: len(x) // batch_size * batch_size].view(-1, batch_size)

    stream = indices()

    def run(steps):
        for _, index in zip(range(steps), stream, strict=False):
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(x[index], y[index], torch.randn(batch_size, latent))
            loss.backward()
            optimizer.step()
        return loss.item()

    return run
