"""The places of a release, checked before anything is made: what is published, and what stays private."""

import os
from pathlib import Path

from synthcli.errors import InputError, UsageError
from synthcli.files import claim_folder
from synthcli.privacy.ledger import ledger_file
from synthcli.workflow.release_config import ReleaseConfig


def refuse_places(config: ReleaseConfig) -> None:
    """`UsageError` where one is no folder, or the work folder or the ledger lies in the publish folder; `InputError`
    where one cannot be written.

    The other way round is allowed: nothing private is published by it.
    """
    _refuse_file(config.folder, "name a folder with -o; releases that pass appear in it")
    _refuse_file(config.work, "name a folder with --work ([publish] work); what is private is kept in it")
    _refuse_no_text(config.folder)
    beside = config.folder.parent  # where the release is made before it is shown
    for place in (config.folder, beside, config.work):
        claim_folder(place)
    if _lies_in(config.work, config.folder):
        raise UsageError(
            f"the work folder {config.work} lies in {config.folder}, which is published; audit, report and model are "
            "private",
            "name a work folder outside of it with --work ([publish] work)",
        )
    _refuse_ledger(ledger_file(config.ledger), config.folder)


def _refuse_ledger(ledger: Path | None, folder: Path) -> None:
    """Neither it nor a link to it: it holds the key of its digests of private tables, and the coins."""
    if ledger is not None and (_lies_in(ledger, folder) or _lies_in(ledger.parent, folder)):
        raise UsageError(
            f"the ledger {ledger} lies in {folder}, which is published; it and the coins beside it are private",
            "name a ledger outside of it with --ledger ([fit] ledger, SYNTHCLI_LEDGER), or publish elsewhere with -o",
        )


def _refuse_file(place: Path, hint: str) -> None:
    if os.path.lexists(place) and not place.is_dir():  # a link that leads nowhere is no folder, and cannot become one
        raise UsageError(f"{place} is not a folder", hint)


def _refuse_no_text(place: Path) -> None:
    """What is published names its place: Parquet and JSON cannot name others."""
    if str(place) != os.fsencode(place).decode(errors="replace"):
        raise InputError(f"cannot write {place}: its path is not UTF-8", "name another folder")


def _lies_in(place: Path, folder: Path) -> bool:
    return _real(folder) in (_real(place), *_real(place).parents)


def _real(place: Path) -> Path:
    return Path(os.path.realpath(place))
