"""The add-on's preferences: the core's interpreter, what is installed, the last log, and the user's own networks."""

from typing import Any

import bpy

from ..core.errors import JointwiseError
from .bundled_packages import unpacked_folder
from .environment.panel import draw_environments
from .network_files import CHECKPOINT_VARIABLE, LABELS, file_exists
from .preference_values import ROOT_PACKAGE, core_python, network_files, private_folder
from .worker_runtime import bundled_packages, choose_interpreter, extension_root


class JointwisePreferences(bpy.types.AddonPreferences):
    """Settings of the add-on for all files."""

    bl_idname = ROOT_PACKAGE

    core_python: bpy.props.StringProperty(
        name="Python of the Core",
        description="A Python with the core's packages (with CUDA, say); empty: Blender's own with the bundled ones",
        subtype="FILE_PATH",
    )
    keep_ready_min: bpy.props.IntProperty(
        name="Keep the Core Ready (Minutes)",
        description="How long the core's process stays after an estimate, so that the next one starts at once. "
        "It needs some memory meanwhile and ends with Blender. 0: it ends with each estimate",
        default=5,
        min=0,
        max=120,
    )
    pare_checkpoint: bpy.props.StringProperty(
        name=LABELS["pare_checkpoint"],
        description="Your copy of PARE's weights (pare_w_3dpw_checkpoint.ckpt), for the backbone PARE. Not included: "
        "PARE is licensed for research only. Empty: the file that the environment variable "
        f"{CHECKPOINT_VARIABLE} names",
        subtype="FILE_PATH",
    )
    smpl_file: bpy.props.StringProperty(
        name=LABELS["smpl_file"],
        description="Your copy of SMPL's neutral body (SMPL_NEUTRAL.pkl or .npz). Not included: SMPL is licensed for "
        "research only. Motions that were made with this body get their mesh from it. Empty: the backbone PARE takes "
        "the body in PARE's weights, and such motions have no mesh",
        subtype="FILE_PATH",
    )
    temporal_weights: bpy.props.StringProperty(
        name=LABELS["temporal_weights"],
        description="The motion prior that you trained for PARE (.safetensors). Empty: the backbone PARE gives its own "
        "result, frame by frame and not smoothed",
        subtype="FILE_PATH",
    )
    network_file: bpy.props.StringProperty(
        name=LABELS["network_file"],
        description="The file (.toml) that describes your own ONNX network, for the backbone Own Network",
        subtype="FILE_PATH",
    )
    detector_weights: bpy.props.StringProperty(
        name=LABELS["detector_weights"],
        description="Your YOLO weights, which then find the people in the video. The Python of the core needs the "
        "package ultralytics for them. Empty: the bundled detector",
        subtype="FILE_PATH",
    )

    def draw(self, context: Any) -> None:
        """Draw the interpreter, its state, help, the report's and the log's buttons, and the user's own networks."""
        layout = self.layout
        layout.prop(self, "core_python")
        layout.prop(self, "keep_ready_min")
        box = layout.box()
        for icon, line in runtime_status():
            box.label(text=line, icon=icon, translate=False)
        draw_environments(layout)
        row = layout.row()
        row.operator("jointwise.open_help", icon="QUESTION")
        row.operator("jointwise.copy_report", icon="COPYDOWN")
        row.operator("jointwise.copy_log", icon="COPYDOWN")
        box = layout.box()
        box.label(text="Your own networks")
        lines = file_status(context)
        for name in LABELS:
            box.prop(self, name)
            if name in lines:
                icon, line = lines[name]
                box.label(text=line, icon=icon, translate=False)


def file_status(context: Any) -> dict[str, tuple[str, str]]:
    """Return, for each of the user's network files that is set, an icon and whether it exists."""
    translate = bpy.app.translations.pgettext_iface
    lines = {}
    for name, path in vars(network_files(context)).items():
        if path is not None and file_exists(path):
            lines[name] = ("CHECKMARK", translate("{} exists").format(path))
        elif path is not None:
            lines[name] = ("ERROR", translate("{} does not exist").format(path))
    return lines


def runtime_status() -> list[tuple[str, str]]:
    """Return an icon and a line of text for each thing that running the core needs."""
    translate = bpy.app.translations.pgettext_iface
    try:
        interpreter = choose_interpreter(core_python(bpy.context))
        packages = bundled_packages(extension_root())
    except JointwiseError as error:
        return [("ERROR", str(error))]
    lines = [("CONSOLE", translate("The core runs in {}").format(interpreter.path))]
    if interpreter.origin != "blender":
        return [*lines, ("INFO", translate("It uses that Python's own packages"))]
    if packages is None:
        return [*lines, ("INFO", translate("This copy brings no packages; that Python must have them"))]
    is_ready = unpacked_folder(packages, private_folder()) is not None
    state = "Its packages are unpacked" if is_ready else "Its packages are unpacked at the first estimate"
    return [*lines, ("CHECKMARK" if is_ready else "TIME", translate(state))]
