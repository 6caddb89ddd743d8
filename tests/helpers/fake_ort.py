"""An onnxruntime with a GPU that is not there: sessions compute on the host and write down what was asked of them."""

from types import SimpleNamespace
from typing import ClassVar

import numpy as np

CUDA, CPU, TENSORRT = "CUDAExecutionProvider", "CPUExecutionProvider", "TensorrtExecutionProvider"


class FakeOrtValue:
    """A buffer "on the device"; its identity stands for its address."""

    made: ClassVar[list] = []

    def __init__(self, array):
        self.array = array
        self.updates = 0

    @classmethod
    def ortvalue_from_shape_and_type(cls, shape, element_type, device_type="cpu", device_id=0):
        value = cls(np.zeros(shape, element_type))
        cls.made.append((tuple(shape), device_type, value))
        return value

    def update_inplace(self, data):
        assert data.shape == self.array.shape
        assert data.dtype == self.array.dtype
        assert data.flags.c_contiguous
        self.updates += 1
        self.array[...] = data

    def numpy(self):
        return self.array.copy()

    def shape(self):
        return list(self.array.shape)


class FakeBinding:
    def __init__(self):
        self.inputs, self.outputs, self.results = {}, {}, []

    def bind_ortvalue_input(self, name, value):
        self.inputs[name] = value

    def bind_ortvalue_output(self, name, value):
        self.outputs[name] = value

    def bind_output(self, name, device_type="cpu", device_id=0):
        self.outputs[name] = None

    def get_outputs(self):
        return self.results


class FakeRunOptions:
    def __init__(self):
        self.entries = {}

    def add_run_config_entry(self, key, entry):
        self.entries[key] = entry

    @property
    def graph_id(self):
        return self.entries.get("gpu_graph_id")


class FakeSession:
    """Doubles `x (n, 3)` into `y` and sums its rows into `z`; each way of running it can be made to fail.

    `calls` holds, in order, `("plain" | "bound", graph id, rows)`; `captured` the buffers of each graph.
    """

    def __init__(self, providers=(CUDA, CPU), nodes=None, *, free=True, graphs=True):
        self.providers, self.nodes, self.graphs = list(providers), nodes or {CUDA: 2}, graphs
        rows = "n" if free else 4
        self.inputs = [SimpleNamespace(name="x", shape=[rows, 3], type="tensor(float)")]
        self.outputs = [SimpleNamespace(name=name, shape=[rows], type="tensor(float)") for name in "yz"]
        self.calls, self.bindings, self.captured = [], [], {}
        self.fails = lambda kind, graph_id, rows: None

    def get_providers(self):
        return self.providers

    def get_inputs(self):
        return self.inputs

    def get_outputs(self):
        return self.outputs

    def get_provider_graph_assignment_info(self):
        return [
            SimpleNamespace(ep_name=name, get_nodes=lambda n=count: [SimpleNamespace(op_type="Conv")] * n)
            for name, count in self.nodes.items()
        ]

    def io_binding(self):
        self.bindings.append(FakeBinding())
        return self.bindings[-1]

    def run(self, names, feeds, options=None):
        self._note("plain", options, len(feeds["x"]))
        return self._answer(feeds["x"])

    def run_with_iobinding(self, binding, options=None):
        x = binding.inputs["x"]
        graph_id = self._note("bound", options, len(x.array))
        if graph_id not in (None, "-1"):
            buffers = [id(value) for value in (*binding.inputs.values(), *binding.outputs.values())]
            assert None not in binding.outputs.values(), "a graph needs its outputs at fixed addresses"
            assert self.captured.setdefault(graph_id, buffers) == buffers, "a graph was replayed on other buffers"
        answers = dict(zip("yz", self._answer(x.array), strict=True))
        for name, value in binding.outputs.items():
            if value is None:
                continue
            value.array[...] = answers[name]
        binding.results = [FakeOrtValue(answers[n]) if v is None else v for n, v in binding.outputs.items()]

    def _note(self, kind, options, rows):
        graph_id = options.graph_id if options else None
        if self.graphs:
            assert graph_id is not None, "without an id onnxruntime would record a run on passing buffers"
        self.calls.append((kind, graph_id, rows))
        if (error := self.fails(kind, graph_id, rows)) is not None:
            raise error
        return graph_id

    def _answer(self, x):
        return [x * 2, x.sum(1)]


def fake_ort():
    """The names of the module that bound runs use."""
    FakeOrtValue.made = []
    return SimpleNamespace(OrtValue=FakeOrtValue, RunOptions=FakeRunOptions)


def rows(count, first=1.0):
    return np.arange(first, first + 3 * count, dtype=np.float32).reshape(count, 3)


def check(runs, x):
    found = runs.run({"x": x})
    np.testing.assert_array_equal(found["y"], x * 2)
    np.testing.assert_array_equal(found["z"], x.sum(1))
