"""HRNet-W32 with learned up-sampling: PARE's backbone, image to one map of 480 channels. Torch only.

Four branches of 32, 64, 128 and 256 channels at 1/4 to 1/32 of the image's size run side by side and exchange what they
see; at the end all are brought to 1/4 and joined. Names of modules are those of PARE's weights.
Source: Wang et al., "Deep High-Resolution Representation Learning for Visual Recognition".
"""

from typing import Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .resnet import Bottleneck

BRANCH_CHANNELS: Final = (32, 64, 128, 256)
MAP_CHANNELS: Final = sum(BRANCH_CHANNELS)
BLOCKS_PER_BRANCH: Final = 4


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + x)


class ExchangeModule(nn.Module):
    """Some blocks on each branch, then every branch receives the sum of all, brought to its size and channels."""

    def __init__(self, branch_count: int) -> None:
        super().__init__()
        channels = BRANCH_CHANNELS[:branch_count]
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(count) for _ in range(BLOCKS_PER_BRANCH))) for count in channels
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_fuse_layer(source, target) for source in range(branch_count))
            for target in range(branch_count)
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Return one map for each branch, of the shapes that came in."""
        maps = [branch(values) for branch, values in zip(self.branches, maps, strict=True)]
        fused = []
        for layers in self.fuse_layers:
            parts = [layer(values) for layer, values in zip(cast(nn.ModuleList, layers), maps, strict=True)]
            fused.append(F.relu(sum(parts[1:], start=parts[0])))
        return fused


class HRNetW32(nn.Module):
    """Image (N, 3, H, W) to a map (N, 480, H / 4, W / 4)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, 2, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), *(Bottleneck(256, 64) for _ in range(3)))
        self.transition1 = nn.ModuleList([_convolve(256, 32), nn.Sequential(_convolve(256, 64, stride=2))])
        self.stage2 = _stage(module_count=1, branch_count=2)
        self.transition2 = _new_branch(2)
        self.stage3 = _stage(module_count=4, branch_count=3)
        self.transition3 = _new_branch(3)
        self.stage4 = _stage(module_count=3, branch_count=4)
        self.upsample_stage_2 = _upsampling(1)
        self.upsample_stage_3 = _upsampling(2)
        self.upsample_stage_4 = _upsampling(3)

    def forward(self, image: Tensor) -> Tensor:
        """Return the joined map (N, 480, H / 4, W / 4), channels in the order of the branches."""
        x = F.relu(self.bn1(self.conv1(image)))
        x = self.layer1(F.relu(self.bn2(self.conv2(x))))
        maps = self.stage2([transition(x) for transition in self.transition1])
        maps = self.stage3([*maps, self.transition2[2](maps[-1])])
        maps = self.stage4([*maps, self.transition3[3](maps[-1])])
        upsamplings = (self.upsample_stage_2, self.upsample_stage_3, self.upsample_stage_4)
        lifted = [upsampling(values) for upsampling, values in zip(upsamplings, maps[1:], strict=True)]
        return torch.cat([maps[0], *lifted], dim=1)


def _convolve(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()
    )


def _stage(module_count: int, branch_count: int) -> nn.Sequential:
    return nn.Sequential(*(ExchangeModule(branch_count) for _ in range(module_count)))


def _new_branch(index: int) -> nn.ModuleList:
    """Return a transition in which the branches before `index` pass and that one is made from its neighbour."""
    new = _convolve(BRANCH_CHANNELS[index - 1], BRANCH_CHANNELS[index], stride=2)
    return nn.ModuleList([*(nn.Identity() for _ in range(index)), nn.Sequential(new)])


def _fuse_layer(source: int, target: int) -> nn.Module:
    """Return what brings branch `source` to the size and channels of branch `target`."""
    if source == target:
        return nn.Identity()
    source_channels, target_channels = BRANCH_CHANNELS[source], BRANCH_CHANNELS[target]
    if source > target:
        return nn.Sequential(
            nn.Conv2d(source_channels, target_channels, 1, bias=False),
            nn.BatchNorm2d(target_channels),
            nn.Upsample(scale_factor=2 ** (source - target), mode="nearest"),
        )
    steps: list[nn.Module] = [_convolve(source_channels, source_channels, 2) for _ in range(target - source - 1)]
    last = _convolve(source_channels, target_channels, 2)[:2]  # the sum comes before the last ReLU
    return nn.Sequential(*steps, last)


def _upsampling(branch: int) -> nn.Sequential:
    """Return what brings a branch to the first one's size in learned steps of two."""
    channels = BRANCH_CHANNELS[branch]
    steps: list[nn.Module] = []
    for _ in range(branch):
        # The weights were trained with aligned corners; half-pixel centres would shift the maps without any error.
        steps += [nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True), *_convolve(channels, channels)]
    return nn.Sequential(*steps)
