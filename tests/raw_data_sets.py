"""Small data sets in the exact layouts of the real ones, written from numbers that the tests know."""

import struct

import cv2
import numpy as np
from scipy.io import savemat
from scipy.spatial.transform import Rotation


class Python2Pickle:
    """Writes pickles as Python 2 and its numpy did: protocol 2, byte strings, `numpy.core`."""

    def dumps(self, value):
        return b"\x80\x02" + self._emit(value) + b"."

    def _emit(self, value):
        emitters = {
            type(None): lambda _: b"N",
            bool: lambda flag: b"\x88" if flag else b"\x89",
            int: lambda number: b"J" + struct.pack("<i", number),
            float: lambda number: b"G" + struct.pack(">d", number),
            str: lambda text: self._emit_text(text.encode("latin-1")),
            bytes: self._emit_text,
            list: lambda items: b"](" + b"".join(map(self._emit, items)) + b"e",
            tuple: lambda items: b"(" + b"".join(map(self._emit, items)) + b"t",
            dict: lambda items: b"}(" + b"".join(self._emit(part) for item in items.items() for part in item) + b"u",
            np.ndarray: self._emit_array,
        }
        return emitters[type(value)](value)

    def _emit_text(self, data):
        head = b"U" + bytes([len(data)]) if len(data) < 256 else b"T" + struct.pack("<i", len(data))
        return head + data

    def _emit_array(self, array):
        kind = array.dtype.str[1:]
        dtype = b"cnumpy\ndtype\n" + self._emit((kind, 0, 1)) + b"R"
        dtype += self._emit((3, array.dtype.str[0], None, None, None, -1, -1, 0)) + b"b"
        start = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n" + self._emit((0,)) + self._emit("b") + b"tR"
        state = b"(" + self._emit(1) + self._emit(array.shape) + dtype + self._emit(False)
        return start + state + self._emit(array.tobytes()) + b"tb"


