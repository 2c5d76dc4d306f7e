"""Parquet (a file, a folder, several files) as a stream of record batches of its own types."""

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as arrow_dataset

from synthcli.errors import InputError
from synthcli.table.parse import is_fraction, is_text
from synthcli.table.raw_file import RaggedRows

_BATCH_ROWS = 65536
_FRUGAL = arrow_dataset.ParquetFragmentScanOptions(use_buffered_stream=True, pre_buffer=False)
"""Row groups are not read whole before their turn."""


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
        except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
            raise InputError(f"{name} is not a readable Parquet table", "give Parquet files of one table") from error
        if any(set(s.names) != set(schemas[0].names) for s in schemas):
            raise InputError(f"{name} holds Parquet files with different columns", "give the files of one table")
        names = self._dataset.schema.names
        self.columns = tuple(dict.fromkeys(names))
        self.duplicates = tuple(n for n, count in Counter(names).items() if count > 1)

    def read(self, columns: Collection[str], ragged: RaggedRows) -> Iterator[pa.RecordBatch]:
        """The cells of these columns, in each file's own types; `InputError` for nested columns or binary ones.

        Were one file's types given to all, a file with a single row could change how every other is read.
        """
        try:
            for fragment in self._dataset.get_fragments():
                layout = self._layout(fragment, columns)
                scanner = fragment.scanner(
                    schema=layout,
                    columns=layout.names,
                    batch_size=_BATCH_ROWS,
                    batch_readahead=1,
                    fragment_readahead=1,
                    fragment_scan_options=_FRUGAL,
                )
                yield from scanner.to_batches()
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OSError) as error:
            raise InputError(f"{self._name} cannot be read to its end: it is damaged", "make the file again") from error

    def _layout(self, fragment: arrow_dataset.Fragment, columns: Collection[str]) -> pa.Schema:
        """These columns as the file types them; those of sub-folders are text."""
        own = fragment.physical_schema
        types = dict(zip(own.names, own.types, strict=True))
        layout = pa.schema([pa.field(name, types.get(name, pa.string())) for name in columns])
        nested = [field.name for field in layout if not _is_flat(field.type)]
        if nested:
            raise InputError(
                f"{self._name} has nested or binary values in: {', '.join(map(repr, nested))}",
                "give these fields the role drop in the schema",
            )
        return layout


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
