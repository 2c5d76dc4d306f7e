"""Release: fit → sample → audit → report, and publish only what the gate lets through.

The work folder is private (0700) and keeps the model, the audit and the internal report; the publish folder sees one
rename of a finished folder, and one replaced link. A run that was killed leaves nothing there, and the next run takes
up what was finished: a model that was paid for is not paid for again.
"""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from glob import escape
from hashlib import sha256
from pathlib import Path

from synthcli import __version__
from synthcli.artifact import load
from synthcli.errors import UsageError, remarking
from synthcli.files import atomic_write, lock
from synthcli.gate import Outcome, load_policy
from synthcli.report.unseen import UNSEEN
from synthcli.table.schema_file import load_schema
from synthcli.table.source import refuse_absent
from synthcli.workflow.accepted import accepted_schema, refuse_early, standing
from synthcli.workflow.audit import run_audit
from synthcli.workflow.fit import run_fit
from synthcli.workflow.release_config import ReleaseConfig
from synthcli.workflow.release_places import refuse_places
from synthcli.workflow.report import run_report
from synthcli.workflow.requests import (
    AuditRequest,
    FitRequest,
    Progress,
    ReportRequest,
    SampleRequest,
    Warn,
    mute,
    silent,
)
from synthcli.workflow.sample import run_sample
from synthcli.workflow.shadows import refuse_persons

_NEXT = "the next run of this release takes it up, and spends nothing"


@dataclass(frozen=True, kw_only=True)
class ReleaseResult:
    """What came of a release. `published` is the new folder, None where the gate did not pass."""

    outcome: Outcome
    up_to_date: bool
    published: Path | None
    audit: Path
    report: Path
    dataset: str = ""
    schema: Path | None = None
    spent: float = 0.0
    """The epsilon that this run spent of the data set's budget; 0 where the model was up to date."""


def run_release(config: ReleaseConfig, progress: Progress = silent, warn: Warn = mute) -> ReleaseResult:
    """Run the whole chain; nothing is published unless the gate passes.

    A second run with the same inputs spends nothing, draws no new rows and asks the gate nothing new: it tells the
    recorded outcome. (Drawing again until an audit passes would be a selection on private data.)
    """
    refuse_places(config)
    _refuse_early(config)
    with _own_folder(config):
        _sweep(config)
        model = _model(config)
        schema = config.schema or accepted_schema(config, progress, warn)
        with standing(config, schema):
            request = fit_request(config, schema, model)
            refuse_persons(request, _shadows(config))
            fit = run_fit(request, progress, warn)
        with nullcontext() if fit.up_to_date else remarking(f"the model is paid for and kept; {_NEXT}"):
            asked = _fingerprint(config, model)
            result = _recorded(config, asked, warn) or _gate_and_publish(config, model, asked, progress, warn)
    spent = 0.0 if fit.statement is None else fit.statement.epsilon
    spent += 0.0 if result.up_to_date else float(config.public_epsilon or 0)
    return replace(result, dataset=fit.dataset, schema=schema, spent=spent)


_MARK = "publishes-to"
"""The file of a work folder that names the publish folder."""


@contextmanager
def _own_folder(config: ReleaseConfig) -> Iterator[None]:
    """Hold the work folder; if this run made it, and fails with nothing in it of worth, it goes again.

    `UsageError` where it is that of a release into another folder: each of the two would overwrite the other's model,
    and pay for its own again in every run.
    """
    work, mark = config.work, config.work / _MARK
    made = [folder for folder in (work, *work.parents) if not folder.exists()]
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock(work / "lock"):
        try:
            _refuse_another(config, mark)
            atomic_write(mark, os.fsencode(config.folder.resolve()), mode=0o600)
            yield
        except BaseException:
            if made and {path.name for path in work.iterdir()} <= {"lock", _MARK}:
                mark.unlink(missing_ok=True)
                (work / "lock").unlink()
                with suppress(OSError):  # a folder above that holds something else stays
                    for folder in made:
                        folder.rmdir()
            raise


def _refuse_another(config: ReleaseConfig, mark: Path) -> None:
    is_another = mark.is_file() and mark.read_bytes() != os.fsencode(config.folder.resolve())
    if is_another and _model(config).exists():
        raise UsageError(
            f"{config.work} is the work folder of a release into another folder, which {mark} names",
            f"give this release a work folder of its own (--work {config.work}-{config.folder.name}); "
            f"or, if it has moved, delete {mark}",
        )


def _refuse_early(config: ReleaseConfig) -> None:
    """What would leave a work folder behind for nothing: settings that mean nothing, no schema, no table."""
    refuse_early(config)
    if config.schema is not None:
        load_schema(config.schema)
    refuse_absent(config.data)


def _gate_and_publish(config: ReleaseConfig, model: Path, asked: str, progress: Progress, warn: Warn) -> ReleaseResult:
    staging = _staging(config)
    staging.mkdir(mode=0o700, parents=True)
    try:
        return _staged(config, model, asked, staging, progress, warn)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _staged(
    config: ReleaseConfig, model: Path, asked: str, staging: Path, progress: Progress, warn: Warn
) -> ReleaseResult:
    """Draw, attack, judge; what the gate does not let through is removed with the staging folder."""
    rows = staging / f"{config.name}.{config.format}"
    drawn = SampleRequest(model=model, output=str(rows), rows=config.rows, seed=config.seed, ledger=config.ledger)
    run_sample(drawn, progress, warn)
    audit, report = _private_files(config)
    outcome = run_audit(
        AuditRequest(
            data=config.data,
            synthetic=str(rows),
            model=model,
            policy=config.policy,
            output=audit,
            ledger=config.ledger,
            dialect=config.dialect,
            seed=config.audit_seed,
            shadows=_shadows(config),
            public=_told(config, staging),
            public_epsilon=config.public_epsilon or AuditRequest.public_epsilon,
            force=True,
        ),
        progress,
    ).verdict.outcome
    run_report(ReportRequest(model=model, audit=audit, output=report, force=True))
    published = _publish(config, model, audit, staging) if outcome is Outcome.PASS else None
    record = {"asked": asked, "outcome": outcome.value, "published": published.name if published else None}
    atomic_write(config.work / "release.json", json.dumps(record).encode(), mode=0o600)
    return ReleaseResult(outcome=outcome, up_to_date=False, published=published, audit=audit, report=report)


