"""Custom properties that another add-on, an older version or a hand has changed: never an error, never a lost key."""

import bpy
import pytest
from blender_addon_synthetic import synthetic_motion
from jointwise_ext.blender_addon.cleanup.store import (
    CAPTURE,
    CLEANED,
    kept_action_name,
    load_capture,
    load_state,
    read_messages,
    save_problem,
)
from jointwise_ext.blender_addon.scene_assembly import assemble_motion
from jointwise_ext.core.errors import SceneError
from jointwise_ext.core.motion import save_motion


@pytest.fixture
def armature(scene, tmp_path):
    save_motion(synthetic_motion(), tmp_path / "walk.npz")
    assemble_motion(bpy.context, tmp_path / "walk.npz", None, None)
    return bpy.context.view_layer.objects.active


DAMAGES = {
    "a number": lambda armature: armature.__setitem__(CLEANED, 3),
    "a text": lambda armature: armature.__setitem__(CLEANED, "words"),
    "gone": lambda armature: armature.__delitem__(CLEANED),
    "no contacts": lambda armature: armature[CLEANED].__delitem__("contacts"),
    "contacts of text": lambda armature: armature[CLEANED].__setitem__("contacts", "words"),
    "rows outside": lambda armature: armature[CLEANED].__setitem__("first_row", 10**6),
    "negative rows": lambda armature: armature[CLEANED].__setitem__("row_count", -3),
    "speed": lambda armature: armature[CLEANED].__setitem__("speed", 0.0),
    "joints": lambda armature: armature[CLEANED].__setitem__("unkeyed", "3 99 x"),
    "digest": lambda armature: armature[CLEANED].__setitem__("digest", 5),
    "notes": lambda armature: armature[CLEANED].__setitem__("notes", 5),
    "no problem": lambda armature: armature[CLEANED].__delitem__("problem"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_as_if_none_was_kept_and_the_next_change_mends_it(armature, damage):
    DAMAGES[damage](armature)
    capture = load_capture(armature)
    state = load_state(armature, capture)
    assert 0 <= state.first_row < state.first_row + state.row_count <= capture.frame_count
    save_problem(armature, "A sentence.")
    assert isinstance(kept_action_name(armature), str)
    armature.jointwise_cleanup.prior = 0.5
    mended = load_state(armature, capture)
    assert (mended.row_count, mended.problem) == (capture.frame_count, "")
    assert set(armature[CLEANED].keys()) >= {"contacts", "digest", "notes", "problem"}
    assert read_messages(armature)[1] == ""


@pytest.mark.parametrize("wrong", [3, "words", {"other": b"x"}, {"npz": "words"}, {"npz": 3.5}])
def test_a_damaged_raw_motion_is_one_sentence(armature, wrong):
    armature.data[CAPTURE] = wrong
    with pytest.raises(SceneError, match="damaged"):
        load_capture(armature)
