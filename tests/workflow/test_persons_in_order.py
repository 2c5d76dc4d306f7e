"""Rules that put a person's columns and those of the rows in order hold in every written row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthcli.artifact import load
from synthcli.persons import Persons
from synthcli.row_chance import RowChance
from synthcli.workflow.fit import run_fit
from synthcli.workflow.requests import FitRequest

NUMBERS = ("integer", "minimum: 0, maximum: 400", lambda v: v)
DATES = ("date", "", lambda v: pd.to_datetime("2000-01-01") + pd.to_timedelta(v, unit="D"))
SCHEMA = """
name: stays
fields:
- {{name: who, type: integer, "synthcli:role": unit, "synthcli:max-rows": 5}}
- {{name: born, type: {kind}, "synthcli:level": person, constraints: {{{more}}}}}
- {{name: died, type: {kind}, "synthcli:level": person, constraints: {{{more}}}}}
- {{name: begin, type: {kind}, constraints: {{{must}}}}}
- {{name: end, type: {kind}, constraints: {{{must}}}}}
- {{name: kind, type: string, constraints: {{enum: [a, b], required: true}}}}
rules:
- order: [born, begin]
- {{order: [begin, end], strict: true}}
- order: [end, died]
- order: [born, died]
"""


def _stays(spell) -> pd.DataFrame:  # type: ignore[no-untyped-def]
    """Lives of 100 to 200 days within 400, and stays inside of them; some live."""
    rng = np.random.default_rng(0)
    born, life = rng.integers(0, 200, 1_500), rng.integers(100, 200, 1_500)
    who = np.repeat(np.arange(1_500), rng.integers(1, 6, 1_500))
    begin = born[who] + (rng.random(len(who)) * (life[who] - 40)).astype(int)
    end = begin + rng.integers(1, 40, len(who))
    rows = pd.DataFrame({"who": who, "born": spell(born[who]), "died": spell((born + life)[who])})
    rows["begin"], rows["end"] = spell(begin), spell(end)
    rows["kind"] = rng.choice(["a", "b"], len(who))
    rows.loc[rng.random(1_500)[who] < 0.3, "died"] = None
    return rows


@pytest.mark.parametrize("variant", [NUMBERS, DATES], ids=["integers", "dates"])
@pytest.mark.parametrize("epsilon", ["8", "0.5"])
def test_every_row_is_in_order_with_its_person(variant, epsilon: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    kind, more, spell = variant
    table = _stays(spell)
    if kind == "integer":
        table = table.astype(dict.fromkeys(("born", "died", "begin", "end"), "Int64"))
    table.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.yaml").write_text(
        SCHEMA.format(kind=kind, more=more, must=f"required: true, {more}".removesuffix(", "))
    )
    request = FitRequest(
        data=str(tmp_path / "t.csv"),
        schema=tmp_path / "s.yaml",
        output=tmp_path / "m.synth",
        epsilon=epsilon,
        max_rows_per_unit=3,
        ledger=str(tmp_path / "ledger.sqlite"),
    )
    run_fit(request)
    release = load(tmp_path / "m.synth")
    drawn = pa.Table.from_batches([d.rows for d in Persons(release).sample(4_000, np.random.default_rng(1))])
    rows = drawn.to_pandas()
    assert (rows.groupby("who")[["born", "died"]].nunique(dropna=False) == 1).all(axis=None)
    there = rows.dropna(subset=["born", "begin"])
    assert len(there) > 5_000 and (there.born <= there.begin).all()
    ended = rows.dropna(subset=["begin", "end"])
    assert (ended.begin < ended.end).all()
    dead = rows.dropna(subset=["end", "died"])
    assert len(dead) > 3_000 and (dead.end <= dead.died).all()
    lives = rows.dropna(subset=["born", "died"])
    assert (lives.born <= lives.died).all()
    chances = RowChance(release).log_density(drawn.combine_chunks().to_batches()[0])
    assert np.isfinite(chances).all(), "what was drawn could be drawn"
