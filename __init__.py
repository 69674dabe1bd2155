"""Jointwise: motion capture from a video inside Blender. Blender registers the add-on through this file."""


def register() -> None:
    """Register the add-on; imports it only now, so that tests and the core never import bpy through this file."""
    from . import blender_addon

    blender_addon.register()


def unregister() -> None:
    """Unregister the add-on."""
    from . import blender_addon

    blender_addon.unregister()
