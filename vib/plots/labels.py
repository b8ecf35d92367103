"""Names written beside points, each where it covers least, with a thin line to its point."""

import numpy as np

ANGLES = np.radians(np.arange(0, 360, 15))
WAYS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)
RINGS = (9, 15, 23, 33, 45, 60)  # distances of a name from its point, in typographic points
GAP = 2.0
LEADER = {"arrowstyle": "-", "lw": 0.5, "color": "#444444", "shrinkA": 0, "shrinkB": 2}
FURTHER, HIDES_FAINT, HIDES, CROSSES, IMPOSSIBLE = 5, 2, 1e2, 1e3, 1e6  # costs of a place


def write(axes, names, points, strong, faint):
    """Writes `names` at points [n, 2] of the data; they should not cover `strong` [m, 2], better not `faint` [k, 2].

    These two in pixels; the figure of the axes is drawn already, so that its layout no longer moves.
    """
    pixel, boxes, leaders = axes.figure.dpi / 72, [], []
    for name, point in zip(names, points, strict=True):
        style = {"ha": "center", "va": "center", "fontsize": 7, "arrowprops": LEADER}
        text = axes.annotate(name, point, (0, 0), textcoords="offset points", **style)
        text.set_in_layout(False)
        extent = text.get_window_extent()
        half = np.array([extent.width, extent.height]) / 2 + GAP * pixel
        start = axes.transData.transform(point)
        centres = start + np.concatenate([(ring * pixel + half) * WAYS for ring in RINGS])
        lows, highs = centres - half, centres + half
        costs = FURTHER * np.repeat(np.arange(len(RINGS)), len(WAYS))
        costs = costs + IMPOSSIBLE * ((lows < axes.bbox.min) | (highs > axes.bbox.max)).any(1)
        costs += HIDES * _covered(lows, highs, strong) + HIDES_FAINT * _covered(lows, highs, faint)
        ways = start + np.linspace(0, 1, 20)[:, None, None] * (centres - start)
        for low, high in boxes:
            costs += IMPOSSIBLE * ((lows < high) & (highs > low)).all(1)
            costs += CROSSES * ((ways > low) & (ways < high)).all(2).any(0)
        for leader in leaders:
            costs += CROSSES * _cross(start, centres, *leader)
        best = int(np.argmin(costs))
        text.set_position((centres[best] - start) / pixel)
        boxes.append((lows[best], highs[best]))
        leaders.append((start, centres[best]))
        strong = np.concatenate([strong, ways[:, best]])


def _covered(lows, highs, points):
    """How many of the points [m, 2] each box [n] covers: [n]."""
    points = points[((points > lows.min(0)) & (points < highs.max(0))).all(1)]
    return ((points > lows[:, None]) & (points < highs[:, None])).all(2).sum(1)


def _cross(a, b, c, d):
    """Whether the lines from a to each of b [n, 2] cross the line from c to d: [n]."""

    def side(p, q, r):
        return np.sign((q - p)[..., 0] * (r - p)[..., 1] - (q - p)[..., 1] * (r - p)[..., 0])

    return (side(a, b, c) != side(a, b, d)) & (side(c, d, a) != side(c, d, b))
