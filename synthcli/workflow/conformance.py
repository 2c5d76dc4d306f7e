"""Conformance of this build: its own fit of public tables in a folder that goes away, without a ledger."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from synthcli import __version__
from synthcli.audit.build_digest import LIBRARIES, build_digest
from synthcli.audit.conformance.build import Appoint, PublicTable, Setting
from synthcli.audit.conformance.result import Conformance
from synthcli.audit.conformance.run import run_conformance as run
from synthcli.audit.conformance.scope import full as full_scope
from synthcli.audit.conformance.scope import quick as quick_scope
from synthcli.privacy.curator import PrivateTable
from synthcli.synthesizer import Synthesizer
from synthcli.table.source import Source, open_source
from synthcli.workflow.learn import counted_table, learn
from synthcli.workflow.plan import FitPlan, plan_fit
from synthcli.workflow.requests import FitRequest, Progress, silent
from synthcli.workflow.training_rows import TrainingRows, training_rows


@dataclass(frozen=True)
class PreparedFit:
    """A plan, the table it is for, and which of its rows count, held in memory."""

    plan: FitPlan
    source: Source
    rows: TrainingRows

    def fit(self, appoint: Appoint) -> Synthesizer:
        """What `synthcli fit` runs between its reservation in the ledger and the model file."""
        return learn(self.plan, self.source, self.rows, silent, appoint=appoint)

    def table(self) -> PrivateTable:
        """The rows as the curator has them, and their persons."""
        return counted_table(self.plan, self.source, self.rows)


@dataclass(frozen=True)
class InstalledBuild:
    """This very installation, at work in a folder."""

    folder: Path
    plans: dict[tuple[str, int | None, Setting], FitPlan] = field(default_factory=dict)
    """Plans by schema and setting: finding rho takes half a second, and no row plays a part."""

    def prepare(self, table: PublicTable, setting: Setting) -> PreparedFit:
        """Write the table and its schema, plan, read and check as a fit does."""
        name = hashlib.sha256(repr((table.schema, table.rows)).encode()).hexdigest()[:16]
        schema, data = self.folder / f"{name}.yaml", self.folder / f"{name}.csv"
        schema.write_text(table.schema, "utf-8")
        data.write_text(table.rows, "utf-8")
        asked = table.schema, table.rows_per_unit, setting
        if asked not in self.plans:
            self.plans[asked] = plan_fit(_request(data, schema, setting, table.rows_per_unit))
        plan, source = self.plans[asked], open_source(str(data))
        # a fit refuses a table without rows: what comes after is tested with it all the same
        return PreparedFit(plan, source, training_rows(plan, source, silent) if table.has_rows else TrainingRows())


def _request(data: Path, schema: Path, setting: Setting, rows_per_unit: int | None) -> FitRequest:
    return FitRequest(
        data=str(data),
        schema=schema,
        output=data.with_suffix(".synth"),
        epsilon=repr(setting.epsilon),
        delta=repr(setting.delta),
        mechanism=setting.mechanism,
        max_rows_per_unit=rows_per_unit,
    )


def run_conformance(full: bool = False, progress: Progress = silent) -> Conformance:
    """Test this build: in a minute or two, or by thousands of fits."""
    with installed_build() as build:
        return run(build, full_scope() if full else quick_scope(), progress)


def build_facts() -> dict[str, str]:
    """What was tested: versions, and a digest of the sources."""
    return {"synthcli": __version__, **{name: version(name) for name in LIBRARIES}, "digest": build_digest()}


@contextmanager
def installed_build() -> Iterator[InstalledBuild]:
    """This build, with a temporary folder for its public tables."""
    with TemporaryDirectory(prefix="synthcli-conformance-") as folder:
        yield InstalledBuild(Path(folder))
