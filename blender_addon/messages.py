"""What the panel and the preferences show of the last run: its error, its warnings, its log. Imports no bpy."""

from dataclasses import dataclass, field


@dataclass
class Messages:
    """Sentences for the user; lives as long as Blender, not in the file.

    Attributes:
        error: the last failure's sentence, empty after a success.
        warnings: what the user should know about the last result.
        log: technical text of the last run, for a bug report.
        engines: which engine ran each network of the last estimate, and on what device.
    """

    error: str = ""
    warnings: list[str] = field(default_factory=list)
    log: str = ""
    engines: dict[str, str] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget the last run; its log stays until another takes its place."""
        self.error = ""
        self.warnings = []


MESSAGES = Messages()
"""The one record, shared by operators, panel and preferences."""
