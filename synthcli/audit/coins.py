"""Who is in the training rows is a fair coin: the experiment that makes the audit's statistics valid.

Chosen before anything is learnt and without a look at any value: every row is an audit candidate with probability
`share`; every candidate tosses an independent fair coin; heads train, tails are kept out, everybody else trains.
Heads against tails is then exactly the game of Steinke, Nasr and Jagielski (NeurIPS 2023), and given the rows and the
candidates, every assignment of labels is equally likely.

Where persons have several rows, persons toss: each privacy unit is represented by one of its rows, drawn at random, the
representative is the candidate, and tails keep all rows of the unit out. Which rows of a unit count is drawn before the
toss, so that it is known of tails too which of their rows would have trained.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synthcli.errors import InvalidAudit
from synthcli.privacy.bounding import BoundedRows
from synthcli.privacy.row_set import RowSet

SALT_BYTES = 32
OTHERS = 20_000
"""Units that tossed no coin of which all rows are remembered, at most: training rows to compare with the tails."""
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitRows:
    """Where units have several rows: all rows that train, and the one row that represents each unit in the audit.

    `known`: all rows (numbers, ascending, int64) that count of the units that tossed, be it heads or tails, and of
    `OTHERS` more, drawn by lot; `owner`: of each of them the row that represents its unit (a number, int64).
    """

    trains: RowSet
    representatives: RowSet
    known: NDArray[np.int64]
    owner: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.known.dtype != np.int64 or self.owner.dtype != np.int64 or self.known.ndim != 1:
            raise ValueError("rows and their owners are int64 numbers")
        if self.known.shape != self.owner.shape or np.any(np.diff(self.known) <= 0):
            raise ValueError("every row has one owner, and is named once, in ascending order")


@dataclass(frozen=True, kw_only=True, eq=False)
class Coins:
    """The coins of one table of `rows` rows; secret, since they name who is in the training rows.

    `candidates`: ascending row numbers (int64); `heads`: one bool each, true for the rows that train; `salt` hides the
    coins behind their commitment and keys `data_digest`, the HMAC-SHA-256 of what they were tossed for ('' before
    `bind`). `units` is None where every row is a unit of its own.
    """

    rows: int
    candidates: NDArray[np.int64]
    heads: NDArray[np.bool_]
    salt: bytes
    data_digest: str = ""
    units: UnitRows | None = None

    def __post_init__(self) -> None:
        if self.candidates.dtype != np.int64 or self.heads.dtype != np.bool_:
            raise ValueError("candidates are int64 row numbers, heads are booleans")
        if self.candidates.ndim != 1 or self.candidates.shape != self.heads.shape:
            raise ValueError("every candidate has one coin")
        if np.any(np.diff(self.candidates) <= 0):
            raise ValueError("candidates are in ascending order, each named once")
        if len(self.candidates) and not 0 <= self.candidates[0] <= self.candidates[-1] < self.rows:
            raise ValueError("a candidate lies outside the table")
        if self.rows < 0 or len(self.salt) != SALT_BYTES:
            raise ValueError("coins have a row count and a salt of 32 bytes")
        if self.units is not None:
            self._check_units(self.units)

    def _check_units(self, units: UnitRows) -> None:
        if not units.trains.rows == units.representatives.rows == self.rows:
            raise ValueError("the units' rows are those of the table")
        trains = units.trains.mask(0, self.rows)
        represents = units.representatives.mask(0, self.rows)
        if np.any(trains[self.candidates] != self.heads) or not np.all(represents[self.candidates]):
            raise ValueError("candidates represent their units, and heads alone of them train")
        rest = represents & ~trains
        if np.count_nonzero(rest) != np.count_nonzero(~self.heads):
            raise ValueError("who tossed no coin trains")
        self._check_owners(units, trains, represents)

    def _check_owners(self, units: UnitRows, trains: NDArray[np.bool_], represents: NDArray[np.bool_]) -> None:
        known, owner = units.known, units.owner
        if len(known) and not (0 <= known[0] <= known[-1] < self.rows and 0 <= owner.min() <= owner.max() < self.rows):
            raise ValueError("a row or its owner lies outside the table")
        of_owners = np.unique(owner)
        if not np.all(represents[owner]) or not np.array_equal(known[known == owner], of_owners):
            raise ValueError("an owner represents a unit, and owns himself")
        if not np.all(np.isin(self.candidates, of_owners)) or np.any(trains[known] != trains[owner]):
            raise ValueError("a unit's rows train where its coin shows heads, or where it tossed none")

    @property
    def members(self) -> NDArray[np.int64]:
        """The candidates that train (heads), ascending."""
        return self.candidates[self.heads]

    @property
    def non_members(self) -> NDArray[np.int64]:
        """The candidates that are kept out of training (tails), ascending."""
        return self.candidates[~self.heads]

    @property
    def could_toss(self) -> int:
        """How many rows, or units where these toss, there are for a coin."""
        return self.rows if self.units is None else len(self.units.representatives.numbers())

    def keep(self, start: int, count: int) -> NDArray[np.bool_]:
        """Which of the rows start … start + count - 1 train; `ValueError` beyond the table."""
        if not 0 <= start <= start + count <= self.rows:
            raise ValueError("these rows lie outside the table that the coins were tossed for")
        if self.units is not None:
            return self.units.trains.mask(start, count)
        mask = np.ones(count, dtype=np.bool_)
        left_out = self.non_members
        low, high = np.searchsorted(left_out, (start, start + count))
        mask[left_out[low:high] - start] = False
        return mask

    def represents(self, start: int, count: int) -> NDArray[np.bool_]:
        """Which of these rows stand for a unit in the audit: all of them, where every row is a unit."""
        if self.units is not None:
            return self.units.representatives.mask(start, count)
        return np.ones(count, dtype=np.bool_)

    def rows_of(self, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        """The rows that train, or would if the coin showed heads, of those units; and whose they are.

        `chosen`: the rows that stand for these units, of which all rows are known; they and the rows are ascending row
        numbers, an owner is an index of `chosen`. No coin is looked at.
        """
        if self.units is None:
            return chosen, np.arange(len(chosen))
        theirs = np.isin(self.units.owner, chosen)
        return self.units.known[theirs], np.searchsorted(chosen, self.units.owner[theirs])

    def commitment(self) -> str:
        """SHA-256 (hex) of salt ‖ rows ‖ number of candidates ‖ candidates ‖ coins; tells nothing without the salt.

        With units also ‖ the rows that train ‖ those that represent a unit, a bit for each row of the table ‖ the
        number of rows whose units are known ‖ these rows ‖ their owners.
        """
        digest = hashlib.sha256(self.salt)
        digest.update(np.array([self.rows, len(self.candidates)], dtype="<i8").tobytes())
        digest.update(self.candidates.astype("<i8").tobytes())
        digest.update(self.heads.astype("u1").tobytes())
        if self.units is not None:
            digest.update(self.units.trains.bits.tobytes())
            digest.update(self.units.representatives.bits.tobytes())
            digest.update(np.array([len(self.units.known)], dtype="<i8").tobytes())
            digest.update(self.units.known.astype("<i8").tobytes())
            digest.update(self.units.owner.astype("<i8").tobytes())
        return digest.hexdigest()

    def verify(self, commitment: str) -> None:
        """`InvalidAudit` unless these are the coins that the model was fitted with."""
        if not hmac.compare_digest(self.commitment(), commitment.lower()):
            raise InvalidAudit(
                "these coins are not the ones that the model was fitted with",
                "give the coins file that this model's fit wrote with --coins",
            )

    def bind(self, chunks: Iterable[bytes]) -> "Coins":
        """The same coins, bound to the content of the data (a digest of values, in any chunks) by a keyed digest."""
        return replace(self, data_digest=self._digest(chunks))

    def verify_data(self, chunks: Iterable[bytes]) -> None:
        """`InvalidAudit` unless this is the content that the coins were bound to."""
        if not hmac.compare_digest(self._digest(chunks), self.data_digest):
            raise InvalidAudit(
                "the data are not the ones that the coins were tossed for: "
                "values, or the order of rows, have changed since the fit",
                "audit with the table that the model was fitted on, or fit again",
            )

    def _digest(self, chunks: Iterable[bytes]) -> str:
        mac = hmac.new(self.salt, digestmod=hashlib.sha256)
        for chunk in chunks:
            mac.update(chunk)
        return mac.hexdigest()


def flip(rows: int, share: float) -> Coins:
    """Toss fresh coins from the operating system's secret randomness; `share` in (0, 1) is the candidates' probability.

    A candidate's probability is `share` to within 2^-53.
    """
    if not 0 < share < 1:
        raise ValueError("the share of audit candidates lies between 0 and 1")
    below = np.uint64(int(share * 2**53))
    parts = []
    for start in range(0, rows, _BLOCK):
        count = min(_BLOCK, rows - start)
        draws = np.frombuffer(secrets.token_bytes(8 * count), dtype=np.uint64) >> np.uint64(11)
        parts.append(start + np.flatnonzero(draws < below))
    candidates = np.concatenate(parts).astype(np.int64) if parts else np.empty(0, dtype=np.int64)
    tosses = np.frombuffer(secrets.token_bytes(len(candidates)), dtype=np.uint8)
    return Coins(rows=rows, candidates=candidates, heads=(tosses & 1).astype(np.bool_), salt=secrets.token_bytes(32))


def flip_units(bound: BoundedRows, share: float) -> Coins:
    """Toss coins for units instead of rows: each is a candidate with probability `share`, represented by its first row.

    The first row of a unit is one of its rows at random, and trains if the unit does.
    """
    tosses = flip(bound.units, share)
    representatives, number = bound.kept[bound.first], bound.unit_of
    candidates = representatives[tosses.candidates]
    order = np.argsort(candidates)
    stays = np.ones(bound.units, dtype=np.bool_)
    stays[tosses.non_members] = False
    known, owner = _owned(bound, _known(bound.units, tosses.candidates))
    return Coins(
        rows=bound.rows,
        candidates=candidates[order],
        heads=tosses.heads[order],
        salt=tosses.salt,
        units=UnitRows(
            trains=RowSet.of(bound.rows, bound.kept[stays[number]]),
            representatives=RowSet.of(bound.rows, representatives),
            known=known,
            owner=owner,
        ),
    )


def _known(units: int, candidates: NDArray[np.int64]) -> NDArray[np.int64]:
    """The candidates among the units, and `OTHERS` more by lot: which ones, no value decides."""
    others = np.setdiff1d(np.arange(units, dtype=np.int64), candidates, assume_unique=True)
    if len(others) > OTHERS:
        lots = np.frombuffer(secrets.token_bytes(8 * len(others)), dtype=np.uint64)
        others = others[np.argpartition(lots, OTHERS)[:OTHERS]]
    return np.concatenate([candidates, others])


def _owned(bound: BoundedRows, units: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The kept rows of these units, ascending, and of each the row that represents its unit."""
    number = bound.unit_of
    theirs = np.isin(number, units)
    rows, owner = bound.kept[theirs], bound.kept[bound.first][number[theirs]]
    order = np.argsort(rows)
    return rows[order], owner[order]
