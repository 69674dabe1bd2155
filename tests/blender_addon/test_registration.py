import sys

import bpy
from jointwise_ext import blender_addon
from jointwise_ext.blender_addon.preferences import private_folder, runtime_status


def our_types():
    return {name for name in dir(bpy.types) if "jointwise" in name.lower()}


def test_registering_twice_leaves_nothing_behind():
    before = our_types()
    for _ in range(2):
        blender_addon.register()
        assert "JOINTWISE_OT_estimate" in our_types()
        assert hasattr(bpy.types.Scene, "jointwise")
        blender_addon.unregister()
        assert our_types() == before == set()
        assert not hasattr(bpy.types.Scene, "jointwise")


def test_the_add_on_brings_nothing_heavy_into_blender():
    assert not {"torch", "cv2", "scipy", "onnxruntime"} & set(sys.modules)


def test_operators_have_their_names_and_say_what_they_do(extension):
    exports = ("export_fbx", "export_bvh", "export_gltf", "export_usd", "export_amass")
    people = ("find_people", "queue_clips", "clear_queue", "estimate_queue")
    others = ("estimate", "cancel", "load_motion", "import_motion", "set_scene_rate", "copy_log")
    retarget = ("retarget", "recognise_rig", "save_bone_map", "load_bone_map")
    environment = ("make_environment", "cancel_environment", "remove_environment")
    pins = ("pin_pose", "resolve_pins", "jump_to_pin", "remove_pin", "remove_all_pins")
    for name in (*others, *exports, *people, *retarget, *environment, *pins):
        operator = getattr(bpy.ops.jointwise, name)
        assert operator.get_rna_type().description


def test_private_folder_is_writable_outside_an_extension_too(extension):
    probe = private_folder() / "probe"
    probe.touch()
    probe.unlink()


def test_status_names_the_interpreter(extension, monkeypatch):
    monkeypatch.setenv("JOINTWISE_PYTHON", sys.executable)
    assert any(sys.executable in line for _, line in runtime_status())
    monkeypatch.setenv("JOINTWISE_PYTHON", "/not/there")
    assert runtime_status()[0][0] == "ERROR"
