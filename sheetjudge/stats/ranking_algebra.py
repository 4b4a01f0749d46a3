"""Linear algebra of a comparison graph: the precision of the rows' strengths is diagonal but for the pairs compared.

Up to `DENSE` rows everything is exact. Above, systems are solved by conjugate gradients, and variances come from belief
propagation on the graph (exact on trees; Weiss and Freeman, 2001), so that no matrix of rows by rows is ever held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[Any]
    Ints = NDArray[Any]

DENSE = 400
"""Rows up to which the whole covariance is worked out."""

_PASSES = 12
_MOST_STEPS = 300
# Of the precision that answers take away: the most that leaves a positive definite matrix is heeded.
_SHARES_TAKEN = (1.0, 0.75, 0.5, 0.25, 0.0)
# Right sides that are solved for together: few enough to stay in the processor's cache.
_BLOCK = 32


@dataclass(frozen=True)
class System:
    """The precision matrix of strengths: `base` on the diagonal, and `precision` on the gap of each compared pair.

    Attributes:
        first, second: the rows of each comparison.
        precision: what each says of its gap; some may take away, but the whole matrix has to be positive definite.
        base: precision of each row before any comparison, above 0.
    """

    first: Ints
    second: Ints
    precision: Floats
    base: Floats

    @property
    def is_dense(self) -> bool:
        """Small enough for exact algebra."""
        return len(self.base) <= DENSE

    def gathered(self, of_gaps: Floats) -> Floats:
        """Sums over each row's comparisons of a figure of each gap: plus for the first, minus for the second."""
        import numpy as np

        rows = len(self.base)
        return np.bincount(self.first, of_gaps, rows) - np.bincount(self.second, of_gaps, rows)

    def solve(self, side: Floats, start: Floats | None = None, *, tolerance: float = 1e-6) -> Floats:
        """The solution for one right side, or for several as columns.

        Args:
            side: right side. start: a guess at the solution.
            tolerance: by how much a solution may be off, as a share of the right side; exact where dense.

        Returns:
            The solution; above `DENSE` rows all nan where the matrix proves not to be positive definite.
        """
        if self.is_dense:
            solved: Floats = self._covariance @ side
            return solved
        return _conjugate_gradients(self._matrix.astype(side.dtype, copy=False), side, start, tolerance)

    @cached_property
    def variances(self) -> tuple[Floats, Floats]:
        """The variance of each row's strength, and of each gap without what its own comparison says."""
        import numpy as np

        if not self.is_dense:
            return self._propagated()
        rows = np.diag(self._covariance)
        gaps = rows[self.first] + rows[self.second] - 2 * self._covariance[self.first, self.second]
        return rows, 1 / np.maximum(1 / gaps - self.precision, self._least)

    def draws(self, count: int, rng: Generator) -> Floats:
        """Deviations drawn with this precision, an array of rows by `count`.

        Above `DENSE` rows by solving for a perturbed right side (Papandreou and Yuille, 2010). Where so much
        precision is taken away that the matrix is not positive definite, less of it is.
        """
        import numpy as np

        if self.is_dense:
            return np.asarray(self._root @ rng.standard_normal((len(self.base), count)))
        # A draw needs no more digits than its own chance leaves it: half as many, and half the time.
        few = np.float32
        side = np.sqrt(self.base, dtype=few)[:, None] * rng.standard_normal((len(self.base), count), few)
        of_gaps = np.sqrt(np.maximum(self.precision, 0.0), dtype=few)[:, None]
        side += self._incidence.T.astype(few) @ (of_gaps * rng.standard_normal((len(self.first), count), few))
        taken = np.minimum(self.precision, 0.0)
        for share in _SHARES_TAKEN:
            less = self if share == 1 else replace(self, precision=self.precision - (1 - share) * taken)
            off = less.solve(side, tolerance=1e-3)
            if np.isfinite(off).all():
                break
        return off

    @property
    def _least(self) -> Floats:
        """Precision of each gap before any comparison: answers that take some away can't leave less."""
        least: Floats = 1 / (1 / self.base[self.first] + 1 / self.base[self.second])
        return least

    @cached_property
    def _incidence(self) -> Any:
        import numpy as np
        from scipy.sparse import csr_array

        count = len(self.first)
        ones = np.ones(count)
        columns = np.stack([self.first, self.second], axis=1).ravel()
        return csr_array(
            (np.stack([ones, -ones], axis=1).ravel(), columns, np.arange(0, 2 * count + 1, 2)),
            shape=(count, len(self.base)),
        )

    @cached_property
    def _matrix(self) -> Any:
        from scipy.sparse import diags_array

        weighted = diags_array(self.precision) @ self._incidence
        return (self._incidence.T @ weighted + diags_array(self.base)).tocsr()

    @cached_property
    def _covariance(self) -> Floats:
        import numpy as np

        rows = len(self.base)
        pairs = np.bincount(self.first * rows + self.second, self.precision, rows * rows).reshape(rows, rows)
        pairs += pairs.T
        return np.asarray(np.linalg.inv(np.diag(self.base + pairs.sum(0)) - pairs))

    @cached_property
    def _root(self) -> Floats:
        import numpy as np

        try:
            return np.asarray(np.linalg.cholesky(self._covariance))
        except np.linalg.LinAlgError:
            # To the last digit not positive definite.
            values, vectors = np.linalg.eigh(self._covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))

    def _propagated(self) -> tuple[Floats, Floats]:
        import numpy as np

        rows = len(self.base)
        lower, upper = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        # Comparisons of the same pair are one edge: as two they would be a loop, and count for each other.
        _, where, edge = np.unique(lower * rows + upper, return_index=True, return_inverse=True)
        a, b = lower[where], upper[where]
        weight = np.bincount(edge, self.precision, len(where))
        to_a, to_b = np.zeros(len(a)), np.zeros(len(b))
        total = self.base
        for _ in range(_PASSES):
            from_a, from_b = total[a] - to_a, total[b] - to_b
            to_a, to_b = weight * from_b / (weight + from_b), weight * from_a / (weight + from_a)
            total = self.base + np.bincount(a, to_a, rows) + np.bincount(b, to_b, rows)
        apart = 1 / (total[a] - to_a) + 1 / (total[b] - to_b)
        others = weight[edge] - self.precision
        return 1 / total, 1 / np.maximum(1 / apart[edge] + others, self._least)


