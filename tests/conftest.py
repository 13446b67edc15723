"""Settings that every test shares."""

import os
import secrets
import shutil

import pytest
from hypothesis import settings

# The same examples every time: a failure that one run sees, every run sees.
settings.register_profile("likelier", max_examples=50, deadline=None, derandomize=True)
settings.load_profile("likelier")

# `LIKELIER_SEED=fresh` draws new points, the same ones in every worker of a parallel run.
if os.environ.get("LIKELIER_SEED") == "fresh":
    os.environ["LIKELIER_SEED"] = str(secrets.randbits(32))


def pytest_report_header() -> str:
    return f"points of the accuracy tests: LIKELIER_SEED={os.environ.get('LIKELIER_SEED', 'fixed')}"


@pytest.fixture(scope="session")
def browser() -> str:
    """The path of a Chromium; a test that asks for it carries `pytest.mark.browser`."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        "The tests of pages need a browser and none is on the PATH: install chromium, "
        "or leave them out with -m 'not browser'."
    )
