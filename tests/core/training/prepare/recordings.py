"""Small motion-capture files in the real layouts, on a skeleton made up for the tests, and their naive evaluation."""

import numpy as np
from scipy.spatial.transform import Rotation

# name: parent, direction, length, axis (deg), channels. Legs splayed by 20 degrees, arms level, elbow hinge 30 off.
ASF_BONES = {
    "lhipjoint": ("root", (0.65, -0.71, 0.25), 2.5, (0, 0, 0), ""),
    "lfemur": ("lhipjoint", (0.34202, -0.939693, 0), 7.6, (0, 0, 20), "rx ry rz"),
    "ltibia": ("lfemur", (0.34202, -0.939693, 0), 7.1, (0, 0, 20), "rx"),
    "lfoot": ("ltibia", (0.09, -0.24, 0.966), 2.2, (-90, 0, 20), "rx rz"),
    "ltoes": ("lfoot", (0, 0, 1), 1.1, (-90, 0, 20), "rx"),
    "rhipjoint": ("root", (-0.64, -0.72, 0.25), 2.5, (0, 0, 0), ""),
    "rfemur": ("rhipjoint", (-0.34202, -0.939693, 0), 7.5, (0, 0, -20), "rx ry rz"),
    "rtibia": ("rfemur", (-0.34202, -0.939693, 0), 7.2, (0, 0, -20), "rx"),
    "rfoot": ("rtibia", (-0.10, -0.28, 0.954), 2.2, (-90, 0, -20), "rx rz"),
    "rtoes": ("rfoot", (0, 0, 1), 1.1, (-90, 0, -20), "rx"),
    "lowerback": ("root", (0.01, 0.997, -0.07), 2.1, (0, 0, 0), "rx ry rz"),
    "upperback": ("lowerback", (0, 1, 0.01), 2.0, (0, 0, 0), "rx ry rz"),
    "thorax": ("upperback", (0, 1, 0.05), 2.1, (0, 0, 0), "rx ry rz"),
    "lowerneck": ("thorax", (0, 1, 0.1), 1.6, (0, 0, 0), "rx ry rz"),
    "upperneck": ("lowerneck", (0, 1, -0.1), 1.5, (0, 0, 0), "rx ry rz"),
    "head": ("upperneck", (0, 1, 0), 1.6, (0, 0, 0), "rx ry rz"),
    "lclavicle": ("thorax", (0.967, 0.25, -0.05), 3.6, (0, 0, 0), "ry rz"),
    "lhumerus": ("lclavicle", (1, 0, 0), 4.8, (180, -30, -90), "rx ry rz"),
    "lradius": ("lhumerus", (1, 0, 0), 3.3, (180, -30, -90), "rx"),
    "lwrist": ("lradius", (1, 0, 0), 1.7, (0, 90, 90), "ry"),
    "lhand": ("lwrist", (1, 0, 0), 0.7, (180, -30, -90), "rx rz"),
    "rclavicle": ("thorax", (-0.967, 0.25, -0.05), 3.6, (0, 0, 0), "ry rz"),
    "rhumerus": ("rclavicle", (-1, 0, 0), 4.9, (180, 30, 90), "rx ry rz"),
    "rradius": ("rhumerus", (-1, 0, 0), 3.3, (180, 30, 90), "rx"),
    "rwrist": ("rradius", (-1, 0, 0), 1.7, (0, -90, -90), "ry"),
    "rhand": ("rwrist", (-1, 0, 0), 0.7, (180, 30, 90), "rx rz"),
}
AMC_JOINTS = {
    "pelvis": "root", "left_hip": "lfemur", "right_hip": "rfemur", "left_knee": "ltibia", "right_knee": "rtibia",
    "left_ankle": "lfoot", "right_ankle": "rfoot", "left_foot": "ltoes", "right_foot": "rtoes",
    "left_shoulder": "lhumerus", "right_shoulder": "rhumerus", "left_elbow": "lradius", "right_elbow": "rradius",
    "left_wrist": "lhand", "right_wrist": "rhand", "head": "head", "neck": "lowerneck", "spine3": "thorax",
}  # fmt: skip

