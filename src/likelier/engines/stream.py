"""The sum taken over files that are read again in every pass, in bounded memory."""

from __future__ import annotations

from typing import ClassVar

from likelier.engines.threads import Threads


class Stream(Threads):
    """Read files piece by piece in each pass instead of holding their rows in memory.

    For Parquet and CSV files of any size; `fit` chooses it where the columns that a model reads
    would not fit into half of the memory that is free. Each thread holds one block of 32,768 rows.

    Args:
        n: number of threads; all cores when not given.

    Example:
        >>> import likelier as lk, pandas as pd, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = f"{folder}/rows.csv"
        ...     pd.DataFrame({"y": [3, 1, 4], "x": [0, 1, 2]}).to_csv(path, index=False)
        ...     fit = lk.fit("y ~ x", path, "poisson", engine=lk.Stream(1))
        >>> fit.params.estimate.round(2).tolist()
        [0.78, 0.19]
    """

    apart: ClassVar[bool] = True
