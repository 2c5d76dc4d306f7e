"""OpenDP's contingency tables with the mbi extra: its MST() or AIM(), keys public.

Options: --model mst or aim; --rows round (its default) or sample (each row on its own). Its tables have one more
category per column, for what no key names: written as -1, which is outside of the domain.
"""

import opendp.prelude as dp
import polars as pl
from adapter import Task, affordable_rho, read_task, write_rows
from opendp.extras.mbi import _mst

dp.enable_features("contrib")
MODELS = {"mst": dp.mbi.MST, "aim": dp.mbi.AIM}
# Its MST() divides a budget by the number of edges one unit in the last place too generously, and refuses itself then.
_mst.prior = lambda budget: budget * (1 - 1e-12)


def main() -> None:
    task = read_task(model="mst", rows="round")
    rows = fit(task).synthesize(rows=len(task.codes), method=task.options.rows)
    write_rows(task, {name: rows[name].fill_null(-1).to_numpy() for name in task.columns})


def fit(task: Task):
    rho = affordable_rho(task.epsilon, task.delta)
    table = pl.DataFrame(task.codes, schema=task.columns, orient="row").lazy()
    context = dp.Context.compositor(
        data=table,
        privacy_unit=dp.unit_of(contributions=1),
        privacy_loss=dp.loss_of(rho=rho),
    )
    query = context.query(rho=rho)
    keys = {name: list(range(size)) for name, size in task.sizes.items()}
    return query.select(*task.columns).contingency_table(keys=keys, algorithm=MODELS[task.options.model]()).release()


if __name__ == "__main__":
    main()
