"""The classical losses, each as the NLL of a distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from likelier.distributions._text import catalogue


class Losses(Mapping[str, str]):
    """Which classical loss each family's NLL is: a read-only table, by the family's text.

    It is read off the families' own `classical_loss`, so it lists what the catalogue holds.

    Example:
        >>> import likelier as lk
        >>> lk.losses["laplace"]
        'mean absolute error (scale = 1, up to a constant)'
        >>> "normal" in lk.losses
        True
    """

    def __getitem__(self, family: str) -> str:
        found = catalogue().get(family)
        if found is None or not found.classical_loss:
            raise KeyError(family)
        return str(found.classical_loss)

    def __iter__(self) -> Iterator[str]:
        return (name for name, family in catalogue().items() if family.classical_loss)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        width = max(map(len, self))
        return "\n".join(f"{name:<{width}}  {loss}" for name, loss in self.items())

    def _repr_html_(self) -> str:
        rows = (
            f"<tr><td>{escape(name)}</td><td>{escape(loss)}</td></tr>"
            for name, loss in self.items()
        )
        head = "<tr><th>distribution</th><th>its NLL is</th></tr>"
        return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


losses = Losses()
