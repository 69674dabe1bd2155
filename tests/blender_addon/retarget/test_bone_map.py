import json

import pytest
from jointwise_ext.blender_addon.retarget.bone_map import FILE_FORMAT, known_maps, load_bone_map, save_bone_map
from jointwise_ext.core.errors import OptionError, OutputError


@pytest.mark.parametrize("place", range(len(known_maps())))
def test_a_saved_map_is_read_back_as_it_was(tmp_path, place):
    bone_map = known_maps()[place]
    save_bone_map(bone_map, tmp_path / "map.json")
    read = load_bone_map(tmp_path / "map.json")
    assert read == bone_map
    assert [path.name for path in tmp_path.iterdir()] == ["map.json"]


def contents(**changes):
    return json.dumps({"format": FILE_FORMAT, "rig": "own", "bones": {"pelvis": "Hips"}} | changes)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is not JSON text"),
        ("[1, 2", "it is not JSON text"),
        ("\x00\x01", "it is not JSON text"),
        ("[]", '"format"'),
        (contents(format="jointwise bone map 9"), '"format"'),
        (contents(bones=[]), '"bones" is not a table'),
        (contents(bones={}), '"bones" is empty'),
        (contents(bones={"tail": "Tail"}), "tail, which is no joint"),
        (contents(bones={"pelvis": 3}), "the bone of pelvis is not a name"),
        (contents(bones={"pelvis": ""}), "the bone of pelvis is not a name"),
        (contents(also={"pelvis": "Hips"}), "the bone of pelvis is not a name"),
        (contents(points={"elbow": "x"}), "elbow, which is no joint"),
        ("[" * 100_000, "it is not JSON text"),
    ],
)
def test_a_bad_file_is_one_sentence_with_its_name(tmp_path, text, reason):
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    with pytest.raises(OptionError) as caught:
        load_bone_map(tmp_path / "bad.json")
    assert "bad.json" in str(caught.value)
    assert reason in str(caught.value)


def test_bytes_that_are_no_text_are_one_sentence_too(tmp_path):
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OptionError, match=r"bad\.json"):
        load_bone_map(tmp_path / "bad.json")


def test_a_missing_file_or_folder_is_named(tmp_path):
    with pytest.raises(OptionError, match=r"none\.json"):
        load_bone_map(tmp_path / "none.json")
    with pytest.raises(OutputError, match="nowhere"):
        save_bone_map(known_maps()[0], tmp_path / "nowhere" / "map.json")


def test_changing_a_joints_bone_drops_what_belonged_to_the_old_one():
    controls = known_maps()[0]
    changed = controls.with_bones({**controls.bones, "pelvis": "hips"})
    assert changed.also == {}
    assert "pelvis" not in changed.points
    assert changed.points["spine1"] == controls.points["spine1"]
