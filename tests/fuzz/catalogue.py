"""All kinds of inputs."""

from . import bodies, imports, lines, motions, settings, videos
from .inputs import Kind

KINDS: dict[str, Kind] = {
    kind.name: kind for part in (videos, motions, imports, bodies, settings, lines) for kind in part.KINDS
}