def _publish(config: ReleaseConfig, model: Path, audit: Path, staging: Path) -> Path:
    """Finish the staged folder, then show it by one rename; `latest` points to it by another."""
    told = _told(config, staging)
    page = ReportRequest(model=model, audit=audit, output=staging / "report.html", public=True, public_audit=told)
    run_report(page)
    if config.include_model:
        shutil.copyfile(model, staging / f"{config.name}.synth")
    files = {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(staging.iterdir())}
    statement = asdict(load(model).statement)
    manifest = {"schema_version": 1, "synthcli": __version__, "files": files, "privacy": statement, "gate": "pass"}
    manifest |= {"not_covered": UNSEEN} if statement["accepted"] else {}
    atomic_write(staging / "manifest.json", json.dumps(manifest, indent=2, default=str).encode())
    config.folder.mkdir(parents=True, exist_ok=True)
    target = config.folder / f"{config.name}-{_next_number(config):04d}"
    staging.chmod(0o755)
    staging.rename(target)
    link = config.folder / f".latest-{secrets.token_hex(4)}"
    link.symlink_to(target.name, target_is_directory=True)
    link.replace(config.folder / "latest")
    return target


def _shadows(config: ReleaseConfig) -> int:
    """As many shadow fits as are asked for, and no fewer than the policy asks for."""
    return max(config.shadows, load_policy(config.policy).min_shadows)


def _told(config: ReleaseConfig, staging: Path) -> Path | None:
    """Where the public result of the audit goes, if there is to be one."""
    return None if config.public_epsilon is None else staging / "audit.json"


def _next_number(config: ReleaseConfig) -> int:
    pattern = f"{escape(config.name)}-[0-9][0-9][0-9][0-9]"
    numbers = [int(p.name.rsplit("-", 1)[1]) for p in config.folder.glob(pattern)]
    return max(numbers, default=0) + 1


def _staging(config: ReleaseConfig) -> Path:
    """On the publish folder's own file system, so that a rename is atomic, but not inside it.

    Each work folder, whose lock a run holds, has its own: no other run can put rows there between audit and rename.
    """
    own = sha256(os.fsencode(config.work.resolve())).hexdigest()[:8]
    return config.folder.parent / f".{config.folder.name}.staging-{config.name}-{own}"


def _sweep(config: ReleaseConfig) -> None:
    """Remove what a killed run left behind; the lock tells that nobody is at it."""
    shutil.rmtree(_staging(config), ignore_errors=True)
    if config.folder.is_dir():
        for link in config.folder.glob(".latest-*"):
            link.unlink(missing_ok=True)


def _model(config: ReleaseConfig) -> Path:
    return config.work / "model.synth"


def _private_files(config: ReleaseConfig) -> tuple[Path, Path]:
    return config.work / "audit.json", config.work / "report.html"


def _fingerprint(config: ReleaseConfig, model: Path) -> str:
    """What the release depends on once there is a model."""
    policy = config.policy.read_text("utf-8") if config.policy else ""
    settings = [config.rows, config.seed, config.format, config.audit_seed, config.name, config.include_model]
    settings += [config.public_epsilon, config.shadows]
    asked = [sha256(model.read_bytes()).hexdigest(), policy, str(config.folder.resolve()), settings, __version__]
    return sha256(json.dumps(asked).encode()).hexdigest()


def _recorded(config: ReleaseConfig, asked: str, warn: Warn) -> ReleaseResult | None:
    """The outcome of the same release, if it is recorded and what it published is still there."""
    try:
        record = json.loads((config.work / "release.json").read_text("utf-8"))
        outcome, name = Outcome(record["outcome"]), record["published"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    published = config.folder / name if name else None
    if record.get("asked") != asked:
        return None
    if published is not None and not _is_whole(published):
        warn(f"what was published in {published} is gone, or files of it: rows are drawn and audited anew")
        return None
    audit, report = _private_files(config)
    return ReleaseResult(outcome=outcome, up_to_date=True, published=published, audit=audit, report=report)


def _is_whole(published: Path) -> bool:
    """Whether all files that its manifest names are there."""
    try:
        files = json.loads((published / "manifest.json").read_text("utf-8"))["files"]
        return all((published / name).is_file() for name in files)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def fit_request(config: ReleaseConfig, schema: Path, model: Path) -> FitRequest:
    """What the release asks of a fit."""
    return FitRequest(
        data=config.data,
        schema=schema,
        output=model,
        epsilon=config.epsilon,
        delta=config.delta,
        mechanism=config.mechanism,
        public_domain=config.public_domain,
        audit_coins=config.audit_coins,
        policy=config.policy,
        dataset=config.dataset,
        ledger=config.ledger,
        dialect=config.dialect,
        max_cells=config.max_cells,
        target=config.target,
        workload=config.workload,
        allow_synthetic=config.allow_synthetic,
        privacy_unit=config.privacy_unit,
        max_rows_per_unit=config.max_rows_per_unit,
        persons=config.persons,
        force=True,
    )
