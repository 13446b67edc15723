"""The rows of a batch on several devices: here, of the processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from waves import wave

import likelier as lk

PROGRAM = """
import json
import numpy as np
import likelier as lk
from waves import wave

found = {}
for name, network in (("one", lk.MLP((8,))), ("several", lk.Ensemble(lk.MLP((8,)), 2))):
    # 33 rows of a batch do not go evenly into two.
    one, two = (
        lk.fit("y ~ x", wave(300), "normal", predictor=network, solver=solver)
        for solver in (lk.Adam(None, 33, 5), lk.Adam(None, 33, 5, devices=2))
    )
    found[name] = float(np.max(np.abs(one.coefficients - two.coefficients)))
    found[name + " moved"] = float(np.max(np.abs(one.coefficients)))
try:
    lk.fit("y ~ x", wave(300), "normal", predictor=network, solver=lk.SGD(devices=3))
except lk.LikelierError as error:
    found["refused"] = str(error)
print(json.dumps(found))
"""


def test_two_devices_find_the_weights_of_one() -> None:
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_force_host_platform_device_count=2",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    for name in ("one", "several"):
        # Sums of float32 in another order, over some fifty steps.
        assert found[name] < 1e-5 * found[f"{name} moved"]
    assert "devices=3, and JAX sees 2 (CPU)" in found["refused"]


def test_a_linear_model_has_no_batches_to_share() -> None:
    with pytest.raises(lk.LikelierError, match="share the batches of a network"):
        lk.fit("y ~ x", wave(100), "normal", solver=lk.Adam(devices=2))
    with pytest.raises(lk.LikelierError, match="devices of Adam is a whole number above 0"):
        lk.Adam(devices=0)
