"""The model file: a synthesizer as one archive, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthcli.archive import ArchiveFormat, read_archive, write_archive
from synthcli.errors import InputError
from synthcli.marginal import Clique, Measurement, Table
from synthcli.pgm.junction_tree import cells
from synthcli.pgm.markov_random_field import MarkovRandomField
from synthcli.pgm.structural_zeros import with_zeros
from synthcli.synthesizer import CoinStatement, PersonModel, PrivacyStatement, Spend, Synthesizer
from synthcli.table.codec import Codec, codec_from_json
from synthcli.table.persons import persons_schema
from synthcli.table.rules.zeros import zeros_of
from synthcli.table.schema import Role, Schema
from synthcli.table.schema_file import dump_schema, parse_schema

FORMAT = ArchiveFormat("synthcli-model", 2)
OF_ROWS = ArchiveFormat("synthcli-model", 1)
"""The form of a model without persons: that of version 1, which older programs read."""

_PERSONS = "persons-"
"""What the names of the arrays of a model of persons begin with."""

MAX_CELLS = 1 << 28
"""A model whose junction tree has more cells would not fit into memory: such a file is refused."""


def save(synthesizer: Synthesizer, path: Path) -> None:
    """Write a model file, in one step."""
    model, arrays = _model_parts("", synthesizer.codec, synthesizer.model, synthesizer.measurements)
    manifest = {
        "schema": dump_schema(synthesizer.schema, "json"),
        "statement": asdict(synthesizer.statement),
        **model,
    }
    persons = synthesizer.persons
    if persons is not None:
        own, more = _model_parts(_PERSONS, persons.codec, persons.model, persons.measurements)
        manifest["persons"] = {"key": persons.key, **own}
        arrays |= more
    write_archive(path, OF_ROWS if persons is None else FORMAT, manifest, arrays)


def _model_parts(
    prefix: str, codec: Codec, model: MarkovRandomField, measurements: Sequence[Measurement]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """A model's part of the manifest, and its arrays, whose names begin with the prefix."""
    potentials = list(model.potentials.items())
    arrays: dict[str, NDArray[Any]] = {
        f"{prefix}potential-{i:05d}": _finite(table) for i, (_, table) in enumerate(potentials)
    }
    for i, measurement in enumerate(measurements):
        arrays[f"{prefix}measurement-{i:05d}"] = measurement.values.astype(np.int64)
        if measurement.parts is not None:
            arrays[f"{prefix}parts-{i:05d}"] = measurement.parts.astype(np.int64)
    document = {
        "codec": codec.to_json(),
        "model": {"total": model.total, "cliques": [list(clique) for clique, _ in potentials]},
        "measurements": [{"clique": list(m.clique), "stddev": m.stddev} for m in measurements],
    }
    return document, arrays


def _finite(table: Table) -> NDArray[np.float64]:
    """The table without its structural zeros: these follow from the schema's rules, and are put back from them."""
    return np.where(np.isneginf(table), 0.0, table).astype(np.float64)


def load(path: Path) -> Synthesizer:
    """Read a model file; one `InputError` for whatever is wrong with it."""
    manifest, arrays = read_archive(path, FORMAT)
    try:
        return _synthesizer(manifest, arrays)
    except (ValueError, TypeError, KeyError, AttributeError, InputError) as error:
        raise InputError(f"{path} is damaged: its parts do not fit together", "fetch or fit the model again") from error


def _synthesizer(manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Synthesizer:
    schema = _schema(manifest["schema"])
    document = manifest.get("persons")
    of_persons = {name.removeprefix(_PERSONS): array for name, array in arrays.items() if name.startswith(_PERSONS)}
    of_rows = {name: array for name, array in arrays.items() if not name.startswith(_PERSONS)}
    if (document is None) != (manifest["format_version"] == OF_ROWS.version) or (of_persons and document is None):
        raise ValueError("a model of persons belongs to version 2, and its arrays to it")
    codec, model, measurements = _model(manifest, of_rows, schema)
    return Synthesizer(
        schema=schema,
        codec=codec,
        model=model,
        measurements=measurements,
        statement=_statement(manifest["statement"]),
        persons=None if document is None else _persons(document, of_persons, schema),
    )


def _persons(document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], schema: Schema) -> PersonModel:
    key = document["key"]
    if not isinstance(key, str) or schema[key].role is not Role.SURROGATE:
        raise ValueError("the key of persons is a made-up column")
    codec, model, measurements = _model(document, arrays, persons_schema(schema, key))
    return PersonModel(key=key, codec=codec, model=model, measurements=measurements)


def _model(
    document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], schema: Schema
) -> tuple[Codec, MarkovRandomField, tuple[Measurement, ...]]:
    codec = codec_from_json(document["codec"])
    codec = replace(codec, zeros=zeros_of(schema, codec))
    cliques = [_clique(names) for names in document["model"]["cliques"]]
    listed = document["measurements"]
    merged = sum(name.startswith("parts-") for name in arrays)
    if len(set(cliques)) != len(cliques) or len(arrays) != len(cliques) + len(listed) + merged:
        raise ValueError("arrays and cliques do not match")
    potentials = {clique: arrays[f"potential-{i:05d}"] for i, clique in enumerate(cliques)}
    if cells(codec.domain, cliques) > MAX_CELLS:
        raise ValueError("the model is too large")
    measurements = tuple(
        Measurement(
            _clique(entry["clique"]),
            arrays[f"measurement-{i:05d}"],
            float(entry["stddev"]),
            arrays.get(f"parts-{i:05d}"),
        )
        for i, entry in enumerate(listed)
    )
    potentials = with_zeros(codec.domain, potentials)
    return codec, MarkovRandomField(codec.domain, potentials, float(document["model"]["total"])), measurements


def _schema(text: Any) -> Schema:
    """Kept as the text of a schema file, so that numbers and dates keep the spelling of their type."""
    if not isinstance(text, str):
        raise ValueError("a schema is kept as text")
    return parse_schema(text, "the model's schema", is_json=True)


def _clique(names: Any) -> Clique:
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise ValueError("a clique is a list of names")
    return tuple(names)


def _statement(document: Mapping[str, Any]) -> PrivacyStatement:
    fields = dict(document)
    fields["spends"] = tuple(Spend(**spend) for spend in fields["spends"])
    fields["coins"] = CoinStatement(**fields["coins"]) if fields["coins"] else None
    fields["named"] = tuple((tuple(map(str, clique)), int(weight)) for clique, weight in fields.get("named", ()))
    for key in ("declared", "learnt", "public_by_steward", "accepted"):
        fields[key] = {name: tuple(map(str, facts)) for name, facts in fields.get(key, {}).items()}
    return PrivacyStatement(**fields)