# The MotionBuilder conversion's names: parent and offset.
MB_BONES = {
    "Hips": (None, (0, 0, 0)),
    "LHipJoint": ("Hips", (0, 0, 0)), "LeftUpLeg": ("LHipJoint", (1.4, -1.8, 0.8)),
    "LeftLeg": ("LeftUpLeg", (2.4, -6.7, 0)), "LeftFoot": ("LeftLeg", (2.5, -6.9, 0)),
    "LeftToeBase": ("LeftFoot", (0.2, -0.5, 2.1)),
    "RHipJoint": ("Hips", (0, 0, 0)), "RightUpLeg": ("RHipJoint", (-1.3, -1.8, 0.8)),
    "RightLeg": ("RightUpLeg", (-2.5, -6.8, 0)), "RightFoot": ("RightLeg", (-2.4, -6.8, 0)),
    "RightToeBase": ("RightFoot", (-0.2, -0.6, 2.0)),
    "LowerBack": ("Hips", (0, 0, 0)), "Spine": ("LowerBack", (0, 2, -0.1)), "Spine1": ("Spine", (0, 2, 0)),
    "Neck": ("Spine1", (0, 0, 0)), "Neck1": ("Neck", (0, 1.5, 0.1)), "Head": ("Neck1", (0, 1.4, -0.2)),
    "LeftShoulder": ("Spine1", (0, 0, 0)), "LeftArm": ("LeftShoulder", (3.3, 0.9, -0.2)),
    "LeftForeArm": ("LeftArm", (4.9, 0, 0)), "LeftHand": ("LeftForeArm", (3.4, 0, 0)),
    "RightShoulder": ("Spine1", (0, 0, 0)), "RightArm": ("RightShoulder", (-3.2, 1.0, -0.2)),
    "RightForeArm": ("RightArm", (-4.8, 0, 0)), "RightHand": ("RightForeArm", (-3.5, 0, 0)),
}  # fmt: skip
# One spine bone fewer, no toes; straight legs.
DAZ_BONES = {
    "hip": (None, (0, 0, 0)), "abdomen": ("hip", (0, 20.7, -0.7)), "chest": ("abdomen", (0, 11.7, -0.5)),
    "neck": ("chest", (0, 22.2, -2.2)), "head": ("neck", (-0.2, 7, 1.2)),
    "rCollar": ("chest", (-2.7, 19.3, -4.9)), "rShldr": ("rCollar", (-8.8, -2, 1.5)),
    "rForeArm": ("rShldr", (-28.2, -1.7, 0.5)), "rHand": ("rForeArm", (-22.6, 0.8, 7.1)),
    "lCollar": ("chest", (2.7, 19.3, -4.9)), "lShldr": ("lCollar", (8.8, -2, 1.5)),
    "lForeArm": ("lShldr", (28.2, -1.7, 0.5)), "lHand": ("lForeArm", (22.6, 0.8, 7.1)),
    "rThigh": ("hip", (-8, -6, 0.5)), "rShin": ("rThigh", (-1, -38, 1)), "rFoot": ("rShin", (0.5, -41, -3)),
    "lThigh": ("hip", (8, -6, 0.5)), "lShin": ("lThigh", (1, -38, 1)), "lFoot": ("lShin", (-0.5, -41, -3)),
}  # fmt: skip
BVH_JOINTS = {
    "mb": {
        "left_hip": "LeftUpLeg", "left_knee": "LeftLeg", "left_ankle": "LeftFoot", "left_foot": "LeftToeBase",
        "right_hip": "RightUpLeg", "right_knee": "RightLeg", "right_ankle": "RightFoot", "right_foot": "RightToeBase",
        "left_shoulder": "LeftArm", "left_elbow": "LeftForeArm", "left_wrist": "LeftHand",
        "right_shoulder": "RightArm", "right_elbow": "RightForeArm", "right_wrist": "RightHand",
    },
    "daz": {
        "left_hip": "lThigh", "left_knee": "lShin", "left_ankle": "lFoot", "right_hip": "rThigh",
        "right_knee": "rShin", "right_ankle": "rFoot", "left_shoulder": "lShldr", "left_elbow": "lForeArm",
        "left_wrist": "lHand", "right_shoulder": "rShldr", "right_elbow": "rForeArm", "right_wrist": "rHand",
    },
}  # fmt: skip
BVH_BONES = {"mb": MB_BONES, "daz": DAZ_BONES}


def swinging_angles(frame_count, names_and_channels, seed, frame_rate_hz):
    """Smooth random angles in degrees: {bone: (T, channels)}."""
    rng = np.random.default_rng(seed)
    time = np.arange(frame_count)[:, None] / frame_rate_hz
    return {
        name: rng.uniform(-20, 20, channels)
        + rng.uniform(5, 35, channels) * np.sin(2 * np.pi * rng.uniform(0.3, 0.9, channels) * time)
        for name, channels in names_and_channels.items()
    }


