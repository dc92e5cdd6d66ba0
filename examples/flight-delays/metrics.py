"""How good a model's probabilities are, measured against what really happened."""

import math

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score


def measure(was_late: pd.Series, probability: np.ndarray) -> dict[str, float | None]:
    """AUC, log loss and the share of late flights.

    AUC is None when all flights were late or none was, and everything is None when there are no
    flights: such numbers don't exist, and a made-up 0.5 would be read as a measurement.
    """
    if was_late.empty:
        return {"auc": None, "log_loss": None, "late_share": None}
    has_both = was_late.any() and not was_late.all()
    auc = float(roc_auc_score(was_late, probability)) if has_both else None
    return {
        "auc": auc,
        "log_loss": float(log_loss(was_late, probability, labels=[False, True])),
        "late_share": float(was_late.mean()),
    }


def auc_standard_error(auc: float, rows: int, late_share: float) -> float:
    """How far an AUC may be off by chance (Hanley and McNeil, 1982); large for few flights."""
    late = rows * late_share
    punctual = rows - late
    both_late = auc / (2 - auc) - auc**2
    both_punctual = 2 * auc**2 / (1 + auc) - auc**2
    spread = auc * (1 - auc) + (late - 1) * both_late + (punctual - 1) * both_punctual
    return math.sqrt(max(spread, 0.0) / (late * punctual))
