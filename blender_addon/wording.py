"""Sentences in the user's language: what is put together at run time is translated before its values go in."""

import bpy


def reported(template: str, *values: object) -> str:
    """Return a sentence for a report, translated where Blender has a translation of its template.

    Args:
        template: the English sentence, with `{}` for each value; without values it is taken as it is.
    """
    sentence: str = bpy.app.translations.pgettext_rpt(template)
    # A sentence without values may name a file with braces.
    return sentence.format(*values) if values else sentence
