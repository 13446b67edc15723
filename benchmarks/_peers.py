"""Environments of their own for the programs that benchmarks compare with: `make peers`.

    python -m benchmarks._peers                 # all that are not there yet
    python -m benchmarks._peers adelie          # one of them
    python -m benchmarks._peers --torch torch==2.13.0

Peers want versions of their own of what likelier is tested with, so none shares its environment.
Of R nothing is installed: what the system has is used, and what is missing is named.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".venv-peers"
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "common": ("scipy", "scikit-learn", "statsmodels", "glum", "ngboost", "skglm", "numpyro"),
    # It asks for a NumPy that the others have left behind.
    "adelie": ("adelie", "numpy<2"),
}
"""What stands in each environment; PyTorch comes to the first."""
R_PACKAGES = ("MASS", "glmnet", "mgcv", "VGAM")


def interpreter(name: str = "common") -> str:
    """The Python of an environment; this one where it has not been made."""
    path = FOLDER / name / "bin" / "python"
    return str(path if path.exists() else sys.executable)


def install(name: str, packages: tuple[str, ...]) -> None:
    """Make an environment anew where it does not hold what it should."""
    folder = FOLDER / name
    stamp, wanted = folder / "packages.txt", "\n".join(packages)
    if stamp.exists() and stamp.read_text() == wanted:
        print(f"{name}: there already")
        return
    venv.create(folder, with_pip=True, clear=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*command, "--disable-pip-version-check", *packages], check=True)
    stamp.write_text(wanted)
    print(f"{name}: {', '.join(packages)}")


def missing_in_r() -> list[str]:
    """Packages of R that benchmarks would use and that the system lacks; all without R."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return ["R itself", *R_PACKAGES]
    text = f"cat(setdiff(c({', '.join(map(repr, R_PACKAGES))}), rownames(installed.packages())))"
    done = subprocess.run([rscript, "-e", text], check=True, capture_output=True, text=True)
    return done.stdout.split()


def main() -> None:
    """Install what is asked for, and say what R lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*ENVIRONMENTS, []], default=[])
    parser.add_argument("--torch", default="torch", help="what pip installs as PyTorch")
    given = parser.parse_args()
    for name in given.names or ENVIRONMENTS:
        more = (given.torch,) if name == "common" else ()
        install(name, ENVIRONMENTS[name] + more)
    missing = missing_in_r()
    print(f"R lacks: {', '.join(missing)}" if missing else "R has all that is compared with")


if __name__ == "__main__":
    main()
