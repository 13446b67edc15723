"""Tables and arrays read into checked columns and design matrices.

`build` takes formulas and a table, `from_arrays` takes arrays; both return a `Design`, whose
`recipe` builds the same matrices for new rows.
"""

from likelier.data._base import KINDS, CensoredValues, Course, Design, Matrix, Target
from likelier.data.build import build, from_arrays
from likelier.data.cells import by_cell
from likelier.data.formula import split_formula
from likelier.data.pieces import BATCH_ROWS, Piece, Pieces, pieces_of_files, pieces_of_table
from likelier.data.recipe import Recipe
from likelier.data.rows import NoRowsError, list_roles
from likelier.data.survey import Found, question_of
from likelier.data.tables import Table, hold_out, read_table
from likelier.data.targets import kind_of_numbers

__all__ = [
    "BATCH_ROWS",
    "KINDS",
    "CensoredValues",
    "Course",
    "Design",
    "Found",
    "Matrix",
    "NoRowsError",
    "Piece",
    "Pieces",
    "Recipe",
    "Table",
    "Target",
    "build",
    "by_cell",
    "from_arrays",
    "hold_out",
    "kind_of_numbers",
    "list_roles",
    "pieces_of_files",
    "pieces_of_table",
    "question_of",
    "read_table",
    "split_formula",
]
