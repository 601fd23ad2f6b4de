"""tools/gpu_check.sh on a machine without a GPU: one clear line, and a dry run through all that goes without one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from kitt_inference.engines import cuda, library

pytestmark = pytest.mark.skipif(not cuda.missing(), reason="there is a GPU")


@pytest.fixture
def check(root, tmp_path):
    """The script in a checkout of its own, whose `kitt` is this environment's."""
    for name in ("tools", ".kitt/venv/bin"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(root / "tools/gpu_check.sh", tmp_path / "tools")
    (tmp_path / "models").symlink_to(root / "models")
    for file, words in (("kitt", '-m kitt_cli.main "$@"'), (".kitt/venv/bin/python", '"$@"')):
        (tmp_path / file).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}\n')
        (tmp_path / file).chmod(0o755)

    def run(*arguments):
        settings = {
            "KITT_CACHE": str(tmp_path / "cache"),
            "KITT_CHECK_SECONDS": "0.05",
            "KITT_CHECK_MODEL": "yolox_nano_416",
        }
        return subprocess.run(
            [str(tmp_path / "tools/gpu_check.sh"), *arguments],
            capture_output=True, text=True, check=False, timeout=400, env={**os.environ, **settings},
        )  # fmt: skip

    return run


def test_without_a_gpu_it_ends_in_one_line(check, tmp_path):
    said = check("out")
    assert said.returncode == 2
    errors = [line for line in said.stderr.splitlines() if line.startswith("error: ")]
    assert errors == [f"error: {cuda.missing()}. tools/gpu_check.sh --dry-run does what goes without one"]
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.skipif(
    library.installed() != "tensorrt_rtx_bindings", reason="no TensorRT for RTX: ./kitt test installs it"
)
def test_a_dry_run_goes_through(check, tmp_path):
    said = check("--dry-run", str(tmp_path / "out"))
    assert said.returncode == 0, said.stderr[-2000:]
    assert f"parsed and built, not run: {cuda.missing()}" in said.stderr
    assert "| onnxruntime | " in said.stdout
    assert f"'tensorrt fp16': '{cuda.missing()}'" in said.stdout
    built = (tmp_path / "out/engine_dry.json").read_text()
    assert '"fp32"' in built and '"fp16"' in built
