"""An environment of its own for each peer, made once in the cache from its requirements."""

import os
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).parent / "peers"


class EnvironmentMissing(Exception):
    """A peer that cannot be installed from its requirements here."""


def cache_folder() -> Path:
    """Where environments and prepared tables are kept: SYNTHCLI_BENCH_CACHE, or the user's cache folder."""
    given = os.environ.get("SYNTHCLI_BENCH_CACHE")
    return Path(given) if given else Path.home() / ".cache" / "synthcli-bench"


def interpreter(name: str, cache: Path) -> str:
    """The Python that runs an adapter; `EnvironmentMissing` if there is none and none can be made.

    SYNTHCLI_BENCH_<NAME> names one that the user made: the only way for a peer that no registry has.
    """
    if not name:
        return sys.executable
    given = os.environ.get(f"SYNTHCLI_BENCH_{name.upper()}")
    if given:
        return given
    requirements, folder = PEERS / f"{name}.txt", cache / "venvs" / name
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not requirements.exists():
        raise EnvironmentMissing(f"no registry has {name}: set SYNTHCLI_BENCH_{name.upper()} to a Python that does")
    if not ready.exists() or ready.read_text() != requirements.read_text():
        print(f"making an environment for {name} in {folder}", file=sys.stderr, flush=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
        for command in ([sys.executable, "-m", "venv", "--clear", str(folder)], pip):
            if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                raise EnvironmentMissing(f"{' '.join(command)} failed")
        ready.write_text(requirements.read_text())
    return str(python)
