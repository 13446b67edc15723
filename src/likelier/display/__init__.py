"""How numbers and tables are written: texts for terminals, HTML for notebooks and pages."""

from likelier.display.html import html_block as html_block
from likelier.display.html import html_blocks as html_blocks
from likelier.display.html import html_facts as html_facts
from likelier.display.html import html_note as html_note
from likelier.display.html import html_table as html_table
from likelier.display.links import parameter_heading as parameter_heading
from likelier.display.numbers import WIDTH as WIDTH
from likelier.display.numbers import counted as counted
from likelier.display.numbers import figures as figures
from likelier.display.numbers import grouped as grouped
from likelier.display.numbers import number as number
from likelier.display.numbers import p_value as p_value
from likelier.display.numbers import same_decimals as same_decimals

__all__ = [
    "WIDTH",
    "counted",
    "figures",
    "grouped",
    "html_block",
    "html_blocks",
    "html_facts",
    "html_note",
    "html_table",
    "number",
    "p_value",
    "parameter_heading",
    "same_decimals",
]
