"""Which project the operator's own files and this machine's metrics belong to."""

from __future__ import annotations

from collections.abc import Sequence

from watchkeeper.access import Access


class HomeProjects:
    """Finds projects by `organisation/project`, or the first that people made."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._found: dict[str, int] = {}

    def find(self, name: str) -> int | None:
        """The project's id; None while there is no such project. Found ones are remembered."""
        if name not in self._found and (project_id := self._look(name)) is not None:
            self._found[name] = project_id
        return self._found.get(name)

    def _look(self, name: str) -> int | None:
        candidates = [
            project.id
            for org in self._access.organisations(self._access.operator("engine"))
            for project in org.projects
            if not project.built_in and name in {"", f"{org.slug}/{project.slug}"}
        ]
        return min(candidates, default=None)


class NamedProjects:
    """Which projects an operator named, by id: asked often, looked up now and then."""

    def __init__(self, homes: HomeProjects, names: Sequence[str]) -> None:
        self._homes, self._names = homes, names
        self._ids: frozenset[int] = frozenset()
        self.refresh()

    def __contains__(self, project_id: int) -> bool:
        return project_id in self._ids

    def refresh(self) -> None:
        """Look for projects that were made since. Blocks for a moment."""
        found = (self._homes.find(name) for name in self._names)
        self._ids = frozenset(one for one in found if one is not None)
