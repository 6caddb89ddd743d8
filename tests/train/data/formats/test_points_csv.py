"""CSVs of named points: every label lands on its point, every mistake is named with its row and column."""

import logging
from importlib.resources import files

import cv2
import numpy as np
import pytest

from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49, TOPOLOGY_70
from train.data.crop_cache import STORED_PX, STORED_SCALE, stored_crops
from train.data.formats.points_csv import POINT_NAMES, read_points_csv
from train.data.samples import FLIP, READOUT, TARGETS
from train.errors import DataError
from train.synthesis.cartoon_faces import cartoon_scene

FIVE = ("right_eye", "left_eye", "nose", "mouth_right", "mouth_left")


@pytest.fixture
def scene(tmp_path):
    """A picture `a.png` with one generated face: its labels `(51, 2)` px."""
    image, points = cartoon_scene(np.random.default_rng(3))
    cv2.imwrite(str(tmp_path / "a.png"), image)
    return READOUT @ points


def write(folder, names, rows, encoding="utf-8"):
    header = ",".join(["image", *(f"{name}_{axis}" for name in names for axis in "xy")])
    path = folder / "my.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding)
    return path


def row(labels, names, image="a.png"):
    return ",".join([image, *(f"{value:.3f}" for name in names for value in labels[POINT_NAMES[name]])])


def nobody(image):
    return []


def test_every_name_is_a_point_of_its_own_but_for_the_readouts():
    assert len(POINT_NAMES) == 49 + len(FIVE)
    assert sorted(set(POINT_NAMES.values())) == list(range(TARGETS))
    assert {TOPOLOGY_70.names[TOPOLOGY_49.indices[row]] for row in range(49)} < set(POINT_NAMES)
    assert [POINT_NAMES[f"inner_lip_{place}"] for place in (1, 2, 3, 5, 6, 7)] == list(range(43, 49))
    assert POINT_NAMES["nose"] == POINT_NAMES["nose_bridge_3"]
    assert POINT_NAMES["mouth_right"] == POINT_NAMES["outer_lip_0"]
    assert POINT_NAMES["mouth_left"] == POINT_NAMES["outer_lip_6"]


@pytest.mark.parametrize("name", POINT_NAMES)
def test_a_label_lands_on_its_point_and_no_other_has_weight(name, scene, tmp_path):
    sample = read_points_csv(write(tmp_path, [name], [row(scene, [name])]), lambda image: [scene[:49]])[0]
    assert np.flatnonzero(sample.targets[:, 2]).tolist() == [POINT_NAMES[name]]
    np.testing.assert_allclose(sample.targets[POINT_NAMES[name], :2], scene[POINT_NAMES[name]], atol=1e-3)


def test_eyes_and_mouth_corners_give_the_crop_without_any_model(scene, tmp_path):
    sample = read_points_csv(write(tmp_path, FIVE, [row(scene, FIVE)]), nobody)[0]
    np.testing.assert_allclose(sample.five(), TOPOLOGY_49.five_points(scene[:49]), atol=1e-2)


