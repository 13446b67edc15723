"""A fit and a contest handed to the report floor, as the plain data that it draws."""

from __future__ import annotations
