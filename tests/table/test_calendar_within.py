"""Dates kept to a set, against `Calendar` itself: the share of its draws that lie inside, and those draws alone."""

from dataclasses import replace

import numpy as np
import pytest

from synthcli.marginal import Merge
from synthcli.table.axis import positions
from synthcli.table.calendar import DAY, HOUR, Part, PartEncoder
from synthcli.table.calendar_within import CalendarWithin, kept
from synthcli.table.codec import Codec, ColumnCodec
from synthcli.table.condition.expression import Comparison, Operator
from synthcli.table.encoders import GridEncoder
from synthcli.table.parts import parts_of
from synthcli.table.schema import Column, Kind

FIRST, DAYS = 19_040, 70
"""From 17 February 2022, a Thursday: parts of four months."""


def _codec(kind: Kind, parts: tuple[Part, ...], missing: bool) -> Codec:
    """Four periods of unequal days, weekdays as workdays and weekends, months as they are."""
    rng = np.random.default_rng(4)
    unit = 1 if kind is Kind.DATE else DAY
    grid = GridEncoder(
        type=kind,
        edges=np.arange(FIRST, FIRST + DAYS + 1) * unit,
        decimals=None,
        missing=missing,
        grain=1 if kind is Kind.DATE else DAY // 48,
    )
    groups = np.repeat(np.arange(4), [9, 30, 11, 20])
    weights = rng.random(DAYS) * (rng.random(DAYS) < 0.8)
    weights[groups == 2] = 0.0  # a period that noise left without mass
    if missing:
        groups, weights = np.append(groups, 4), np.append(weights, 1.0)
    columns = [ColumnCodec("t", grid, Merge(groups, weights))]
    for part in parts:
        encoder = PartEncoder(part=part, type=kind, missing=missing)
        merge = None
        if part is Part.WEEKDAY:
            merge = Merge(np.array([0, 0, 0, 0, 0, 1, 2, *([3] if missing else [])]), rng.random(7 + missing))
        columns.append(ColumnCodec(f"t ({part})", encoder, merge, part_of="t"))
    return Codec(tuple(columns))


def _within(codec: Codec, kind: Kind, low: int, high: int, missing: bool) -> CalendarWithin:
    """From `low` up to `high`, both days of the grid, and one day beyond; perhaps the missing, too."""
    unit = 1 if kind is Kind.DATE else DAY
    column = Column(name="t", kind=kind, required=not missing)
    ends = [(FIRST + day) * unit for day in (low, high, high + 1)]
    cut = parts_of(column, codec.columns[0], ends)
    between = cut.satisfying(Comparison("t", Operator.AT_LEAST, ends[0])) & cut.satisfying(
        Comparison("t", Operator.LESS, ends[1])
    )
    chosen = between | cut.satisfying(Comparison("t", Operator.AT_LEAST, ends[2]))
    chosen |= cut.missing if missing else 0
    return kept(cut.restrict(cut.everything).codec, cut.restrict(chosen).codec, codec.calendars["t"].parts)


