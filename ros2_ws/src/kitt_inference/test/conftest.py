"""Makes the helpers beside the tests importable, and finds the shared data."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def kitt_data() -> Path:
    """The shared data: KITT_DATA, else beside the checkout."""
    places = [Path(os.environ["KITT_DATA"])] if "KITT_DATA" in os.environ else []
    places += [parent / "shared/data" for parent in Path(__file__).resolve().parents]
    for place in places:
        if (place / "photo").is_dir():
            return place
    pytest.skip("no shared data: set KITT_DATA to the folder with photo/ and models/")


@pytest.fixture(scope="session")
def trt():
    """TensorRT, as `kitt_inference.engines.library` loads it."""
    from kitt_inference.engines import library

    return library.load()


@pytest.fixture
def mirrored(kitt_data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The zoo's mirror set to the shared models."""
    monkeypatch.setenv("KITT_MODEL_MIRROR", str(kitt_data / "models"))
    return kitt_data
