"""Each cleaning step computes the same as before and takes out what it promises; no TensorFlow needed."""

from collections import Counter

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.conversion import passes
from export.errors import GraphError
from export.graph_view import attribute

rng = np.random.default_rng(0)


def make_model(nodes, inputs, outputs, constants):
    def infos(shapes):
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()]

    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(
        [helper.make_node(*node[:3], **node[3]) for node in nodes], "g", infos(inputs), infos(outputs), initializers
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def node(op_type, inputs, outputs, **attributes):
    return op_type, inputs.split(), outputs.split(), attributes


def run(model, **feeds):
    import onnxruntime as ort

    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def kinds(model):
    return dict(Counter(node.op_type for node in model.graph.node))


def floats(*shape):
    return rng.normal(size=shape).astype(np.float32)


def assert_same(before, after, **feeds):
    for one, two in zip(run(before, **feeds), run(after, **feeds), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5)


@pytest.fixture
def depthwise():
    """A padded depthwise convolution with the Mul and Add of its batch norm left behind."""
    constants = {"w": floats(6, 1, 3, 3), "scale": floats(1, 6, 1, 1), "offset": floats(1, 6, 1, 1)}
    nodes = [
        node("Conv", "x w", "c", group=6, pads=[1, 1, 1, 1]),
        node("Mul", "c scale", "m"),
        node("Add", "m offset", "a"),
        node("Relu", "a", "y"),
    ]
    return make_model(nodes, {"x": ["n", 6, 8, 8]}, {"y": ["n", 6, 8, 8]}, constants)


def test_batch_norm_folds_into_a_depthwise_convolution(depthwise):
    folded = passes.fold_batch_norm(depthwise)
    assert kinds(folded) == {"Conv": 1, "Relu": 1}
    assert_same(depthwise, folded, x=floats(2, 6, 8, 8))


def test_batch_norm_folds_into_the_bias_that_is_there():
    nodes = [node("Conv", "x w b", "c"), node("Mul", "scale c", "m"), node("Add", "m offset", "y")]
    constants = {"w": floats(4, 3, 1, 1), "b": floats(4), "scale": floats(4, 1, 1), "offset": floats(4, 1, 1)}
    model = make_model(nodes, {"x": ["n", 3, 5, 5]}, {"y": ["n", 4, 5, 5]}, constants)
    folded = passes.fold_batch_norm(model)
    assert kinds(folded) == {"Conv": 1}
    assert_same(model, folded, x=floats(1, 3, 5, 5))


def test_a_convolution_that_others_read_too_keeps_its_batch_norm():
    nodes = [node("Conv", "x w", "c"), node("Mul", "c scale", "m"), node("Add", "m c", "y")]
    model = make_model(
        nodes, {"x": ["n", 3, 5, 5]}, {"y": ["n", 4, 5, 5]}, {"w": floats(4, 3, 1, 1), "scale": floats(1, 4, 1, 1)}
    )
    assert kinds(passes.fold_batch_norm(model)) == kinds(model)


def test_steps_leave_the_model_they_were_given_alone(depthwise):
    before = depthwise.SerializeToString()
    passes.fold_batch_norm(depthwise)
    assert depthwise.SerializeToString() == before


def test_the_input_scale_folds_into_every_first_convolution():
    nodes = [
        node("Mul", "x scale", "s"),
        node("Conv", "s w1", "a", pads=[1, 1, 1, 1]),
        node("Conv", "s w2", "b", pads=[1, 1, 1, 1]),
        node("Add", "a b", "y"),
    ]
    constants = {"scale": np.float32(1 / 255), "w1": floats(4, 3, 3, 3), "w2": floats(4, 3, 3, 3)}
    model = make_model(nodes, {"x": ["n", 3, 8, 8]}, {"y": ["n", 4, 8, 8]}, constants)
    folded = passes.fold_input_scale(model)
    assert kinds(folded) == {"Conv": 2, "Add": 1}
    assert_same(model, folded, x=255 * floats(1, 3, 8, 8))


def test_an_input_offset_stays_because_padding_is_zero():
    nodes = [node("Mul", "x scale", "s"), node("Add", "s offset", "o"), node("Conv", "o w", "y", pads=[1, 1, 1, 1])]
    constants = {"scale": np.float32(1 / 255), "offset": np.float32(-0.5), "w": floats(4, 3, 3, 3)}
    model = make_model(nodes, {"x": ["n", 3, 8, 8]}, {"y": ["n", 4, 8, 8]}, constants)
    folded = passes.fold_input_scale(passes.drop_no_ops(model))
    assert_same(model, folded, x=255 * floats(1, 3, 8, 8))


def test_no_ops_and_pairs_that_undo_each_other_go():
    nodes = [
        node("Add", "x zero", "a"),
        node("Mul", "a one", "b"),
        node("Transpose", "b", "t", perm=[0, 2, 3, 1]),
        node("Transpose", "t", "u", perm=[0, 3, 1, 2]),
        node("Relu", "u", "r"),
        node("Reshape", "r flat", "f"),
        node("Reshape", "f rows", "g"),
        node("Identity", "g", "y"),
    ]
    constants = {"zero": np.zeros((1, 1, 1, 1), np.float32), "one": np.float32(1), "flat": [-1], "rows": [-1, 12]}
    model = make_model(nodes, {"x": ["n", 3, 4, 4]}, {"y": ["m", 12]}, constants)
    lean = passes.drop_no_ops(model)
    assert kinds(lean) == {"Relu": 1, "Reshape": 1}
    assert [output.name for output in lean.graph.output] == ["y"]
    assert_same(model, lean, x=floats(2, 3, 4, 4))


def test_only_a_cast_to_a_wider_type_and_back_goes():
    def through(middle):
        nodes = [
            node("Cast", "x", "a", to=middle),
            node("Cast", "a", "b", to=TensorProto.FLOAT),
            node("Relu", "b", "y"),
        ]
        return make_model(nodes, {"x": ["n", 3]}, {"y": ["n", 3]}, {})

    assert kinds(passes.drop_no_ops(through(TensorProto.INT64)))["Cast"] == 2
    wide = [
        node("Cast", "x", "h", to=TensorProto.FLOAT16),
        node("Cast", "h", "a", to=TensorProto.FLOAT),
        node("Cast", "a", "b", to=TensorProto.FLOAT16),
        node("Cast", "b", "y", to=TensorProto.FLOAT),
    ]
    model = make_model(wide, {"x": ["n", 3]}, {"y": ["n", 3]}, {})
    lean = passes.drop_no_ops(model)
    assert kinds(lean)["Cast"] == 2
    assert_same(model, lean, x=floats(2, 3))


def test_an_input_handed_straight_out_keeps_its_identity():
    model = make_model([node("Identity", "x", "y")], {"x": ["n", 3]}, {"y": ["n", 3]}, {})
    assert_same(model, passes.drop_no_ops(model), x=floats(2, 3))


def test_a_matrix_product_around_shape_arithmetic_becomes_one_matmul():
    nodes = [
        node("Relu", "x", "r"),
        node("Shape", "r", "s"),
        node("Gather", "s free", "g"),
        node("Concat", "g two", "c", axis=0),
        node("Reshape", "r flat", "f"),
        node("MatMul", "f grid", "m"),
        node("Reshape", "m c", "y"),
    ]
    constants = {"free": np.array([0, 1]), "two": np.array([2]), "flat": np.array([-1, 9]), "grid": floats(9, 2)}
    model = make_model(nodes, {"x": ["n", 5, 9]}, {"y": ["n", 5, 2]}, constants)
    lean = passes.merge_tensordot(model)
    assert kinds(lean) == {"Relu": 1, "MatMul": 1}
    assert_same(model, lean, x=floats(3, 5, 9))


def test_a_resize_to_a_size_becomes_a_resize_by_a_scale():
    nodes = [
        node("Relu", "x", "r"),
        node(
            "Resize",
            "r none none size",
            "y",
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        ),
    ]
    constants = {"none": np.array([], np.float32), "size": np.array([1, 3, 8, 12])}
    model = make_model(nodes, {"x": [1, 3, 4, 6]}, {"y": [1, 3, 8, 12]}, constants)
    free = passes.name_dimensions(passes.scale_resizes(model), {"x": ("n", 3, "h", "w")}, {"y": ("n", 3, "2h", "2w")})
    assert_same(model, free, x=floats(1, 3, 4, 6))
    assert run(free, x=floats(2, 3, 10, 2))[0].shape == (2, 3, 20, 4)


def test_nearest_upsampling_loses_its_deprecated_coordinates_and_reads_the_same_pixels():
    nodes = [
        node(
            "Resize",
            "x none scales",
            "y",
            mode="nearest",
            coordinate_transformation_mode="half_pixel",
            nearest_mode="round_prefer_floor",
        )
    ]
    constants = {"none": np.array([], np.float32), "scales": np.array([1, 1, 2, 2], np.float32)}
    model = make_model(nodes, {"x": ["n", 3, 4, 6]}, {"y": ["n", 3, 8, 12]}, constants)
    plain = passes.scale_resizes(model)
    modes = [attribute(plain.graph.node[0], name) for name in ("coordinate_transformation_mode", "nearest_mode")]
    assert modes == [b"asymmetric", b"floor"]
    assert_same(model, plain, x=floats(2, 3, 4, 6))


@pytest.mark.parametrize(("first", "second"), [("Min", "Max"), ("Max", "Min")])
def test_a_minimum_and_a_maximum_with_numbers_become_one_clip(first, second):
    bounds = {"Min": np.array([1.5], np.float32), "Max": np.float32(-0.5)}
    nodes = [node(first, "x a", "m"), node(second, "b m", "c"), node("Exp", "c", "y")]
    constants = {"a": bounds[first], "b": bounds[second]}
    model = make_model(nodes, {"x": ["n", 9]}, {"y": ["n", 9]}, constants)
    merged = passes.merge_clips(model)
    assert kinds(merged) == {"Clip": 1, "Exp": 1}
    assert_same(model, merged, x=3 * floats(4, 9))


@pytest.mark.parametrize(("low", "high"), [([-1.0, -2.0, -3.0], [1.0]), ([2.0], [1.0])])
def test_a_bound_for_each_column_and_bounds_that_cross_stay(low, high):
    nodes = [node("Min", "x high", "m"), node("Max", "m low", "y")]
    constants = {"low": np.array(low, np.float32), "high": np.array(high, np.float32)}
    model = make_model(nodes, {"x": ["n", 3]}, {"y": ["n", 3]}, constants)
    assert kinds(passes.merge_clips(model)) == {"Min": 1, "Max": 1}


def test_a_resize_of_unknown_ratio_is_refused():
    nodes = [node("Resize", "x none none size", "y", mode="nearest")]
    constants = {"none": np.array([], np.float32), "size": np.array([1, 3, 8, 12])}
    model = make_model(nodes, {"x": [1, 3, "h", "w"]}, {"y": [1, 3, 8, 12]}, constants)
    with pytest.raises(GraphError, match="no known ratio"):
        passes.scale_resizes(model)


def test_constants_are_named_by_their_place_whatever_they_were_called():
    values = {"a": floats(2), "b": floats(2)}

    def model(first, second):
        nodes = [node("Add", f"x {first}", "s"), node("Mul", f"s {second}", "m"), node("Add", f"m {first}", "y")]
        return make_model(nodes, {"x": [2]}, {"y": [2]}, {first: values["a"], second: values["b"]})

    named = passes.name_constants(model("p", "q"))
    assert [list(n.input)[1] for n in named.graph.node] == ["constant_0", "constant_1", "constant_0"]
    assert named == passes.name_constants(model("z", "a"))
    assert_same(model("p", "q"), named, x=floats(2))


def test_dimensions_get_their_names():
    model = make_model([node("Relu", "x", "y")], {"x": ["unk__1", 3]}, {"y": ["unk__2", 3]}, {})
    named = passes.name_dimensions(model, {"x": ("n", 3)}, {"y": ("n", 3)})
    assert [dim.dim_param or dim.dim_value for dim in named.graph.output[0].type.tensor_type.shape.dim] == ["n", 3]


def test_a_transpose_that_is_left_is_refused_by_name():
    model = make_model([node("Transpose", "x", "y", perm=[1, 0], name="stray")], {"x": ["n", 3]}, {"y": [3, "n"]}, {})
    with pytest.raises(GraphError, match=r"Transpose .*stray"):
        passes.check_lean(model)


def test_a_shape_that_is_left_is_refused():
    nodes = [node("Shape", "x", "s"), node("Reshape", "x s", "y")]
    with pytest.raises(GraphError, match="Shape"):
        passes.check_lean(make_model(nodes, {"x": ["n", 3]}, {"y": ["n", 3]}, {}))


def test_a_graph_that_contradicts_itself_is_refused():
    model = make_model([node("Relu", "x", "y")], {"x": ["n", 3]}, {"y": ["n", 4]}, {})
    with pytest.raises(GraphError, match="not valid"):
        passes.check_lean(model)


def test_the_whole_cleaning_keeps_what_the_graph_computes(depthwise):
    cleaned = passes.clean(depthwise, {"x": ("n", 6, 8, 8)}, {"y": ("n", 6, 8, 8)})
    onnx.checker.check_model(cleaned)
    assert_same(depthwise, cleaned, x=floats(2, 6, 8, 8))
