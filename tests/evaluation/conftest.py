"""Fixtures of the tests of evaluation."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import MakeTable
from tiny_evaluation import TEST, TRAIN

from s2f_core.common.images import Pixels
from s2f_core.data.selection import VariantData


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """The tables of a role, as the stages write them."""
    root = tmp_path / "data"
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    make_table("data/faces/kept", faces)
    make_table("data/faces/kept-pencil", grey)
    rows = pd.DataFrame({"id": TRAIN + TEST, "split": ["train"] * 30 + ["test"] * 10})
    rows.to_parquet(root / "faces" / "split.parquet")
    return root


@pytest.fixture
def variant_data() -> VariantData:
    """The data of a variant with these tables."""
    return VariantData(role="faces", background="kept", condition="pencil")
