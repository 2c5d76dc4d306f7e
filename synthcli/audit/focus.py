"""What a steward wants to know in particular: secret columns, column sets to link, subgroups. All by public names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synthcli.errors import UsageError, closest
from synthcli.synthesizer import Synthesizer
from synthcli.table.category_encoder import CategoryEncoder
from synthcli.table.codec import Codec
from synthcli.table.condition.balance import values_of
from synthcli.table.condition.expression import Comparison, Expression, Operator
from synthcli.table.condition.parser import parse_condition
from synthcli.table.condition.rows import satisfying
from synthcli.table.condition.vocabulary import Vocabulary
from synthcli.table.schema import Schema

MOST_GROUPS = 50
"""More subgroups than this leave too little certainty to each."""


@dataclass(frozen=True, kw_only=True)
class Focus:
    """Columns by name, subgroups by the name that their endpoints end in. Empty: every column, halves by lot, none."""

    secrets: tuple[str, ...] = ()
    link: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    subgroups: Mapping[str, Expression] = field(default_factory=dict)

    def marks(self, batch: pa.RecordBatch, schema: Schema) -> NDArray[np.bool_]:
        """Rows × subgroups: who belongs to which."""
        found = [satisfying(condition, batch, schema) for condition in self.subgroups.values()]
        return np.stack(found, axis=1) if found else np.zeros((batch.num_rows, 0), dtype=np.bool_)


def focus_on(
    synthesizer: Synthesizer, secrets: Sequence[str], link: str | None, subgroups: Sequence[str], by: Sequence[str]
) -> Focus:
    """Read what was asked on the command line; `UsageError` for what the model does not know.

    `link`: two column lists, "A,B:C,D"; `subgroups`: conditions; `by`: columns, each of whose values is a subgroup.
    """
    vocabulary, names = Vocabulary(synthesizer.schema, synthesizer.codec), synthesizer.codec.names
    groups = {condition: parse_condition(condition, vocabulary) for condition in subgroups}
    for name in by:
        groups |= _values(_known(name, names, "--by"), synthesizer.codec)
    if len(groups) > MOST_GROUPS:
        raise UsageError(
            f"{len(groups):,} subgroups are more than {MOST_GROUPS}",
            "name those that matter with --subgroup 'CONDITION'",
        )
    return Focus(
        secrets=tuple(dict.fromkeys(_known(name, names, "--secret") for name in secrets)),
        link=None if link is None else _halves(link, names),
        subgroups=groups,
    )


def _known(name: str, names: Sequence[str], option: str) -> str:
    if name not in names:
        raise UsageError(
            f"{option} {name!r} is no modelled column{closest(name, names)}", f"the model holds {', '.join(names)}"
        )
    return name


def _halves(text: str, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parts = [tuple(_known(name.strip(), names, "--link") for name in part.split(",")) for part in text.split(":")]
    if len(parts) != 2 or set(parts[0]) & set(parts[1]):
        raise UsageError("--link names two column sets that share no column", "as in --link age,sex:ward,diagnosis")
    return parts[0], parts[1]


def _values(name: str, codec: Codec) -> dict[str, Expression]:
    column = next(c for c in codec.columns if c.column == name and c.part_of is None)
    if not isinstance(column.encoder, CategoryEncoder):
        raise UsageError(f"--by {name!r}: the column is no list of categories", "use --subgroup 'CONDITION'")
    return dict(_equal(name, values_of(column)))


def _equal(name: str, values: Sequence[object]) -> Iterator[tuple[str, Expression]]:
    for value in values:
        assert isinstance(value, str | bool | int | float)
        yield f"{name} == {value}", Comparison(name, Operator.EQUAL, value)
