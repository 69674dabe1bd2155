import pytest
import torch

from core.training.ablation.bottleneck import bottleneck_table, joined_components, joint_components
from core.training.ablation.scoring import scored_views
from core.training.evaluation.benchmark import make_benchmark


@pytest.fixture
def features():
    return torch.randn(200, 24, 128, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 3


@pytest.mark.parametrize("components", [joined_components, joint_components])
def test_features_within_the_width_pass_unchanged(components, features):
    project = components(features[:5], 5)
    torch.testing.assert_close(project(features[:5]), features[:5])


@pytest.mark.parametrize("components", [joined_components, joint_components])
def test_a_projection_changes_nothing_the_second_time_and_loses_less_when_wider(components, features):
    narrow, wide = (components(features, size) for size in (3, 40))
    torch.testing.assert_close(narrow(narrow(features)), narrow(features))
    assert (wide(features) - features).norm() < (narrow(features) - features).norm()


def test_each_joint_keeps_to_itself(features):
    project = joint_components(features, 4)
    changed = features.clone()
    changed[:, 7] += 1
    difference = (project(changed) - project(features)).abs().amax(dim=(0, 2))
    assert difference[7] > 0
    assert difference[torch.arange(24) != 7].max() == 0


def test_the_table_has_both_encoders(materials, library, torch_body):
    benchmark = make_benchmark(library, torch_body, ("",) * len(library.clip_start), frame_count=32, window_count=2)
    table = bottleneck_table(materials, scored_views(benchmark, materials.lifter))
    assert [name.split(",")[0] for name, _ in table.rows] == ["holistic", "decomposed"]
    assert all(pa_mpjpe > 0 for _, (pa_mpjpe, _) in table.rows)
