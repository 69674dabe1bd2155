"""The part of `python -m core prepare mesh2motion` that needs Blender: animated armatures into plain files.

    python actions_from_blender.py BLENDS FOLDER     (Python of an environment with the module bpy)

Writes FOLDER/NAME.npz for each NAME.blend that holds an animated armature: `bones` (J,), `rest` (J, 4, 4) and
`matrices` (T, J, 4, 4) in the armature's axes, `frame_rate`, and `action`.
"""

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np


def main(blends: Path, folder: Path) -> int:
    """Convert all files below a folder; return the exit code."""
    paths = sorted(blends.rglob("*.blend"))
    if not paths:
        print(f"{blends} holds no .blend file.", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        bpy.ops.wm.open_mainfile(filepath=str(path))
        armature = animated_armature()
        if armature is None:
            print(f"Left out: {path.name} holds no animated armature.", file=sys.stderr)
            continue
        np.savez_compressed(folder / f"{path.stem}.npz", **armature_motion(armature))
    return 0


def animated_armature() -> Any:
    """Return the open file's first armature that has an action, or None."""
    for item in bpy.data.objects:
        if item.type == "ARMATURE" and item.animation_data and item.animation_data.action:
            return item
    return None


def armature_motion(armature: Any) -> dict[str, Any]:
    """Return the file's arrays, one row for each frame of the action, constraints applied."""
    scene, action = bpy.context.scene, armature.animation_data.action
    bones = [bone.name for bone in armature.data.bones]
    first, last = (round(frame) for frame in action.frame_range)
    matrices = []
    for frame in range(first, last + 1):
        scene.frame_set(frame)
        posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        # Blender hands out views of the current frame, so copy at once.
        matrices.append(np.array([posed.pose.bones[name].matrix for name in bones], np.float32))
    return {
        "bones": np.array(bones),
        "rest": np.array([armature.data.bones[name].matrix_local for name in bones], np.float32),
        "matrices": np.stack(matrices),
        "frame_rate": np.float32(scene.render.fps / scene.render.fps_base),
        "action": np.array(action.name),
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
