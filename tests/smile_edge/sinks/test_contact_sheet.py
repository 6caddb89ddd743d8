"""Contact sheets of odd pictures."""

from pathlib import Path

import cv2
import numpy as np
from black_frames import RESULT

from smile_edge.records import Frame
from smile_edge.sinks.contact_sheet import ContactSheet


def test_a_picture_much_higher_than_wide_fits_into_a_contact_sheet(tmp_path: Path) -> None:
    with ContactSheet(tmp_path / "x.png") as sheet:
        sheet.write(Frame(np.zeros((3000, 1, 3), np.uint8)), RESULT)
    assert max(cv2.imread(str(tmp_path / "x.png")).shape) <= 800