class AsfAmcFiles:
    """Writes .asf and .amc files and knows where their joints are."""

    bones = ASF_BONES
    joints = AMC_JOINTS

    def channels(self):
        return {name: len(bone[4].split()) for name, bone in ASF_BONES.items() if bone[4]}

    def write_asf(self, path):
        lines = [
            "# AST/ASF file written for a test", "# ---------", ":version 1.10", ":name TEST", ":units",
            "  mass 1.0", "  length 0.45", "  angle deg", ":documentation", "   two lines of", "   any text",
            ":root", "   order TX TY TZ RX RY RZ", "   axis XYZ", "   position 0 0 0  ", "   orientation 0 0 0 ",
            ":bonedata",
        ]  # fmt: skip
        for number, (name, (_, direction, length, axis, dof)) in enumerate(ASF_BONES.items(), start=1):
            lines += ["  begin", f"     id {number} ", f"     name {name}"]
            lines += [f"     direction {' '.join(map(str, direction))} ", f"     length {length}   "]
            lines.append(f"     axis {' '.join(map(str, axis))}  XYZ")
            if dof:
                lines.append(f"    dof {dof}")
                for index in range(len(dof.split())):
                    lines.append(f"    {'limits ' if index == 0 else '       '}(-160.0 20.0)")
            lines.append("  end")
        lines += [":hierarchy", "  begin"]
        parents = ["root", *ASF_BONES]
        for parent in parents:
            children = [name for name, bone in ASF_BONES.items() if bone[0] == parent]
            if children:
                lines.append(f"    {parent} {' '.join(children)}")
        path.write_text("\n".join([*lines, "  end", ""]))

    def motion(self, frame_count, seed=0, frame_rate_hz=120.0):
        angles = swinging_angles(frame_count, {**self.channels(), "root": 6}, seed, frame_rate_hz)
        angles["root"][:, :3] = [10, 17, -30] + np.arange(frame_count)[:, None] * [0.01, 0.001, 0.05]
        return angles

    def write_amc(self, path, angles):
        lines = ["#!OML:ASF C:\\Session\\TEST.ASF", ":FULLY-SPECIFIED", ":DEGREES"]
        for frame in range(len(angles["root"])):
            lines.append(str(frame + 1))
            lines += [f"{name} {' '.join(f'{value:.8g}' for value in rows[frame])}" for name, rows in angles.items()]
        path.write_text("\n".join(lines) + "\n")

    def naive_positions(self, angles, frame):
        """Start of each bone by 4x4 matrices, one frame: M = M_parent * shift * C * turn * C^-1."""
        return {name: matrix[:3, 3] for name, matrix in self._naive_matrices(angles, frame).items()}

    def _naive_matrices(self, angles, frame):
        root = angles["root"][frame]
        matrices = {"root": matrix_of(Rotation.from_euler("xyz", root[3:], degrees=True), root[:3])}
        ends = {"root": np.zeros(3)}
        for name, (parent, direction, length, axis, dof) in ASF_BONES.items():
            turn = dict.fromkeys(("rx", "ry", "rz"), 0.0)
            if dof:
                turn.update(zip(dof.split(), angles[name][frame], strict=True))
            frame_axes = Rotation.from_euler("xyz", axis, degrees=True)
            local = frame_axes * Rotation.from_euler("xyz", list(turn.values()), degrees=True) * frame_axes.inv()
            matrices[name] = matrices[parent] @ matrix_of(local, ends[parent])
            ends[name] = np.array(direction) * length
        return matrices


class BvhFiles:
    """Writes .bvh files on the rigs `mb` and `daz` and knows where their joints are."""

    joints = BVH_JOINTS

    def motion(self, rig, frame_count, seed=0, frame_rate_hz=120.0):
        names = dict.fromkeys(BVH_BONES[rig], 3)
        angles = swinging_angles(frame_count, names, seed, frame_rate_hz)
        position = [3, 17, -20] + np.arange(frame_count)[:, None] * [0.01, 0.002, 0.05]
        return angles, position

    def write(self, path, rig, angles, position, frame_time="0.00833333", zero_pose=True):
        bones = BVH_BONES[rig]
        root = next(iter(bones))
        lines = ["HIERARCHY"]
        order = []

        def block(name, depth):
            order.append(name)
            tab = "\t" * depth
            lines.append(f"{tab}{'ROOT' if name == root else 'JOINT'} {name}")
            lines.append(f"{tab}{{")
            lines.append(f"{tab}\tOFFSET {' '.join(map(str, bones[name][1]))}")
            channels = "3 Zrotation Yrotation Xrotation"
            lines.append(
                f"{tab}\tCHANNELS " + (f"6 Xposition Yposition Zposition {channels[2:]}" if name == root else channels)
            )
            children = [child for child, (parent, _) in bones.items() if parent == name]
            for child in children:
                block(child, depth + 1)
            if not children:
                lines.extend([f"{tab}\tEnd Site", f"{tab}\t{{", f"{tab}\t\tOFFSET 0 1 0", f"{tab}\t}}"])
            lines.append(f"{tab}}}")

        block(root, 0)
        rows = [np.concatenate([place, *(angles[name][t] for name in order)]) for t, place in enumerate(position)]
        if zero_pose:
            rows.insert(0, np.concatenate([position[0], np.zeros(3 * len(order))]))
        lines += ["MOTION", f"Frames:\t{len(rows)}", f"Frame Time:\t{frame_time}"]
        lines += [" ".join(f"{value:.8g}" for value in row) for row in rows]
        path.write_text("\n".join(lines) + "\n")

    def naive_positions(self, rig, angles, position, frame):
        """Each joint by 4x4 matrices, one frame."""
        matrices = {}
        for name, (parent, offset) in BVH_BONES[rig].items():
            turn = Rotation.from_euler("ZYX", angles[name][frame], degrees=True)
            if parent is None:
                matrices[name] = matrix_of(turn, position[frame])
            else:
                matrices[name] = matrices[parent] @ matrix_of(turn, offset)
        return {name: matrix[:3, 3] for name, matrix in matrices.items()}


def matrix_of(rotation, shift):
    matrix = np.eye(4)
    matrix[:3, :3] = rotation.as_matrix()
    matrix[:3, 3] = shift
    return matrix
