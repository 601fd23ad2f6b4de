"""The registry of backends: every module in this package is one.

A backend module defines

- ``NAME: str``, what the user calls it;
- ``PREFERENCE: int``, its place in "auto": the lowest that works is taken; from `ONLY_WHEN_ASKED` on never;
- ``missing() -> str``, empty when it can run here, otherwise what is missing;
- ``remedy() -> str``, how to get it;
- ``open_model(path: Path, threads: int) -> Session``, which raises `BackendError` where another backend may do better.

It imports its library inside `open_model` only, so that a machine without that library loads the registry.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from kitt_inference.errors import KittError

ONLY_WHEN_ASKED = 100


def known() -> dict[str, ModuleType]:
    """Every backend of this build by name, the preferred first, whether its library is installed or not."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {module.NAME: module for module in sorted(modules, key=lambda module: (module.PREFERENCE, module.NAME))}


def available() -> list[str]:
    """The names of the backends that can run on this machine, the preferred first."""
    return [name for name, module in known().items() if not module.missing()]


def automatic() -> tuple[list[str], dict[str, str]]:
    """The backends "auto" tries, the best first, and those that it passes over with the reason."""
    modules = {name: module for name, module in known().items() if module.PREFERENCE < ONLY_WHEN_ASKED}
    passed = {name: gap for name, module in modules.items() if (gap := module.missing())}
    here = [name for name in modules if name not in passed]
    if not here:
        gaps = "; ".join(f"{name}: {gap}" for name, gap in passed.items())
        raise KittError(f"no inference backend runs here ({gaps})", modules[list(modules)[-1]].remedy())
    return here, passed


def lookup(name: str) -> ModuleType:
    """The backend of that name, whether it can run here or not. Raises KittError when it is unknown."""
    modules = known()
    if name not in modules:
        raise KittError(
            f"no backend «{name}» in this build, it has: {', '.join(modules)}",
            f"take --backend auto or one of: {', '.join(available()) or 'none is installed'}",
        )
    return modules[name]


def named(name: str) -> ModuleType:
    """The backend of that name. Raises KittError when it is unknown or cannot run here."""
    module = lookup(name)
    gap = module.missing()
    if gap:
        raise KittError(f"backend «{name}» cannot run here: {gap}", module.remedy())
    return module
