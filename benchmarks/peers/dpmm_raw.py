"""dpmm's MST on raw columns: a tenth of epsilon for its own learning of bounds and bins, the rest for the model.

`proc_epsilon` comes on top of `epsilon` in dpmm, so the two are made to add up to the budget. Lists of categories and
which columns have missing values it reads off the rows, for free.
"""

from dpmm.pipelines import MSTPipeline
from raw_adapter import read_task, write_rows


def main() -> None:
    task = read_task()
    text = {name: "category" for name, kind in task.kinds.items() if kind == "category"}
    pipeline = MSTPipeline(epsilon=0.9 * task.epsilon, delta=task.delta, proc_epsilon=0.1 * task.epsilon)
    pipeline.fit(task.rows.astype(text), random_state=task.seed)
    write_rows(task, pipeline.generate(n_records=len(task.rows), random_state=task.seed + 1))


if __name__ == "__main__":
    main()
