import torch

from core.models.hrnet import MAP_CHANNELS, HRNetW32
from core.pare_crops import normalise_crops
from tests.seeded_weights import relative_error, seeded_crops

UNUSED_POSE_HEAD = 792


def test_names_and_shapes_are_those_of_pares_backbone(pare_reference):
    ours = {f"backbone.{key} {tuple(value.shape)}" for key, value in HRNetW32().state_dict().items()}
    theirs = {line for line in pare_reference["state_dict"] if line.startswith("backbone.")}
    assert theirs - ours == {"backbone.final_layer.weight (24, 32, 1, 1)", "backbone.final_layer.bias (24,)"}
    assert ours <= theirs


def test_parameter_count_is_the_published_one_without_the_unused_head():
    count = sum(values.numel() for values in HRNetW32().parameters())
    assert count + UNUSED_POSE_HEAD == 31_409_752


def test_map_is_that_of_the_reference(seeded_pare, pare_reference):
    with torch.inference_mode():
        joined = seeded_pare.backbone(torch.from_numpy(normalise_crops(seeded_crops())))
    assert relative_error(joined[:, ::16, ::8, ::8], pare_reference["backbone_map"]) < 1e-4


def test_map_has_a_quarter_of_the_images_size(seeded_pare):
    with torch.inference_mode():
        assert seeded_pare.backbone(torch.zeros(1, 3, 64, 96)).shape == (1, MAP_CHANNELS, 16, 24)


def test_branches_come_in_order_of_their_resolution(seeded_pare):
    with torch.inference_mode():
        joined = seeded_pare.backbone(torch.from_numpy(normalise_crops(seeded_crops(1))))
        finest = joined[:, :32]
        hooked = {}
        handle = seeded_pare.backbone.stage4.register_forward_hook(
            lambda module, inputs, maps: hooked.update(maps=maps)
        )
        seeded_pare.backbone(torch.from_numpy(normalise_crops(seeded_crops(1))))
        handle.remove()
    assert torch.equal(finest, hooked["maps"][0])
    assert [values.shape[-1] for values in hooked["maps"]] == [56, 28, 14, 7]
