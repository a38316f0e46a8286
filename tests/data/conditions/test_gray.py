"""Grey equals BT.601."""

import numpy as np

from s2f_core.data.conditions.gray import Gray


def test_gray_weighs_the_colours_as_bt_601_does() -> None:
    """0.299, 0.587 and 0.114 of 255."""
    primaries = 255 * np.eye(3, dtype=np.uint8)[None]
    assert Gray(type="gray").apply(primaries)[0, :, 0].tolist() == [76, 150, 29]