def _conjugate_gradients(matrix: Any, side: Floats, start: Floats | None, tolerance: float) -> Floats:
    """Each column by conjugate gradients, preconditioned by the diagonal (Hestenes and Stiefel, 1952).

    All nan where the matrix proves not to be positive definite.
    """
    import numpy as np

    right = side[:, None] if side.ndim == 1 else side
    guess = np.zeros_like(right) if start is None else start.reshape(right.shape)
    found = np.empty_like(right)
    for at in range(0, right.shape[1], _BLOCK):
        some = slice(at, at + _BLOCK)
        solved = _solved(matrix, np.ascontiguousarray(right[:, some]), np.array(guess[:, some], order="C"), tolerance)
        if solved is None:
            found[:] = np.nan
            break
        found[:, some] = solved
    return found.reshape(side.shape)


def _solved(matrix: Any, right: Floats, found: Floats, tolerance: float) -> Floats | None:
    import numpy as np

    diagonal = matrix.diagonal()
    if not (diagonal > 0).all():
        return None
    scale = (1 / diagonal)[:, None]
    rest = right - matrix @ found
    aim = tolerance * np.sqrt(np.einsum("ij,ij,ij->j", right, right, scale)) + 1e-12
    along = scale * rest
    size = np.einsum("ij,ij->j", rest, along)
    for _ in range(_MOST_STEPS):
        going = np.sqrt(size) > aim
        if not going.any():
            break
        ahead = matrix @ along
        bend = np.einsum("ij,ij->j", along, ahead)
        if not (bend[going] > 0).all():
            return None
        step = np.where(going, size / np.where(going, bend, 1.0), 0.0)
        found += step * along
        rest -= step * ahead
        ready = scale * rest
        before, size = size, np.einsum("ij,ij->j", rest, ready)
        along *= size / np.maximum(before, np.finfo(before.dtype).tiny)
        along += ready
    return found
