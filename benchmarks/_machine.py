"""What was measured on: the line that stands over every table."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

PROGRAMS = (
    "numpy", "scipy", "jax", "scikit-learn", "glum", "statsmodels", "ngboost", "torch", "numpyro",
    "adelie", "skglm", "torchdiffeq", "pyarrow", "distributed",
)  # fmt: skip
R_PACKAGES = ("MASS", "glmnet", "mgcv", "VGAM")

_VERSIONS = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""
_R_VERSIONS = """
cat("R", as.character(getRversion()))
for (name in commandArgs(TRUE))
  if (requireNamespace(name, quietly = TRUE)) cat(",", name, as.character(packageVersion(name)))
"""


def processor() -> str:
    """The processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def versions(python: str) -> str:
    """Of the programs that an interpreter has."""
    command = [python, "-c", _VERSIONS, *PROGRAMS]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return ", ".join(f"{name} {version}" for name, version in found.items())


def machine(peers: str = sys.executable) -> str:
    """The day, the machine and the versions of all that takes part."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = [
        f"{date.today()}: {processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}.",
        f"likelier's side: {versions(sys.executable)}.",
    ]
    if Path(peers).resolve() != Path(sys.executable).resolve() or peers != sys.executable:
        lines.append(f"Peers: {versions(peers)}.")
    if (rscript := shutil.which("Rscript")) is not None:
        command = [rscript, "-e", _R_VERSIONS, *R_PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            lines.append(f"{done.stdout}.")
    return "  \n".join(lines)
