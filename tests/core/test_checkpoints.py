import io
import os
import pickle
import tarfile
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from core.checkpoints import Inert, describe_differences, load_strictly, read_checkpoint, tensors_of
from core.errors import WeightsError

FORMATS = pytest.mark.parametrize("zipped", [True, False])


class Touch:
    """Creates a file when it is unpickled by the ordinary pickle."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Evaluate:
    """Runs code when it is unpickled by the ordinary pickle."""

    def __init__(self, code):
        self.code = code

    def __reduce__(self):
        return eval, (self.code,)


class Settings(dict):
    """Stands for a class that the reader does not have."""

    __hash__ = object.__hash__


@FORMATS
def test_tensors_come_back(tmp_path, zipped):
    weights = OrderedDict(
        weight=torch.arange(6.0).reshape(2, 3).T, shared=torch.arange(6.0)[2:4], half=torch.ones(2).half()
    )
    parameter = torch.nn.Parameter(torch.ones(2))
    torch.save(
        {"state_dict": {**weights, "parameter": parameter}}, tmp_path / "a.ckpt", _use_new_zipfile_serialization=zipped
    )
    loaded = tensors_of(read_checkpoint(tmp_path / "a.ckpt"), tmp_path / "a.ckpt", ["state_dict"])
    assert all(torch.equal(loaded[key], value) for key, value in {**weights, "parameter": parameter}.items())


@FORMATS
def test_nothing_in_a_pickle_is_run(tmp_path, zipped):
    made, path = tmp_path / "made", tmp_path / "a.ckpt"
    content = {
        "touch": Touch(made),
        "code": Evaluate(f"__import__('os').mkdir({str(made)!r})"),
        "state_dict": {"w": torch.ones(1)},
    }
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    loaded = read_checkpoint(path)
    assert not made.exists()
    assert isinstance(loaded["touch"], Inert)


def test_the_ordinary_reader_would_have_run_it(tmp_path):
    torch.save({"touch": Touch(tmp_path / "made")}, tmp_path / "a.ckpt")
    torch.load(tmp_path / "a.ckpt", weights_only=False)
    assert (tmp_path / "made").exists()


def test_a_nested_reader_is_not_entered(tmp_path):
    inner = tmp_path / "inner.pt"
    torch.save(Touch(tmp_path / "made"), inner)

    class Enter:
        def __reduce__(self):
            return torch.storage._load_from_bytes, (inner.read_bytes(),)

    torch.save({"enter": Enter(), "w": torch.ones(1)}, tmp_path / "a.ckpt")
    read_checkpoint(tmp_path / "a.ckpt")
    assert not (tmp_path / "made").exists()


@FORMATS
def test_objects_of_unknown_classes_become_inert_and_keep_entries(tmp_path, zipped):
    content = {Settings: 1, "settings": Settings(DEPTH=2), "path": Path("x"), "set": {1, 2}, "w": torch.ones(1)}
    torch.save(content, tmp_path / "a.ckpt", _use_new_zipfile_serialization=zipped)
    loaded = read_checkpoint(tmp_path / "a.ckpt")
    assert isinstance(loaded["settings"], Inert)
    assert loaded["settings"]["DEPTH"] == 2
    assert torch.equal(tensors_of(loaded, tmp_path / "a.ckpt")["w"], torch.ones(1))


def test_one_file_leaves_nothing_behind_for_the_next(tmp_path):
    # BUILD sets attributes on whatever stands on the stack, here on the function that rebuilds tensors.
    build = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x03\x00\x00\x00badK\x01sb."
    with zipfile.ZipFile(tmp_path / "a.ckpt", "w") as archive:
        archive.writestr("archive/data.pkl", build)
        archive.writestr("archive/version", "3\n")
    with pytest.raises(WeightsError):
        read_checkpoint(tmp_path / "a.ckpt")
    assert not hasattr(torch._utils._rebuild_tensor_v2, "bad")


@pytest.mark.parametrize(
    ("content", "phrase"),
    [
        (b"", "not a checkpoint"),
        (b"<!DOCTYPE html><html>", "may be a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "not a checkpoint"),
        (b"PK\x03\x04 cut off", "cut off or damaged"),
        (b"\x80\x02 nonsense", "damaged or not a checkpoint"),
        (pickle.dumps({"w": 1}), "damaged or not a checkpoint"),
    ],
)
def test_other_files_are_one_sentence(tmp_path, content, phrase):
    (tmp_path / "a.ckpt").write_bytes(content)
    with pytest.raises(WeightsError, match=phrase) as caught:
        read_checkpoint(tmp_path / "a.ckpt")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(WeightsError, match="does not exist"):
        read_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(WeightsError, match="is a folder"):
        read_checkpoint(tmp_path)


@FORMATS
def test_a_cut_off_download_is_one_sentence(tmp_path, zipped):
    path = tmp_path / "a.ckpt"
    torch.save({"w": torch.ones(1000)}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:-1500])
    with pytest.raises(WeightsError, match="damaged"):
        read_checkpoint(path)


def test_a_zip_of_other_files_says_to_unpack_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("data/pare/checkpoints/pare_checkpoint.ckpt", b"")
    with pytest.raises(WeightsError, match="Unpack it"):
        read_checkpoint(tmp_path / "data.zip")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_network_is_refused(tmp_path):
    torch.jit.script(torch.nn.Linear(1, 1)).save(str(tmp_path / "a.pt"))
    with pytest.raises(WeightsError, match="compiled network"):
        read_checkpoint(tmp_path / "a.pt")


def test_a_tar_archive_is_refused_even_where_it_starts_like_a_pickle(tmp_path):
    with tarfile.open(tmp_path / "a.pt", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        archive.addfile(tarfile.TarInfo("\x80\x02pickle"), io.BytesIO())
    assert (tmp_path / "a.pt").read_bytes().startswith(b"\x80\x02")
    with pytest.raises(WeightsError, match="not a checkpoint of PyTorch"):
        read_checkpoint(tmp_path / "a.pt")


def test_a_whole_module_or_list_has_no_weights(tmp_path):
    torch.save(torch.nn.Linear(1, 1), tmp_path / "module.pt")
    with pytest.raises(WeightsError, match="no weights"):
        tensors_of(read_checkpoint(tmp_path / "module.pt"), tmp_path / "module.pt")
    torch.save([torch.ones(1)], tmp_path / "list.pt")
    with pytest.raises(WeightsError, match="holds a list"):
        read_checkpoint(tmp_path / "list.pt")


def test_strict_loading_lets_nothing_pass(tmp_path):
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
    state = {key: value for key, value in module.state_dict().items() if key != "1.num_batches_tracked"}
    load_strictly(module, state, tmp_path)
    with pytest.raises(WeightsError, match=r"missing 0\.bias"):
        load_strictly(module, {key: value for key, value in state.items() if key != "0.bias"}, tmp_path)
    load_strictly(
        module, {key: value for key, value in state.items() if key != "0.bias"}, tmp_path, may_lack=["0.bias"]
    )
    with pytest.raises(WeightsError, match=r"not expected 2\.\* \(1\)"):
        load_strictly(module, {**state, "2.weight": torch.ones(1)}, tmp_path)
    with pytest.raises(WeightsError, match=r"wrong shape 0\.bias \(3,\) instead of \(2,\)"):
        load_strictly(module, {**state, "0.bias": torch.ones(3)}, tmp_path)


def test_every_key_is_named_but_whole_modules_once():
    expected = {f"a.{index}.weight": (1,) for index in range(30)} | {"b.x.weight": (1,), "b.y.weight": (1,)}
    missing, surplus = describe_differences({"b.y.weight": (1,), "c": (2,)}, expected)
    assert missing == "missing a.* (30), b.x.* (1)"
    assert surplus == "not expected c"
    assert describe_differences(expected, expected) == []