class Call:
    """Pickles to a call of a function, as an attacker's object does."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def write_picture(path, brightness, size=(64, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), brightness, np.uint8))


class AmassFiles:
    """AMASS recordings: SMPL-H and SMPL-X."""

    def recording(self, frame_count, joint_count=52, rate_key="mocap_framerate", rate=120.0, gender="male"):
        time = np.arange(frame_count)[:, None] / rate
        poses = 0.3 * np.sin(2 * time + np.arange(joint_count * 3) / 7)
        arrays = {
            "poses": poses,
            "trans": np.concatenate([time, 2 * time, 0 * time + 0.9], axis=1),
            "betas": np.linspace(-1, 1, 16),
            "gender": np.array(gender),
            rate_key: np.array(rate),
        }
        if joint_count == 52:
            arrays["dmpls"] = np.zeros((frame_count, 8))
        else:
            arrays |= {"surface_model_type": np.array("smplx"), "markers_latent": np.zeros((3, 3))}
        return arrays

    def write(self, path, **options):
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = self.recording(**options)
        np.savez(path, **arrays)
        return arrays


class ThreedpwFiles:
    """One recording of two people before a camera that turns."""

    frame_count = 30
    intrinsics = np.array([[1961.85, 0, 540.0], [0, 1969.23, 960.0], [0, 0, 1]])
    rest_pelvis = np.array([0.002, -0.22, 0.03])

    def record(self):
        rng = np.random.default_rng(0)
        count = self.frame_count
        cam_poses = np.tile(np.eye(4), (count, 1, 1))
        turns = np.stack([np.full(count, np.pi - 0.05), 0.01 * np.arange(count), np.full(count, 0.02)], axis=1)
        cam_poses[:, :3, :3] = Rotation.from_euler("xyz", turns).as_matrix()
        cam_poses[:, :3, 3] = [0.1, 1.0, 4.0]
        trans = [np.stack([np.linspace(0, 0.4, count), 0 * np.ones(count), np.zeros(count)], 1) + x for x in (0.0, 0.8)]
        joints = [
            person[:, None] + self.rest_pelvis + np.concatenate([np.zeros((1, 3)), rng.uniform(-0.5, 0.5, (23, 3))])
            for person in trans
        ]
        poses2d = []
        for person in joints:
            camera = np.einsum("tij,tkj->tki", cam_poses[:, :3, :3], person[:, :18]) + cam_poses[:, None, :3, 3]
            pixels = camera @ self.intrinsics.T
            poses2d.append(np.concatenate([pixels[..., :2] / pixels[..., 2:], np.full((count, 18, 1), 0.9)], axis=-1))
        valid = [np.ones(count, np.int64), np.ones(count, np.int64)]
        valid[0][10:13] = 0
        # Too little of the second person is seen for a while.
        poses2d[1][5:7, 6:, 2] = 0.1
        return {
            "sequence": "downtown_test_00",
            "poses": [rng.uniform(-1, 1, (count, 72)) for _ in range(2)],
            "betas": [rng.uniform(-1, 1, 10) for _ in range(2)],
            "trans": trans,
            "jointPositions": [person.reshape(count, 72) for person in joints],
            "poses2d": [person.transpose(0, 2, 1) for person in poses2d],
            "cam_poses": cam_poses,
            "campose_valid": valid,
            "cam_intrinsics": self.intrinsics,
            "genders": ["m", "f"],
            "img_frame_ids": np.arange(0, 2 * count, 2),
            "texture_maps": [],
        }

    def write(self, root, record, split="test", pictures=True):
        folder = root / "sequenceFiles" / split
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{record['sequence']}.pkl"
        path.write_bytes(Python2Pickle().dumps(record))
        if pictures:
            for frame in range(self.frame_count):
                write_picture(root / "imageFiles" / record["sequence"] / f"image_{frame:05d}.jpg", 5 * frame)
        return path


class MpiFiles:
    """MPI-INF-3DHP: MATLAB 5 annotation for training, MATLAB 7.3 (HDF5) for the test set."""

    focal_px, centre_px = 1500.0, 1024.0

    def joints(self, frame_count, joint_count, seed=0):
        """Joints (F, J, 3) in millimetres before the camera, and their pixels (F, J, 2)."""
        rng = np.random.default_rng(seed)
        body = rng.uniform(-500, 500, (joint_count, 3))
        joints = body + np.array([0, 100, 3500]) + 2.0 * np.arange(frame_count)[:, None, None]
        return joints, self.focal_px * joints[..., :2] / joints[..., 2:] + self.centre_px

    def write_train(self, root, subject=1, recording=1, frame_count=40, pictures="jpg", cameras=(0,), outside=()):
        folder = root / f"S{subject}" / f"Seq{recording}"
        folder.mkdir(parents=True, exist_ok=True)
        annot2, annot3 = np.empty((14, 1), object), np.empty((14, 1), object)
        for camera in range(14):
            joints, pixels = self.joints(frame_count, 28, seed=camera)
            pixels[list(outside), 3, 0] = 2048.5
            annot2[camera, 0], annot3[camera, 0] = pixels.reshape(-1, 56), joints.reshape(-1, 84)
        frames = np.arange(1, frame_count + 1)[:, None].astype(np.uint32)
        savemat(folder / "annot.mat", {"annot2": annot2, "annot3": annot3, "frames": frames})
        for camera in cameras if pictures else ():
            for frame in range(frame_count):
                write_picture(folder / f"video_{camera}" / f"frame_{frame + 1:06d}.jpg", 5 * frame)
        return folder

    def write_test(self, root, recording=1, frame_count=20, invalid=()):
        import h5py

        folder = root / "mpi_inf_3dhp_test_set" / f"TS{recording}"
        folder.mkdir(parents=True, exist_ok=True)
        joints, pixels = self.joints(frame_count, 17)
        is_valid = np.ones((frame_count, 1))
        is_valid[list(invalid)] = 0
        # MATLAB puts a block of text before the HDF5 part.
        with h5py.File(folder / "annot_data.mat", "w", userblock_size=512) as file:
            file["annot2"], file["annot3"] = pixels[:, None], joints[:, None]
            file["univ_annot3"], file["valid_frame"] = 0.9 * joints[:, None], is_valid
            file["bb_crop"], file["activity_annotation"] = np.zeros((frame_count, 4)), np.ones((frame_count, 1))
        for frame in range(frame_count):
            write_picture(folder / "imageSequence" / f"img_{frame + 1:06d}.jpg", 5 * frame)
        return folder


class TfRecordFiles:
    """TFRecord framing and Example messages, written byte by byte."""

    def example(self, features):
        entries = b""
        for name, values in features.items():
            entries += self._field(1, self._field(1, name.encode()) + self._field(2, self._feature(values)))
        return self._field(1, entries)

    def write(self, path, payloads):
        from core.training.datasets.tf_records import masked_crc32c

        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for payload in payloads:
                length = struct.pack("<Q", len(payload))
                file.write(length + struct.pack("<I", masked_crc32c(length)))
                file.write(payload + struct.pack("<I", masked_crc32c(payload)))

    def _feature(self, values):
        if isinstance(values, list):
            return self._field(1, b"".join(self._field(1, value) for value in values))
        if values.dtype.kind == "f":
            return self._field(2, self._field(1, values.astype("<f4").tobytes()))
        return self._field(3, self._field(1, b"".join(self._varint(int(value)) for value in values)))

    def _field(self, number, data):
        return self._varint(number << 3 | 2) + self._varint(len(data)) + data

    def _varint(self, value):
        value &= 0xFFFFFFFFFFFFFFFF
        data = b""
        while value >= 0x80:
            data += bytes([value & 0x7F | 0x80])
            value >>= 7
        return data + bytes([value])
