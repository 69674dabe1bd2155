"""Makes the skinned body: the shaped mesh in the rest pose, its weights, UVs and a plain material."""

from typing import Any, Final

import bpy
import numpy as np

from ..core.body_file import BodyFile
from ..core.skeleton import JOINT_NAMES
from .compat import enable_nodes
from .rest_pose import FloatArray

SKIN_COLOR: Final = (0.55, 0.62, 0.70, 1.0)
LEAST_WEIGHT: Final = 1e-4
"""Smaller weights move a vertex by less than 0.1 mm a metre, and cost memory and exporters' patience."""


def create_body_mesh(context: Any, name: str, body_file: BodyFile, vertices: FloatArray, armature: Any) -> Any:
    """Return a new mesh object in the active collection, parented and bound to the armature.

    Args:
        vertices: (V, 3) shaped rest vertices, metres, armature axes.
        armature: the object of `create_armature` with the same rest pose.
    """
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], body_file.faces.tolist())
    if body_file.uv is not None:
        layer = mesh.uv_layers.new(name="UVMap")
        layer.uv.foreach_set("vector", np.ascontiguousarray(body_file.uv, np.float32).ravel())
    mesh.shade_smooth()
    mesh.materials.append(_create_material(name))
    body = bpy.data.objects.new(name, mesh)
    context.collection.objects.link(body)
    _add_vertex_groups(body, body_file.lbs_weights)
    body.parent = armature
    modifier = body.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    # Plain blending of matrices pinches shoulders and wrists.
    modifier.use_deform_preserve_volume = True
    return body


def _add_vertex_groups(body: Any, lbs_weights: FloatArray) -> None:
    """Give the mesh one vertex group a joint from weights (V, 24); each vertex keeps a sum of one."""
    weights = np.where(lbs_weights >= LEAST_WEIGHT, lbs_weights, 0.0)
    weights = weights / weights.sum(axis=1, keepdims=True)
    for joint, joint_name in enumerate(JOINT_NAMES):
        add = body.vertex_groups.new(name=joint_name).add
        vertex_ids = np.flatnonzero(weights[:, joint])
        for vertex_id, weight in zip(vertex_ids.tolist(), weights[vertex_ids, joint].tolist(), strict=True):
            add((vertex_id,), weight, "REPLACE")


def _create_material(name: str) -> Any:
    material = bpy.data.materials.new(name)
    enable_nodes(material)
    material.diffuse_color = SKIN_COLOR
    shader = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = SKIN_COLOR
    shader.inputs["Roughness"].default_value = 0.7
    return material
