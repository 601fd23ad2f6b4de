"""The registry of backends: every module in this package is one.

A backend module defines

- ``NAME: str``, what the user calls it;
- ``PREFERENCE: int``, its place in "auto": the lowest that is available is taken;
- ``missing() -> str``, empty when it can run here, otherwise what is missing;
- ``remedy() -> str``, how to get it;
- ``open_model(path: Path, threads: int) -> Session``.

It imports its library inside these functions only, so that a machine without that library loads the registry.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from kitt_inference.errors import KittError


def known() -> dict[str, ModuleType]:
    """Every backend of this build by name, the preferred first, whether its library is installed or not."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {module.NAME: module for module in sorted(modules, key=lambda module: (module.PREFERENCE, module.NAME))}


def available() -> list[str]:
    """The names of the backends that can run on this machine, the preferred first."""
    return [name for name, module in known().items() if not module.missing()]


def choose(name: str) -> tuple[ModuleType, str]:
    """The backend module for a name or "auto", and the reason in words.

    Raises:
        KittError: the name is unknown, its library is missing, or nothing at all is available.
    """
    modules = known()
    here = available()
    if name == "auto":
        if not here:
            gaps = "; ".join(f"{key}: {module.missing()}" for key, module in modules.items())
            raise KittError(f"no inference backend runs here ({gaps})", next(iter(modules.values())).remedy())
        passed = [f"{key}: {module.missing()}" for key, module in modules.items() if module.missing()]
        why = f"auto took {here[0]}: " + ("the only backend of this build" if len(modules) == 1 else "first available")
        return modules[here[0]], why + (f" (passed over {'; '.join(passed)})" if passed else "")
    if name not in modules:
        raise KittError(
            f"no backend «{name}» in this build, it has: {', '.join(modules)}",
            f"take --backend auto or one of: {', '.join(here) or 'none is installed'}",
        )
    gap = modules[name].missing()
    if gap:
        raise KittError(f"backend «{name}» cannot run here: {gap}", modules[name].remedy())
    return modules[name], f"{name} was asked for"