def _is_inside(values: np.ndarray, absent: np.ndarray, kind: Kind, low: int, high: int) -> np.ndarray:
    day = (values if kind is Kind.DATE else values // DAY) - FIRST
    return np.where(absent, True, (day >= low) & (day != high))


@pytest.mark.parametrize("kind", [Kind.DATE, Kind.DATETIME])
@pytest.mark.parametrize(
    "parts", [(Part.WEEKDAY,), (Part.MONTH,), (Part.WEEKDAY, Part.MONTH)], ids=["weekday", "month", "both"]
)
@pytest.mark.parametrize("missing", [False, True], ids=["required", "with missing"])
def test_weights_are_shares_of_the_calendars_draws(kind: Kind, parts: tuple[Part, ...], missing: bool) -> None:
    """For every code of the column and its parts, 1,500 draws of each: within six standard deviations.

    The generator is seeded. Draws are rounded, and scatter less than independent ones.
    """
    if kind is Kind.DATETIME:
        parts = (*parts, Part.HOUR)
    codec, low, high = _codec(kind, parts, missing), 12, 43
    within = _within(codec, kind, low, high, missing)
    hours = [n for n in codec.domain.attributes if n.endswith("(hour)")]
    cells = list(np.ndindex(within.weights.shape))
    assert within.clique == tuple(n for n in codec.domain.attributes if n not in hours)
    rng, draws = np.random.default_rng(6), 1_500
    for cell in cells:
        codes = {name: np.full(draws, code) for name, code in zip(within.clique, cell, strict=True)}
        codes |= {name: rng.integers(0, 24, draws) for name in hours}
        weight = within.weights[cell]
        places, absent = positions(codec.decode_column("t", codes, rng), kind)
        inside = _is_inside(places, absent, kind, low, high)
        assert abs(inside.mean() - weight) <= 6 * (weight * (1 - weight) / draws) ** 0.5 + 2 / draws
        if weight > 0:
            kept_places, kept_absent = positions(within.draw(codes, rng), kind)
            assert _is_inside(kept_places, kept_absent, kind, low, high).all()
            assert abs(kept_absent.mean() - absent[inside].mean()) < 6 * (0.25 / max(inside.sum(), 1)) ** 0.5
            days = [np.bincount((p[~a] if kind is Kind.DATE else p[~a] // DAY) - FIRST, minlength=DAYS) for p, a in
                    ((places[inside], absent[inside]), (kept_places, kept_absent))]  # fmt: skip
            shares = [counts / max(counts.sum(), 1) for counts in days]
            assert np.abs(shares[0] - shares[1]).max() <= 6 * (0.5 / max(days[0].sum(), 1)) ** 0.5 + 0.01


def test_missing_values_stay_outside_unless_they_are_wanted() -> None:
    codec = _codec(Kind.DATE, (Part.WEEKDAY,), True)
    within = _within(codec, Kind.DATE, 0, 60, False)
    assert not within.weights[4].any() and not within.missing
    assert replace(within, missing=True).weights[4].all()


WANTED = (3, 8, 9, 10, 23)


def _times(known: bool, merged: bool, grain: int, whole: bool) -> Codec:
    """Two periods in one week; its first day begins at half past ten, its last ends at a quarter past five."""
    ends = [0, 4 * DAY, 7 * DAY] if whole else [10 * HOUR + HOUR // 2, 4 * DAY, 6 * DAY + 5 * HOUR + HOUR // 4]
    edges = FIRST * DAY + np.array(ends)
    grid = GridEncoder(type=Kind.DATETIME, edges=edges, decimals=None, missing=True, grain=grain)
    weekday = PartEncoder(part=Part.WEEKDAY, type=Kind.DATETIME, missing=True)
    columns = [ColumnCodec("t", grid), ColumnCodec("t (weekday)", weekday, part_of="t")]
    if known:
        hour = PartEncoder(part=Part.HOUR, type=Kind.DATETIME, missing=True)
        groups = np.append(np.arange(24) // 4, 6)
        merge = Merge(groups, np.random.default_rng(8).random(25)) if merged else None
        columns.append(ColumnCodec("t (hour)", hour, merge, part_of="t"))
    return Codec(tuple(columns))


@pytest.mark.parametrize("grain", [1, HOUR // 2, 6 * HOUR, DAY])
@pytest.mark.parametrize("whole", [True, False], ids=["whole days", "parts of days"])
@pytest.mark.parametrize(("known", "merged"), [(False, False), (True, False), (True, True)])
def test_hours_are_as_likely_as_the_calendar_draws_them(known: bool, merged: bool, grain: int, whole: bool) -> None:
    """For every code, 600 draws of each: within six standard deviations; and all of the kept ones are inside."""
    codec = _times(known, merged, grain, whole)
    calendar, hours = codec.calendars["t"], sum(1 << hour for hour in WANTED)
    column = parts_of(Column(name="t", kind=Kind.DATETIME), codec.columns[0], [])
    everything = column.restrict(column.everything).codec
    within = kept(everything, everything, calendar.parts, {Part.HOUR: hours})
    assert within.clique == codec.domain.attributes
    rng, draws, names = np.random.default_rng(7), 600, codec.domain.attributes
    product = np.ones(within.weights.shape)
    for clique, weights in within.evidence.items():
        product = product * weights.reshape([weights.shape[clique.index(n)] if n in clique else 1 for n in names])
    assert np.allclose(product[:2], within.weights[:2])
    assert (len(within.evidence) == 2) == (known and whole)
    for cell in np.ndindex(within.weights.shape):
        codes = {name: np.full(draws, code) for name, code in zip(names, cell, strict=True)}
        weight = within.weights[cell]
        places, absent = positions(codec.decode_column("t", codes, rng), Kind.DATETIME)
        inside = ~absent & np.isin(places % DAY // HOUR, WANTED)
        assert abs(inside.mean() - weight) <= 6 * (weight * (1 - weight) / draws) ** 0.5 + 2 / draws
        if weight > 0:
            drawn, none = positions(within.draw(codes, rng), Kind.DATETIME)
            assert not none.any() and np.isin(drawn % DAY // HOUR, WANTED).all()
            assert not np.any(drawn % grain) or np.any(places % grain)
            shares = [np.bincount(p % DAY // HOUR, minlength=24) / len(p) for p in (places[inside], drawn) if len(p)]
            assert np.abs(shares[0] - shares[-1]).max() <= 6 * (0.5 / max(inside.sum(), 1)) ** 0.5
