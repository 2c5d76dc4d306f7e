"""What a fit warns of once it is done: columns of which the budget could tell little."""

from pathlib import Path

from synthcli.artifact import load
from synthcli.workflow.fit import run_fit
from synthcli.workflow.fit_warnings import MOST_UNLISTED
from synthcli.workflow.requests import FitRequest


def test_a_column_of_which_little_is_learnt_is_warned_of(tmp_path: Path) -> None:
    """600 wards of four rows each never stand clear of the noise (a chance below 1e-9 each); two of 1,200 do."""
    (tmp_path / "t.csv").write_text(
        "ward,sex\n" + "".join(f"w{i % 600},{'f' if i % 2 else 'm'}\n" for i in range(2400))
    )
    (tmp_path / "schema.yaml").write_text(
        "name: t\nfields:\n  - {name: ward, type: string}\n  - {name: sex, type: string}\n"
    )
    warnings: list[str] = []
    result = run_fit(
        FitRequest(
            data=str(tmp_path / "t.csv"),
            schema=tmp_path / "schema.yaml",
            output=tmp_path / "m.synth",
            epsilon="3",
            ledger=str(tmp_path / "ledger.sqlite"),
        ),
        warn=warnings.append,
    )
    assert result.unlisted["ward"] > 0.9
    assert result.unlisted["sex"] < MOST_UNLISTED
    (told,) = [text for text in warnings if "too few rows" in text]
    assert "ward (" in told
    assert "sex (" not in told


def test_numbers_whose_range_noise_hides_are_warned_of(tmp_path: Path) -> None:
    """No octave of 100 rows stands clear of noise of 200 or more at this epsilon, but once in 10,000 runs."""
    (tmp_path / "t.csv").write_text("age,stay,sex\n" + "".join(f"{i % 7},{i % 5},{'fm'[i % 2]}\n" for i in range(100)))
    bounds = "constraints: {minimum: 0, maximum: 6}"
    sex = "{name: sex, type: string, constraints: {enum: [f, m]}}"
    ages = (("{name: age, type: integer}", ("age",)), (f"{{name: age, type: integer, {bounds}}}", ()))
    for epsilon, (age, unclear) in zip(("0.1", "0.11"), ages, strict=True):
        text = f"name: t\nfields:\n  - {age}\n  - {{name: stay, type: integer, {bounds}}}\n  - {sex}\n"
        (tmp_path / "schema.yaml").write_text(text)
        warnings: list[str] = []
        request = FitRequest(
            data=str(tmp_path / "t.csv"),
            schema=tmp_path / "schema.yaml",
            output=tmp_path / f"{epsilon}.synth",
            epsilon=epsilon,
            mechanism="independent",
            ledger=str(tmp_path / "ledger.sqlite"),
        )
        assert run_fit(request, warn=warnings.append).unclear == unclear
        told = [text for text in warnings if "where those of age lie" in text and "minimum and maximum" in text]
        assert len(told) == len(unclear)
        assert not load(request.output).unclear, "a file says nothing of it"
