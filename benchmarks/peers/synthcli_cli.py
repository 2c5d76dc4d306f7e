"""synthcli by its command line: fit, then sample. The schema beside the domain says the same as the domain.

This process waits for two others; what they cost is counted with it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SYNTHCLI = Path(sys.executable).parent / "synthcli"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("domain", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--epsilon", required=True)
    parser.add_argument("--delta", default="1e-9")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--mechanism", required=True)
    parser.add_argument("--target")
    given = parser.parse_args()
    with given.train.open("rb") as file:
        rows = sum(1 for _ in file) - 1
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SYNTHCLI_LEDGER"] = f"{folder}/ledger.sqlite"
        model = f"{folder}/model.synth"
        budget = ["--epsilon", given.epsilon, "--delta", given.delta, "--mechanism", given.mechanism]
        target = ["--target", given.target] if given.target else []
        schema = str(given.domain.parent / "schema.yaml")
        run("fit", str(given.train), "--schema", schema, *budget, *target, "-o", model)
        run("sample", model, "-n", str(rows), "--seed", given.seed, "-o", str(given.output), "--force")


def run(*arguments: str) -> None:
    subprocess.run([SYNTHCLI, *arguments, "--no-config", "--no-progress", "--quiet"], check=True)


if __name__ == "__main__":
    main()
