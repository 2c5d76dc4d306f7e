"""How good written rows are: distances of marginals from the training rows, and what a classifier learns from them."""

from itertools import combinations

import numpy as np
from tables import Table

TRIPLES = 200
DENSE_CELLS = 1 << 22


def distance(real: np.ndarray, synthetic: np.ndarray, shape: tuple[int, ...]) -> float:
    """Total variation distance between the joint distributions of all columns of two tables of codes."""
    cells = int(np.prod(shape, dtype=np.int64))
    left, right = (np.ravel_multi_index(table.T, shape) for table in (real, synthetic))
    if cells > DENSE_CELLS:
        seen, both = np.unique(np.concatenate([left, right]), return_inverse=True)
        left, right, cells = both[: len(left)], both[len(left) :], len(seen)
    p, q = (np.bincount(cell, minlength=cells) / len(cell) for cell in (left, right))
    return 0.5 * float(np.abs(p - q).sum())


def marginals(columns: int, order: int) -> list[tuple[int, ...]]:
    """All marginals of one or two columns, or a fixed random 200 of those of three."""
    every = list(combinations(range(columns), order))
    if order < 3 or len(every) <= TRIPLES:
        return every
    chosen = np.random.default_rng(0).choice(len(every), TRIPLES, replace=False)
    return [every[i] for i in np.sort(chosen)]


def tvd(real: np.ndarray, synthetic: np.ndarray, sizes: list[int], order: int) -> float:
    """Mean total variation distance over the marginals of one order."""
    distances = []
    for columns in marginals(len(sizes), order):
        chosen = list(columns)
        distances.append(distance(real[:, chosen], synthetic[:, chosen], tuple(sizes[c] for c in columns)))
    return float(np.mean(distances))


def auc(table: Table, synthetic: np.ndarray, holdout: np.ndarray) -> float | None:
    """Area under the ROC curve on real rows of gradient boosting trained on synthetic ones; the mean over classes.

    None if the synthetic rows show one class only.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    taught, true = table.labels(synthetic), table.labels(holdout)
    if len(np.unique(taught)) < 2:
        return None
    rest = [i for i in range(synthetic.shape[1]) if i != table.target]
    model = HistGradientBoostingClassifier(random_state=0).fit(synthetic[:, rest], taught)
    scores = dict(zip(model.classes_.tolist(), model.predict_proba(holdout[:, rest]).T, strict=True))
    classes = np.unique(true).tolist()
    if len(classes) == 2:
        classes = classes[1:]
    areas = [roc_auc_score(true == c, scores[c]) if c in scores else 0.5 for c in classes]
    return float(np.mean(areas))


def score(table: Table, synthetic: np.ndarray) -> dict[str, float | None]:
    """All metrics of written rows; codes outside the domain are counted and clipped."""
    sizes = list(table.sizes.values())
    real, holdout = table.codes("train"), table.codes("holdout")
    clipped = np.clip(synthetic, 0, np.array(sizes) - 1)
    found: dict[str, float | None] = {"rows": len(clipped), "outside": int((clipped != synthetic).sum())}
    for order in (1, 2, 3):
        found[f"tvd{order}"] = round(tvd(real, clipped, sizes, order), 6)
    area = auc(table, clipped, holdout)
    return found | {"auc": None if area is None else round(area, 4)}
