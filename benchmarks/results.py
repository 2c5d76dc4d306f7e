"""The file of results: one JSON line per run, in the repository, so that slow peers are run once."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

RESULTS = Path(__file__).parent / "results" / "peers.jsonl"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: "ok", "timeout" or "failed"; seconds, megabytes and the metrics of scores.py where there are any."""

    table: str
    system: str
    epsilon: float | None
    seed: int
    date: str
    status: str
    wall: float | None = None
    cpu: float | None = None
    peak_mb: float | None = None
    rows: int | None = None
    outside: int | None = None
    tvd1: float | None = None
    tvd2: float | None = None
    tvd3: float | None = None
    auc: float | None = None

    @property
    def key(self) -> tuple[str, str, float | None, int]:
        return self.table, self.system, self.epsilon, self.seed


def read_runs(path: Path) -> list[Run]:
    """The runs of a file, which need not exist; the last one of each key."""
    lines = path.read_text().splitlines() if path.exists() else []
    runs = [Run(**json.loads(line)) for line in lines if line.strip()]
    return list({run.key: run for run in runs}.values())


def write_run(path: Path, run: Run | None) -> None:
    """Append a run; fields without a value are left out."""
    if run is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"epsilon": run.epsilon} | {name: value for name, value in asdict(run).items() if value is not None}
    line = {field.name: kept[field.name] for field in fields(run) if field.name in kept}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")
