"""Run with pytest."""

import json
from pathlib import Path

import score


def test_the_sample_model_scores_a_row():
    model = json.loads((Path(__file__).parent / "sample" / "model.json").read_text())

    assert score.score(model, 1.0) == 5.0


def test_as_many_rows_as_asked_for_are_loaded():
    assert len(list(score.load(3))) == 3
