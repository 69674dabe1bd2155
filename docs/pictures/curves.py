"""The curves on the page about cleaning up, from the keys that the add-on makes: `curves.py MOTION.npz FOLDER`.

Runs in Blender as a Python module. Each picture has the same walk before and after one change in the panel.
"""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 240, 56, 34, 34

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Plot:
    """One picture.

    Attributes:
        name: of the file.
        title: what the curve is, with its unit.
        change: the settings of the cleanup that are changed.
        words: how the panel calls the change.
    """

    name: str
    title: str
    change: dict[str, Any]
    words: str


PLOTS = (
    Plot("prior", "Way of the left hand from frame to frame, cm", {"prior": 0.0}, "Prior 0"),
    Plot("smoothing", "Way of the left hand from frame to frame, cm", {"smoothing_s": 0.3}, "Smoothing 0.3 s"),
    Plot("contacts", "Way of the left foot from frame to frame, cm", {"contact_mode": "auto"}, "Foot Contacts: Auto"),
    Plot("in_place", "Way of the hips over the ground, m", {"in_place": True}, "In Place"),
)


def load_extension() -> Any:
    """Return the checkout as the package that Blender would load."""
    spec = importlib.util.spec_from_file_location(
        "jointwise", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["jointwise"] = package
    spec.loader.exec_module(package)
    package.register()
    return importlib.import_module("jointwise.blender_addon")


def place_of(armature: Any, bone: str, frames: range) -> Curve:
    """Return where a bone's head is in the world, (T, 3) metres."""
    places = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        places.append(armature.matrix_world @ armature.pose.bones[bone].head)
    return np.array(places, np.float64)


def measure(name: str, armature: Any, frames: range) -> Curve:
    """Return the curve (T,) of a plot."""
    if name == "in_place":
        ground = place_of(armature, "pelvis", frames)[:, :2]
        curve: Curve = np.linalg.norm(ground - ground[0], axis=1)
    else:
        bone = "left_foot" if name == "contacts" else "left_hand"
        way = np.linalg.norm(np.diff(place_of(armature, bone, frames), axis=0), axis=1)
        curve = 100 * np.concatenate([way[:1], way])
    return curve


def draw(plot: Plot, before: Curve, after: Curve, frames: range) -> str:
    """Return the picture as SVG; readable on light and dark pages."""
    low, high = min(before.min(), after.min()), max(before.max(), after.max())
    span = max(high - low, 1e-6)
    x = np.linspace(LEFT, WIDTH - 12, len(before))

    def line(curve: Curve, style: str) -> str:
        y = HEIGHT - BOTTOM - (curve - low) / span * (HEIGHT - TOP - BOTTOM)
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        return f'<polyline class="{style}" points="{points}"/>'

    foot = HEIGHT - BOTTOM
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}">',
            "<style>text{font:13px sans-serif;fill:#1d2126}rect{fill:#fff}polyline{fill:none;stroke-width:2}"
            ".before{stroke:#9aa4af}.after{stroke:#c2560a}.axis{stroke:#9aa4af;stroke-width:1}"
            "@media(prefers-color-scheme:dark){text{fill:#e2e5e9}rect{fill:#1b1d20}.before{stroke:#7d8894}"
            ".after{stroke:#ff9d4d}}</style>",
            f'<rect width="{WIDTH}" height="{HEIGHT}"/>',
            f'<text x="{LEFT}" y="18">{plot.title}</text>',
            f'<polyline class="axis" points="{LEFT},{TOP} {LEFT},{foot} {WIDTH - 12},{foot}"/>',
            f'<text x="4" y="{TOP + 8}">{high:.1f}</text><text x="4" y="{foot}">{low:.1f}</text>',
            f'<text x="{LEFT}" y="{HEIGHT - 10}">frame {frames[0]}</text>',
            f'<text x="{WIDTH - 12}" y="{HEIGHT - 10}" text-anchor="end">frame {frames[-1]}</text>',
            f'<text x="{WIDTH // 2}" y="{HEIGHT - 10}" text-anchor="middle">gray: as estimated, orange: '
            f"{plot.words}</text>",
            line(before, "before"),
            line(after, "after"),
            "</svg>",
        )
    )


def main(motion: Path, folder: Path) -> None:
    """Draw every plot from one motion file."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon = load_extension()
    bpy.context.scene.render.fps = 30
    addon.assemble_motion(bpy.context, motion, None, None)
    armature = next(item for item in bpy.data.objects if item.type == "ARMATURE")
    first, last = (int(frame) for frame in armature.animation_data.action.frame_range)
    frames = range(first, last + 1)
    for plot in PLOTS:
        before = measure(plot.name, armature, frames)
        for name, value in plot.change.items():
            setattr(armature.jointwise_cleanup, name, value)
        after = measure(plot.name, armature, frames)
        bpy.ops.jointwise.reset_cleanup()
        text = draw(plot, before, after, frames)
        (folder / f"{plot.name}.svg").write_text(text + "\n", encoding="utf-8")
        print(f"{plot.name}: {np.abs(after - before).max():.2f} at most")


main(Path(sys.argv[-2]), Path(sys.argv[-1]))
