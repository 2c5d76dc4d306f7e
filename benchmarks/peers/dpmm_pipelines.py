"""dpmm's MST, AIM or PrivBayes on the codes themselves, without its processing step: the domain is public.

Options: --model mst, aim or priv-bayes; --megabytes, the size limit of the model (0: none, its default).
"""

import pandas as pd
from adapter import Task, read_task, write_rows
from dpmm.pipelines import AIMPipeline, MSTPipeline, PrivBayesPipeline

PIPELINES = {"mst": MSTPipeline, "aim": AIMPipeline, "priv-bayes": PrivBayesPipeline}


def main() -> None:
    task = read_task(model="mst", megabytes=0.0)
    write_rows(task, fit(task).generate(n_records=len(task.codes), random_state=task.seed + 1))


def fit(task: Task):
    pipeline = PIPELINES[task.options.model](
        epsilon=task.epsilon,
        delta=task.delta,
        max_model_size=task.options.megabytes or None,
        disable_processing=True,
    )
    pipeline.fit(pd.DataFrame(task.codes, columns=task.columns), domain=task.sizes, random_state=task.seed)
    return pipeline


if __name__ == "__main__":
    main()
