"""What to write: the options that all formats share, as plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Preset(StrEnum):
    """For which program an FBX is made."""

    UNITY = "UNITY"
    UNREAL = "UNREAL"
    MAYA = "MAYA"
    BLENDER = "BLENDER"


class Content(StrEnum):
    """What goes with the motion."""

    MESH = "MESH"
    SKELETON = "SKELETON"


class Source(StrEnum):
    """Where the motion comes from."""

    ACTION = "ACTION"
    NLA = "NLA"
    TAKES = "TAKES"


class FrameRange(StrEnum):
    """Which frames to write."""

    ACTION = "ACTION"
    SCENE = "SCENE"
    CUSTOM = "CUSTOM"


class Rate(StrEnum):
    """At which rate the file's frames follow each other."""

    SCENE = "SCENE"
    CUSTOM = "CUSTOM"


class RootBone(StrEnum):
    """Whether a bone `root` is added above all others, and whether it moves."""

    PRESET = "PRESET"
    NONE = "NONE"
    STILL = "STILL"
    MOTION = "MOTION"


CENTIMETRE_PRESETS: Final = frozenset({Preset.UNREAL, Preset.MAYA})
"""These programs count in centimetres: a file in metres would carry a scale of 100 on its skeleton."""


@dataclass(frozen=True)
class ExportOptions:
    """What to write.

    Attributes:
        preset: for which program (FBX).
        content: with the meshes that the armature moves, or the skeleton alone.
        only_deform_bones: leave out control bones, where any bone deforms at all.
        root_bone: PRESET adds a still one for Unreal and none else.
        source: the current action alone, all that plays (the NLA with the current action on top), or a take for each of
            the NLA's actions, whole.
        frame_range: the whole action (or NLA), the scene's range, or `frame_start` to `frame_end`, both included.
        rate: the scene's rate, or `rate_hz` frames a second; the motion keeps its duration.
        bvh_scale: units of a BVH in a metre.
    """

    preset: Preset = Preset.UNITY
    content: Content = Content.MESH
    only_deform_bones: bool = True
    root_bone: RootBone = RootBone.PRESET
    source: Source = Source.ACTION
    frame_range: FrameRange = FrameRange.ACTION
    frame_start: int = 1
    frame_end: int = 250
    rate: Rate = Rate.SCENE
    rate_hz: float = 30.0
    bvh_scale: float = 1.0

    @property
    def is_in_centimetres(self) -> bool:
        """True where the preset's program counts in centimetres."""
        return self.preset in CENTIMETRE_PRESETS

    def root_bone_of_preset(self) -> RootBone:
        """Return what to do about a root bone, with PRESET resolved."""
        if self.root_bone != RootBone.PRESET:
            return self.root_bone
        return RootBone.STILL if self.preset == Preset.UNREAL else RootBone.NONE
