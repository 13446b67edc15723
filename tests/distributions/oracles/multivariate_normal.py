"""Multivariate normal: Kotz, Balakrishnan and Johnson (2000), ch. 45, by Gaussian elimination."""

from __future__ import annotations

import numpy as np
from mpmath import mp

from oracles._oracle import Oracle
from oracles._points import log_uniform, signed


def log_prob(y, loc, scale_tril=None, covariance=None, precision=None):
    k = len(loc)
    residual = mp.matrix([a - b for a, b in zip(y, loc, strict=True)])
    constant = -k * mp.log(2 * mp.pi) / 2
    if scale_tril is not None:
        z: list = []
        for i in range(k):
            inner = mp.fsum(scale_tril[i][j] * z[j] for j in range(i))
            z.append((residual[i] - inner) / scale_tril[i][i])
        logs = mp.fsum(mp.log(scale_tril[i][i]) for i in range(k))
        return constant - logs - mp.fsum(x**2 for x in z) / 2
    if precision is not None:
        matrix = mp.matrix(precision)
        return constant + mp.log(mp.det(matrix)) / 2 - (residual.T * matrix * residual)[0] / 2
    matrix = mp.matrix(covariance)
    return (
        constant - mp.log(mp.det(matrix)) / 2 - (residual.T * mp.lu_solve(matrix, residual))[0] / 2
    )


def _tril(rng, k, low, high):
    scale = log_uniform(rng, low, high)
    tril = np.tril(rng.normal(size=(k, k)))
    tril[np.diag_indices(k)] = rng.uniform(0.3, 2, k)
    return scale * tril


def points(rng):
    for i in range(240):
        k = int(rng.choice([1, 2, 3]))
        tril = _tril(rng, k, *((0.1, 10) if i < 150 else (1e-100, 1e100)))
        loc = tril.max() * np.array([signed(rng, 1e-3, 10) for _ in range(k)])
        y = loc + tril @ rng.normal(size=k) * 2
        if i % 3 == 0 and i < 150:
            covariance = tril @ tril.T
            yield {"loc": loc.tolist(), "covariance": covariance.tolist()}, y.tolist()
        elif i % 3 == 1 and i < 150:
            precision = np.linalg.inv(tril @ tril.T)
            precision = (precision + precision.T) / 2
            yield {"loc": loc.tolist(), "precision": precision.tolist()}, y.tolist()
        else:
            yield {"loc": loc.tolist(), "scale_tril": tril.tolist()}, y.tolist()


ORACLE = Oracle(
    "MultivariateNormal",
    log_prob,
    points,
    ordinary=(
        {"loc": [0.3, -1.0], "scale_tril": [[1.5, 0.0], [0.4, 0.6]]},
        {"loc": [0.0, 1.0], "covariance": [[2.0, 0.5], [0.5, 1.0]]},
    ),
    scalar=False,
)
