import json

import pytest

from core.errors import WeightsError
from core.models.graph import Convolution, graph_to_json, load_graph
from core.models.weights import ASSETS

NAMES = ("blazepose_detector", "blazepose_full", "blazepose_heavy", "nanodet_detector")


@pytest.mark.parametrize("name", NAMES)
def test_committed_graphs_survive_a_round_trip(name):
    path = ASSETS / f"{name}.json"
    assert graph_to_json(load_graph(path)) == path.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_every_value_is_made_before_it_is_read_and_none_is_made_in_vain(name):
    graph = load_graph(ASSETS / f"{name}.json")
    known = {graph.input_name}
    for operation in graph.operations:
        assert known.issuperset(operation.inputs)
        assert operation.output not in known
        known.add(operation.output)
    read = {value for operation in graph.operations for value in operation.inputs}
    assert known == read | {value for value, _ in graph.outputs.values()}


@pytest.mark.parametrize(("name", "million_weights"), [(NAMES[0], 2.97), (NAMES[1], 3.17), (NAMES[2], 13.75)])
def test_weight_counts_are_the_published_ones(name, million_weights):
    graph = load_graph(ASSETS / f"{name}.json")
    kernels = [step.weight_shape for step in graph.operations if isinstance(step, Convolution)]
    count = sum(out * (group * height * width + 1) for out, group, height, width in kernels)
    assert count / 1e6 == pytest.approx(million_weights, abs=0.01)


def test_missing_file_is_told(tmp_path):
    with pytest.raises(WeightsError, match=r"nothing\.json is missing"):
        load_graph(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "is not a network description"),
        ({"version": 2}, "has version 2"),
        ({"operations": [{"kind": "magic"}]}, "is damaged"),
        ({"source": {}}, "is damaged"),
    ],
)
def test_unfit_content_is_told(tmp_path, change, words):
    content = json.loads((ASSETS / "blazepose_full.json").read_text())
    (tmp_path / "graph.json").write_text(json.dumps(content | change))
    with pytest.raises(WeightsError, match=words):
        load_graph(tmp_path / "graph.json")


def test_text_that_is_not_json_is_told(tmp_path):
    (tmp_path / "graph.json").write_text("{")
    with pytest.raises(WeightsError, match="cannot be read"):
        load_graph(tmp_path / "graph.json")
