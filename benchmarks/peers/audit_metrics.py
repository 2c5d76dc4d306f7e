"""Anonymeter's three attacks and SDMetrics' distance scores on the rows of one release; one JSON object on stdout.

    python audit_metrics.py train.csv control.csv synthetic.csv SECRET

Anonymeter: residual risk with its 95 % interval. SDMetrics: 1 is best, 0 is worst; by up to `SUBSAMPLE` synthetic rows,
since it takes half an hour of CPU for all of 10,000.
"""

import json
import sys
import warnings

import pandas as pd
from anonymeter.evaluators import InferenceEvaluator, LinkabilityEvaluator, SinglingOutEvaluator
from sdmetrics.single_table import DCRBaselineProtection, DCROverfittingProtection

ATTACKS = 300
SUBSAMPLE = 1_000


def main() -> None:
    warnings.filterwarnings("ignore")
    *files, secret = sys.argv[1:]
    train, control, synthetic = (pd.read_csv(file).astype(str) for file in files)
    print(json.dumps({**anonymeter(train, control, synthetic, secret), **sdmetrics(train, control, synthetic)}))


def anonymeter(train, control, synthetic, secret) -> dict[str, list[float]]:
    attacks = min(ATTACKS, len(control))
    columns = [column for column in train if column != secret]
    common = {"ori": train, "syn": synthetic, "control": control, "n_attacks": attacks}
    evaluators = {
        "singling out": SinglingOutEvaluator(**common, n_cols=3),
        "linkability": LinkabilityEvaluator(**common, aux_cols=(columns[::2], columns[1::2]), n_neighbors=5),
        "inference": InferenceEvaluator(**common, aux_cols=columns, secret=secret),
    }
    return {f"anonymeter {name}": residual(evaluator) for name, evaluator in evaluators.items()}


def residual(evaluator) -> list[float]:
    try:
        risk = evaluator.evaluate().risk(confidence_level=0.95)
    except RuntimeError:  # no guess at all could be made
        return []
    return [risk.value, *risk.ci]


def sdmetrics(train, control, synthetic) -> dict[str, list[float]]:
    metadata = {"tables": {"t": {"columns": {column: {"sdtype": "categorical"} for column in train}}}}
    fewer = {"num_rows_subsample": min(SUBSAMPLE, len(synthetic))}
    overfitting = DCROverfittingProtection.compute(train, synthetic, control, metadata, "t", **fewer)
    baseline = DCRBaselineProtection.compute(train, synthetic, metadata, "t", **fewer)
    return {"sdmetrics overfitting": [overfitting], "sdmetrics baseline": [baseline]}


if __name__ == "__main__":
    main()
