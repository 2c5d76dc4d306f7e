"""Who is protected, and what that costs: decided and shown without a look at the rows."""

from dataclasses import dataclass

from synthcli.discovery.budget import Discovery
from synthcli.discovery.categories import shares_of_columns
from synthcli.errors import UsageError, closest
from synthcli.privacy.bounding import MOST, PrivacyUnit
from synthcli.privacy.noise import keys_scales_for, sigma_for
from synthcli.privacy.transformations import marginals_sensitivity
from synthcli.table.schema import Role, Schema
from synthcli.workflow.requests import FitRequest

BOUNDS = (1, 2, 5, 10, 20, 50)
"""The rows per unit that a dry run compares."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What a bound of `rows` rows a unit costs.

    `stddev`: of the noise on a count, in rows, if all of the mechanism's budget went to one-way counts; it grows with
    `rows`. `category`: the noisy count above which a category is learnt; None where none is, or none could be.
    """

    rows: int
    stddev: float
    category: int | None


def resolve_unit(request: FitRequest, schema: Schema) -> PrivacyUnit | None:
    """The unit that the request or the schema names; None where it is the row. `UsageError` for what means nothing."""
    column, most = request.privacy_unit or schema.unit, request.max_rows_per_unit
    if column is not None:
        _check_column(column, schema)
    return bounded_unit(column, most)


def bounded_unit(column: str | None, most: int | None) -> PrivacyUnit | None:
    """The unit of that column, if one is named; `UsageError` where a bound has no unit, or a unit no bound."""
    if column is None:
        if most is not None:
            raise UsageError(
                "--max-rows-per-unit means nothing without a privacy unit",
                "name its column with --privacy-unit, or mark it in the schema with synthcli:role: unit",
            )
        return None
    if most is None:
        raise UsageError(
            f"the privacy unit is {column!r}, and nothing says how many rows of one unit may count",
            "add --max-rows-per-unit K; synthcli profile --privacy-unit shows how many rows each K leaves out",
        )
    if not 1 <= most <= MOST:
        raise UsageError(f"--max-rows-per-unit is a whole number from 1 to {MOST:,}", "for example 5")
    return PrivacyUnit(column, most)


def _check_column(column: str, schema: Schema) -> None:
    names = [c.name for c in schema.columns]
    if column not in names:
        raise UsageError(f"--privacy-unit {column!r} is no column of the schema{closest(column, names)}", "correct it")
    if schema.unit not in (None, column):
        raise UsageError(
            f"the schema marks {schema.unit!r} as the privacy unit, and --privacy-unit says {column!r}",
            "drop the option, or correct the schema",
        )
    if schema[column].role is Role.MODEL:
        raise UsageError(
            f"the privacy unit {column!r} is a modelled column: the model would learn who there is",
            "set its synthcli:role to unit (left out) or to surrogate (made up) in the schema",
        )


def noise_at(rows: int, rho: float, key_delta: float, needs: Discovery, columns: int) -> Noise:
    """What this bound costs a table of so many modelled columns: public facts alone."""
    stddev = sigma_for(rho * (1.0 - needs.share), marginals_sensitivity(columns, rows))
    return Noise(rows=rows, stddev=stddev, category=_threshold(rows, rho, key_delta, needs))


def _threshold(rows: int, rho: float, key_delta: float, needs: Discovery) -> int | None:
    """The threshold of the last look, if all columns are looked at twice."""
    try:
        return category_thresholds(rows, rho, key_delta, needs)[-1] if needs.categories else None
    except UsageError:
        return None


def category_thresholds(rows: int, rho: float, key_delta: float, needs: Discovery) -> tuple[int, ...]:
    """The noisy counts above which categories are learnt, look by look, if all columns are looked at in all of them.

    Raises `UsageError` for a delta that is too small for one of them: the fit would end there, with noise drawn.
    """
    if not needs.categories:
        return ()
    shares = shares_of_columns(len(needs.categories), needs.shares["categories"] * rho, key_delta)
    return tuple(keys_scales_for(*share, rows)[1] for share in shares)
