"""One step of a differential equation: an explicit method and one for stiff equations.

Both are a loop over stages. With y the states at the start of a step of length h, stage i gives
kᵢ from what lies inside the step, y + Σⱼ aᵢⱼ kⱼ; the step ends at y + Σ bᵢ kᵢ, of order 5, and
Σ eᵢ kᵢ is its distance from a solution of order 4. The loop over stages is one for the compiler
too, which then sees the user's equation once; written out, it would be compiled for each stage.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from likelier.predictors.ode.jets import Jets

Array = Any
Slope = Callable[[Array, Array, Array], Array]
"""The derivative of the states, (S,), at a time, states and unknowns, (P,)."""
Stage = Callable[[Array, Array, Array], Array]
"""The jet kᵢ, (S, D), of stage i, from that of the states inside and those of the stages, (s, S D),
of which the first i are there."""


@dataclass(frozen=True, eq=False)
class Method(ABC):
    """A method of s stages.

    Attributes:
        inside: (s, s) the coefficients a, below the diagonal.
        nodes: (s,) the times of the stages, in steps.
        weights, error: (s,) the coefficients b and e.
    """

    inside: np.ndarray
    nodes: np.ndarray
    weights: np.ndarray
    error: np.ndarray

    @abstractmethod
    def stages(self, slope: Slope, jets: Jets, t: Array, h: Array, y: Array, q: Array) -> Stage:
        """The stages of a step.

        Args:
            slope: of the states.
            jets: how they are laid out.
            t, h: the start and the length of the step.
            y, q: jets of the states, (S, D), and of the unknowns, (P, D).
        """


class RungeKutta(Method):
    """An explicit method: kᵢ = h f(tᵢ, yᵢ)."""

    def stages(self, slope: Slope, jets: Jets, t: Array, h: Array, y: Array, q: Array) -> Stage:
        import jax.numpy as jnp

        nodes = jnp.asarray(self.nodes)

        def stage(i: Array, here: Array, _: Array) -> Array:
            def field(z: Array) -> Array:
                return slope(t + nodes[i] * h, z[: len(y)], z[len(y) :])

            return h * jets.through(field, jnp.concatenate([here, q]))

        return stage


@dataclass(frozen=True, eq=False)
class Rosenbrock(Method):
    r"""A linearly implicit method, which solves one linear system a stage and no other.

    (I − h γ J) kᵢ = γ (h f(tᵢ, yᵢ) + Σⱼ cᵢⱼ kⱼ + h² dᵢ ∂f/∂t), with J the derivative of f in the
    states, which is factorised once a step.

    Attributes:
        coupling: (s, s) the coefficients c, below the diagonal.
        drift: (s,) the coefficients d.
        gamma: γ.
    """

    coupling: np.ndarray
    drift: np.ndarray
    gamma: float

    def stages(self, slope: Slope, jets: Jets, t: Array, h: Array, y: Array, q: Array) -> Stage:
        import jax
        import jax.numpy as jnp
        from jax.scipy.linalg import lu_factor, lu_solve

        coupling, nodes, drift = map(jnp.asarray, (self.coupling, self.nodes, self.drift))
        size, reach = len(y), h * self.gamma
        jacobian = jax.jacfwd(lambda s: slope(t, s, q[:, 0]))(y[:, 0])
        factors = lu_factor(jnp.eye(size) - reach * jacobian)

        def stage(i: Array, here: Array, before: Array) -> Array:
            def solved(z: Array) -> Array:
                first, inner, coupled, unknowns = jnp.split(z, [size, 2 * size, 3 * size])

                def matrix(k: Array) -> Array:
                    move = jax.jvp(lambda s: slope(t, s, unknowns), (first,), (k,))[1]
                    return k - reach * move

                def solve(_: Any, right: Array) -> Array:
                    return lu_solve(factors, right)

                ones = jnp.ones_like(t)
                change = jax.jvp(lambda at: slope(at, first, unknowns), (t,), (ones,))[1]
                moved = h * slope(t + nodes[i] * h, inner, unknowns) + coupled
                right = self.gamma * (moved + h * h * drift[i] * change)
                # The derivatives of the solution are those of the exact matrix, with its factors.
                return jax.lax.custom_linear_solve(matrix, right, solve)

            coupled = (coupling[i] @ before).reshape(y.shape)
            return jets.through(solved, jnp.concatenate([y, here, coupled, q]))

        return stage


def _below(*rows: tuple[float, ...]) -> np.ndarray:
    """A square matrix with these rows below its diagonal."""
    found = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):
        found[i, : len(row)] = row
    return found


def _tsitouras() -> RungeKutta:
    """The pair of orders 5 and 4 of Tsitouras (2011), doi:10.1016/j.camwa.2011.06.002, table 1."""
    weights = (
        0.09646076681806523,
        0.01,
        0.4798896504144996,
        1.379008574103742,
        -3.290069515436081,
        2.324710524099774,
    )
    inside = _below(
        (),
        (0.161,),
        (-0.008480655492356989, 0.335480655492357),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525),
        (
            5.86145544294642,
            -12.92096931784711,
            8.159367898576159,
            -0.071584973281401,
            -0.028269050394068383,
        ),
        weights,
    )
    error = (
        0.001780011052226,
        0.000816434459657,
        -0.007880878010262,
        0.144711007173263,
        -0.582357165452555,
        0.458082105929187,
        -1 / 66,
    )
    return RungeKutta(inside, inside.sum(axis=1), np.array((*weights, 0.0)), np.array(error))


def _rodas5p() -> Rosenbrock:
    """Rodas5P, of orders 5 and 4: Steinebach (2023), doi:10.1007/s10543-023-00967-x."""
    gamma = 0.21193756319429014
    last = (
        -7.502846399306121,
        2.561846144803919,
        -11.627539656261098,
        -0.18268767659942256,
        0.030198172008377946,
    )
    inside = _below(
        (),
        (3.0,),
        (2.849394379747939, 0.45842242204463923),
        (-6.954028509809101, 2.489845061869568, -10.358996098473584),
        (2.8029986275628964, 0.5072464736228206, -0.3988312541770524, -0.04721187230404641),
        last,
        (*last, 1.0),
        (*last, 1.0, 1.0),
    )
    coupling = _below(
        (),
        (-14.155112264123755,),
        (-17.97296035885952, -2.859693295451294),
        (147.12150275711716, -1.41221402718213, 71.68940251302358),
        (165.43517024871676, -0.4592823456491126, 42.90938336958603, -5.961986721573306),
        (
            24.854864614690072,
            -3.0009227002832186,
            47.4931110020768,
            5.5814197821558125,
            -0.6610691825249471,
        ),
        (
            30.91273214028599,
            -3.1208243349937974,
            77.79954646070892,
            34.28646028294783,
            -19.097331116725623,
            -28.087943162872662,
        ),
        (
            37.80277123390563,
            -3.2571969029072276,
            112.26918849496327,
            66.9347231244047,
            -40.06618937091002,
            -54.66780262877968,
            -9.48861652309627,
        ),
    )
    nodes = (0.0, 3 * gamma, 0.4095798393397535, 0.9769306725060716, 0.4288403609558664, 1, 1, 1)
    drift = (gamma, -2 * gamma, -0.3384627126235924, 1.8046452872882734, 2.325825639765069, 0, 0, 0)
    return Rosenbrock(
        inside=inside,
        nodes=np.array(nodes),
        weights=np.array((*last, 1.0, 1.0, 1.0)),
        error=np.eye(8)[7],
        coupling=coupling,
        drift=np.array(drift),
        gamma=gamma,
    )


TSITOURAS, RODAS = _tsitouras(), _rodas5p()
