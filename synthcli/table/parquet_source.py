"""Parquet (a file, a folder, several files) as a stream of record batches of its own types."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as arrow_dataset
from pyarrow.parquet import ParquetFile, read_schema

from synthcli.errors import InputError
from synthcli.table.parse import is_fraction, is_text
from synthcli.table.raw_file import RaggedRows

_BATCH_ROWS = 65536


class ParquetReader:
    """One logical table of Parquet files that have the same columns."""

    def __init__(self, files: list[Path], name: str, folder: Path | None = None) -> None:
        """Reads the footers. `InputError` for files that are not Parquet, or do not have the same columns.

        In a `folder`, sub-folders named `column=value` give a column more, of text: a type that is told from all the
        values would change every row when a single one is added.
        """
        self._name = name
        partitioning = None if folder is None else _hive(files, folder)
        try:
            self._dataset = arrow_dataset.dataset(
                [str(f) for f in files],
                format="parquet",
                partitioning=partitioning,
                partition_base_dir=None if folder is None else str(folder),
            )
            schemas = [fragment.physical_schema for fragment in self._dataset.get_fragments()]
        except UnicodeEncodeError as error:
            raise InputError(f"the path of {name} is not UTF-8: Parquet cannot be read there", "rename it") from error
        except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
            _refuse_twins(_readable(files), name)  # of which Arrow makes no table
            raise InputError(f"{name} is not a readable Parquet table", "give Parquet files of one table") from error
        _refuse_twins(schemas, name)
        if any(set(s.names) != set(schemas[0].names) for s in schemas):
            raise InputError(f"{name} holds Parquet files with different columns", "give the files of one table")
        names = self._dataset.schema.names
        self.columns = tuple(dict.fromkeys(names))
        self.duplicates = tuple(n for n, count in Counter(names).items() if count > 1)
        held = {field.name for layout in schemas for field in layout if not _is_flat(field.type)}
        self.unreadable = tuple(name for name in self.columns if name in held)

    def read(self, columns: Collection[str], ragged: RaggedRows) -> Iterator[pa.RecordBatch]:
        """The cells of these columns, in each file's own types; `InputError` for nested columns or binary ones.

        Were one file's types given to all, a file with a single row could change how every other is read.
        """
        self._refuse_nested(columns)
        try:
            for fragment in self._dataset.get_fragments():
                folders = arrow_dataset.get_partition_keys(fragment.partition_expression)
                own = [name for name in columns if name in fragment.physical_schema.names]
                with ParquetFile(
                    fragment.path, pre_buffer=False
                ) as file:  # row groups may be large: no more than needed
                    for batch in file.iter_batches(_BATCH_ROWS, columns=own):
                        yield pa.RecordBatch.from_arrays(
                            [_cells(batch, name, folders) for name in columns], names=list(columns)
                        )
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OSError) as error:
            raise InputError(f"{self._name} cannot be read to its end: it is damaged", "make the file again") from error

    def _refuse_nested(self, columns: Collection[str]) -> None:
        nested = [name for name in self.unreadable if name in columns]
        if nested:
            raise InputError(
                f"{self._name} has nested or binary values in: {', '.join(map(repr, nested))}",
                "give these fields the role drop in the schema, or write their values as text or numbers",
            )


def _cells(batch: pa.RecordBatch, name: str, folders: dict[str, str | None]) -> pa.Array:
    """A column of the file, as the file types it, or what the sub-folder's name says, as text."""
    if name in batch.schema.names:
        return batch.column(name)
    return pa.repeat(pa.scalar(folders.get(name), pa.string()), batch.num_rows)


def _readable(files: list[Path]) -> Iterator[pa.Schema]:
    """What is in the files, as far as they can be read."""
    for file in files:
        with suppress(pa.ArrowInvalid, OSError):
            yield read_schema(file)


def _refuse_twins(layouts: Iterable[pa.Schema], name: str) -> None:
    """`InputError` for a file that has two columns of one name."""
    for layout in layouts:
        twins = [column for column, count in Counter(layout.names).items() if count > 1]
        if twins:
            raise InputError(
                f"{name}: more than one column is named {', '.join(map(repr, twins))}", "rename them in the file"
            )


def _hive(files: list[Path], folder: Path) -> arrow_dataset.Partitioning:
    """Columns of text for the sub-folders named `column=value`."""
    steps = (step for file in files for step in file.relative_to(folder).parts[:-1] if "=" in step)
    names = dict.fromkeys(unquote(step.split("=", 1)[0]) for step in steps)
    return arrow_dataset.HivePartitioning(pa.schema([pa.field(name, pa.string()) for name in names]))


def _is_flat(arrow_type: pa.DataType) -> bool:
    if pa.types.is_dictionary(arrow_type):
        return _is_flat(arrow_type.value_type)
    flat = (pa.types.is_integer, pa.types.is_boolean, pa.types.is_temporal, pa.types.is_null, is_fraction, is_text)
    return any(test(arrow_type) for test in flat)
