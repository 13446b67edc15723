"""How numbers are written; see `likelier.display`."""

from likelier.display import WIDTH as WIDTH
from likelier.display import grouped as grouped
from likelier.display import number as number
from likelier.display import p_value as p_value
from likelier.display import same_decimals as same_decimals
