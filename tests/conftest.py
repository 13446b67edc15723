"""Settings that every test shares."""

from hypothesis import settings

# The same examples every time: a failure that one run sees, every run sees.
settings.register_profile("likelier", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("likelier")