def test_all_six_points_of_an_eye_give_its_centre(scene, tmp_path):
    names = [*(f"right_eye_{i}" for i in range(6)), "left_eye", "mouth_right", "mouth_left"]
    sample = read_points_csv(write(tmp_path, names, [row(scene, names)]), nobody)[0]
    crop = face_roi(sample.five())
    for found, expected in zip(crop, face_roi(TOPOLOGY_49.five_points(scene[:49])), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_a_face_with_few_labels_is_cut_where_the_nearest_face_was_found(scene, tmp_path):
    others = [scene[:49] + np.array(shift) for shift in ([90, 0], [2, 1], [0, -80])]
    path = write(tmp_path, ["nose"], [row(scene, ["nose"])])
    samples = read_points_csv(path, lambda image: others)
    np.testing.assert_allclose(samples[0].five(), TOPOLOGY_49.five_points(others[1]), atol=1e-3)
    crops, targets = stored_crops(samples, tmp_path / "cache")
    assert crops.shape == (1, STORED_PX, STORED_PX, 3)
    nose = targets[0, POINT_NAMES["nose"], :2]
    assert np.linalg.norm(nose - (STORED_PX - 1) / 2) < 0.5 * STORED_PX / STORED_SCALE


def test_the_shipped_models_find_the_face_of_a_real_picture(tmp_path):
    portrait = files("smile_edge") / "assets" / "astronaut.jpg"
    image = cv2.imdecode(np.frombuffer(portrait.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    cv2.imwrite(str(tmp_path / "a.png"), image)
    from smile_edge import FacePipeline

    face = FacePipeline(provider="cpu").process(image).faces[0]
    path = write(tmp_path, ["nose"], [f"a.png,{face.nose[0] + 3:.1f},{face.nose[1]:.1f}"])
    np.testing.assert_allclose(read_points_csv(path)[0].five(), TOPOLOGY_70.five_points(face.points), atol=0.5)


def test_several_rows_name_the_faces_of_one_image_which_is_looked_at_once(scene, tmp_path):
    looks = []
    second = scene + np.array([40, 0])

    def find(image):
        looks.append(1)
        return [second[:49], scene[:49]]

    names = ["nose", "mouth_right"]
    first, other = read_points_csv(write(tmp_path, names, [row(scene, names), row(second, names)]), find)
    assert len(looks) == 1
    assert first.group == other.group == "a.png"
    np.testing.assert_allclose(other.five() - first.five(), [[40, 0]] * 5, atol=1e-2)


@pytest.mark.parametrize("cells", [",", "nan,NaN", " , "])
def test_an_empty_cell_is_a_missing_label(cells, scene, tmp_path):
    path = write(tmp_path, [*FIVE, "nose_bridge_0"], [f"{row(scene, FIVE)},{cells}"])
    assert read_points_csv(path, nobody)[0].targets[POINT_NAMES["nose_bridge_0"], 2] == 0


def test_a_byte_order_mark_other_columns_and_blank_lines_are_no_obstacle(scene, tmp_path):
    path = write(tmp_path, FIVE, [row(scene, FIVE), "", ""], "utf-8-sig")
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([f"{lines[0]}, comment", f"{lines[1]},by Ann", *lines[2:]]), "utf-8")
    assert len(read_points_csv(path, nobody)) == 1


def test_the_image_column_may_be_called_file_and_hold_an_absolute_path(scene, tmp_path):
    path = write(tmp_path / "..", FIVE, [row(scene, FIVE, str(tmp_path / "a.png"))])
    path.write_text(path.read_text().replace("image,", "file,"))
    assert read_points_csv(path, nobody)[0].image == tmp_path / "a.png"
    path.unlink()


def test_rows_without_a_label_or_a_face_are_left_out_and_counted_in_one_line(scene, tmp_path, caplog):
    rows = [row(scene, FIVE), "a.png" + 10 * ",", "a.png," + 4 * "," + "80,80,,,,", row(scene, FIVE)]
    with caplog.at_level(logging.WARNING):
        samples = read_points_csv(write(tmp_path, FIVE, rows), nobody)
    assert len(samples) == 2
    assert len(caplog.records) == 1
    assert "2 of 4 rows left out: 1 without a label, 1 whose face was not found" in caplog.text


def test_a_file_of_which_no_row_is_left_is_an_error(scene, tmp_path):
    path = write(tmp_path, ["nose"], [row(scene, ["nose"])])
    for faces in ([], [scene[:49] + 70]):
        with pytest.raises(DataError, match="none of its 1 rows can be used"):
            read_points_csv(path, lambda image, faces=faces: faces)


def test_a_label_a_little_outside_the_image_is_legal(scene, tmp_path):
    path = write(tmp_path, [*FIVE, "left_brow_4"], [row(scene, FIVE) + ",190,40"])
    assert read_points_csv(path, nobody)[0].targets[POINT_NAMES["left_brow_4"]].tolist() == [190, 40, 1]


HEADERS = {
    "": "empty",
    "image,nose_x\n": "column nose_x has no nose_y",
    "image,nose_y\n": "column nose_y has no nose_x",
    "image,nsoe_x,nsoe_y\n": "column nsoe_x names no point of the face: did you mean nose_x",
    "image,wart_17_x,wart_17_y\n": (
        "column wart_17_x names no point.*: points are right_eye, left_eye, nose, mouth_right, mouth_left, "
        r"right_brow_0\.\.4, .*, outer_lip_0\.\.11, inner_lip_1\.\.3, inner_lip_5\.\.7$"
    ),
    "image,jaw_3_x,jaw_3_y\n": r"column jaw_3_x names a point that cannot be labelled yet: remove it; points",
    "image,right_iris_x,right_iris_y\n": "column right_iris_x names a point that cannot be labelled yet",
    "image,inner_lip_0_x,inner_lip_0_y\n": (
        r"row 1: column inner_lip_0_x names a point that cannot be labelled yet: remove it, or rename "
        r"inner_lip_0\.\.5 of an older version to inner_lip_1\.\.3 and inner_lip_5\.\.7$"
    ),
    "image,inner_lip_4_x,inner_lip_4_y\n": "column inner_lip_4_x names a point that cannot be labelled yet",
    "image,age\n": "no columns <point>_x and <point>_y: points are right_eye",
    "nose_x,nose_y\n": "expected one column named image",
    "image;nose_x;nose_y\n": "separate the columns by commas",
    "image,nose_x,nose_y,nose_x\n": "two columns are named nose_x",
    "image,nose_x,nose_y,nose_bridge_3_x,nose_bridge_3_y\n": "nose_x and nose_bridge_3_x name the same point",
    "image,nose_x,nose_y\n\n": "no row",
}


@pytest.mark.parametrize("text", HEADERS)
def test_an_unusable_header_is_one_line_with_its_column(text, tmp_path):
    path = tmp_path / "my.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=HEADERS[text]) as caught:
        read_points_csv(path, nobody)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


ROWS = {
    "a.png,80,80,1": "row 3: 4 cells, but the header has 3",
    ",80,80": "row 3, column image: empty",
    "a.png,left,80": "row 3, column nose_x: expected a number or an empty cell, found 'left'",
    'a.png,80,"12,5"': "row 3, column nose_y: expected a number or an empty cell, found '12,5'",
    "a.png,80,inf": "row 3, column nose_y: expected a number",
    "a.png,80,": "row 3, column nose_y: empty, but nose_x is not",
    "a.png,-5000,80": r"row 3, column nose_x: -5000 lies far outside a.png \(160 x 160 px\)",
    "a.png,80,200.5": "row 3, column nose_y: 200.5 lies far outside",
    "b.png,80,80": "row 3, column image: .*b.png does not exist",
    "c.png,80,80": "row 3, column image: .*c.png cannot be decoded",
}


@pytest.mark.parametrize("text", ROWS)
def test_an_unusable_row_is_one_line_with_row_and_column(text, scene, tmp_path):
    (tmp_path / "c.png").write_text("no image")
    path = write(tmp_path, ["nose"], [row(scene, ["nose"]), text])
    with pytest.raises(DataError, match=ROWS[text]) as caught:
        read_points_csv(path, lambda image: [scene[:49]])
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_nan_everywhere_is_an_error_with_rows_and_columns(scene, tmp_path):
    with pytest.raises(DataError, match="rows 2 to 3, columns nose_x: every label is empty or NaN"):
        read_points_csv(write(tmp_path, ["nose"], ["a.png,nan,nan", "a.png,,"]), nobody)


def test_shares_of_the_image_are_not_taken_for_pixels(scene, tmp_path):
    with pytest.raises(DataError, match="between 0 and 1"):
        read_points_csv(write(tmp_path, FIVE, [row(scene / 160, FIVE)]), nobody)


def test_a_face_whose_labels_coincide_is_named(scene, tmp_path):
    with pytest.raises(DataError, match=r"row 2: its eyes and mouth corners lie within 0\.0 px"):
        read_points_csv(write(tmp_path, FIVE, ["a.png" + 5 * ",80,80"]), nobody)


@pytest.mark.parametrize("names", [FIVE, ("mouth_right", "mouth_left"), ("right_eye_0", "left_eye_3"), ("right_eye",)])
@pytest.mark.parametrize("turn", [0, 90, 180])
def test_swapped_sides_are_found_at_any_angle(names, turn, scene, tmp_path):
    angle = np.radians(turn)
    turned = (scene - 80) @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 80
    path = write(tmp_path, names, [row(turned, names)])
    assert len(read_points_csv(path, lambda image: [turned[:49]])) == 1
    swapped = write(tmp_path, names, [row(turned[FLIP], names)])
    with pytest.raises(DataError, match=r"row 2, column (right_eye|mouth_right)\w*_x: right and left are swapped"):
        read_points_csv(swapped, lambda image: [turned[:49]])


def test_a_missing_or_foreign_file_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"none\.csv not found"):
        read_points_csv(tmp_path / "none.csv")
    (tmp_path / "sheet.csv").write_bytes(b"PK\x03\x04\xff\xfe\x00")
    for path in (tmp_path / "sheet.csv", tmp_path):
        with pytest.raises(DataError, match="cannot be read as a CSV"):
            read_points_csv(path)


def test_half_a_jpeg_is_no_picture_to_learn_from(scene, tmp_path):
    whole = cv2.imencode(".jpg", cv2.imread(str(tmp_path / "a.png")))[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    path = write(tmp_path, FIVE, [row(scene, FIVE, "a.jpg")])
    with pytest.raises(DataError, match="damaged or truncated"):
        stored_crops(read_points_csv(path), tmp_path / "cache")
