"""What a subscriber does, inside Blender's Python; prints one line of JSON.

install URL VALUE    subscribe to the repository, install, set a preference to VALUE, save
update               fetch the index again and upgrade all, in a new start of Blender
"""

import json
import sys
import tomllib
from pathlib import Path

import bpy


def state(module: str) -> dict:
    folder = Path(sys.modules[module].__file__).parent
    version = tomllib.loads((folder / "blender_manifest.toml").read_text())["version"]
    preferences = bpy.context.preferences.addons[module].preferences
    return {"version": version, "core_python": preferences.core_python, "folder": str(folder)}


def install(url: str, value: str) -> dict:
    bpy.context.preferences.system.use_online_access = True
    repos = bpy.context.preferences.extensions.repos
    repo = repos.new(name="Releases", module="test_releases", remote_url=url)
    repo.use_remote_url = True
    index = list(repos).index(repo)
    bpy.ops.extensions.repo_sync(repo_index=index)
    bpy.ops.extensions.package_install(repo_index=index, pkg_id="jointwise", enable_on_install=True)
    module = "bl_ext.test_releases.jointwise"
    bpy.context.preferences.addons[module].preferences.core_python = value
    bpy.ops.wm.save_userpref()
    return state(module)


def update() -> dict:
    module = "bl_ext.test_releases.jointwise"
    # As a module Blender starts without the saved preferences.
    bpy.ops.wm.read_userpref()
    before = state(module)
    bpy.context.preferences.system.use_online_access = True
    repos = bpy.context.preferences.extensions.repos
    index = next(index for index, repo in enumerate(repos) if repo.module == "test_releases")
    bpy.ops.extensions.repo_sync(repo_index=index)
    bpy.ops.extensions.package_upgrade_all()
    return {"before": before, "after": state(module)}


steps = {"install": install, "update": update}
print("\n" + json.dumps(steps[sys.argv[1]](*sys.argv[2:])), flush=True)
