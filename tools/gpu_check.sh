#!/usr/bin/env bash
# Everything about engines that needs an NVIDIA GPU, in one run: parity of each precision, speed beside the others, and the
# tests. For anyone who has one. Usage: tools/gpu_check.sh [OUT_DIR] [PHOTOGRAPHS ANNOTATIONS]
#   PHOTOGRAPHS, ANNOTATIONS: a folder and its boxes in COCO's JSON format; then AP is compared too.
# Writes OUT_DIR/*.json and prints what belongs into the model's card. Ends with 1 when an engine was refused.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-gpu_check} photographs=${2:-} annotations=${3:-}
model=${KITT_CHECK_MODEL:-auto}
mkdir -p "$out"
failed=0

step() { printf '\n== %s\n' "$*" >&2; }
try() { "$@" || { failed=1; echo "failed: $*" >&2; }; }

step "the machine"
./kitt doctor --json >"$out/doctor.json" || true
python=.kitt/venv/bin/python
if ! "$python" -c 'from importlib.util import find_spec as f; raise SystemExit(not (f("tensorrt") or f("tensorrt_rtx_bindings")))'; then
  step "TensorRT for RTX, as there is no TensorRT"
  "$python" -m pip install --quiet tensorrt-rtx==1.7.1.116
fi
if command -v nvidia-smi >/dev/null; then
  nvidia-smi --query-gpu=name,driver_version,power.limit,clocks.sm --format=csv | tee "$out/gpu.csv" >&2
fi

step "int8, calibrated on ${KITT_CALIBRATION:-the stored frames}"
# The stored frames are twelve drawn ones: give KITT_CALIBRATION a folder of at least 16 photographs for a fair int8.
if [ -n "${KITT_CALIBRATION:-}" ]; then
  try ./kitt export detector --model "$model" --precision int8 --images "$KITT_CALIBRATION"
fi

step "engines, each compared with ONNX Runtime in float32"
compare=()
if [ -n "$photographs" ]; then compare=(--frames "$photographs"); fi
if [ -n "$annotations" ]; then compare+=(--annotations "$annotations"); fi
for precision in fp32 fp16 int8; do
  if [ "$precision" = int8 ] && [ -z "${KITT_CALIBRATION:-}" ]; then continue; fi
  try ./kitt engine build "$model" --precision "$precision" --force "${compare[@]}" --json >"$out/engine_$precision.json"
done
try ./kitt engine build models/kitt_ears/kitt_ears.onnx --precision fp32 --force --json >"$out/engine_ears.json"
./kitt engine list
try ./kitt engine check

step "speed"
try ./kitt bench engines --model "$model" --seconds "${KITT_CHECK_SECONDS:-5}" --json >"$out/bench_engines.json"
./kitt bench engines --model models/kitt_ears/kitt_ears.onnx --seconds 1 --json >"$out/bench_ears.json" || true
if command -v trtexec >/dev/null; then
  file=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["engines"][0]["digest"])' "$out/engine_fp16.json")
  cache=${KITT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kitt}
  try trtexec --loadEngine="$cache/engines/$file.engine" --useCudaGraph --exportTimes="$out/trtexec.json" >"$out/trtexec.log"
  grep -E "Throughput|Latency: min" "$out/trtexec.log" >&2 || true
fi
try ./kitt bench perception --backend tensorrt --json >"$out/bench_perception.json"

step "tests"
try ./kitt test ros2_ws/src/kitt_inference/test/test_tensorrt.py ros2_ws/src/kitt_inference/test/test_engines.py

step "for models/*/card.md"
"$python" - "$out" <<'PYTHON'
import json
import sys
from pathlib import Path

out = Path(sys.argv[1])
bench = json.loads((out / "bench_engines.json").read_text() or "{}")
print(f"GPU: {bench['machine']['gpu']}; versions: {bench['versions']}")
print("| | p50, ms | p95, ms | Hz | times the CPU |\n|---|---|---|---|---|")
for name, row in bench["engines"].items():
    print(f"| {name} | {row['p50_ms']} | {row['p95_ms']} | {row['hz']} | {row['times_as_fast']} |")
print(f"of the bare engine: {bench['of_the_bare_engine']}; not run: {bench['notes']}\n")
print("| engine | recall | boxes, px | scores | AP | AP of the reference |\n|---|---|---|---|---|---|")
for file in sorted(out.glob("engine_*.json")):
    said = json.loads(file.read_text() or "{}")
    for engine in said.get("engines", []):
        r = engine["report"]
        row = [r.get(key) for key in ("recall", "box_px", "score", "ap", "ap_reference")]
        print(f"| {engine['model']} {engine['precision']} | " + " | ".join(map(str, row)) + " |")
    for problem in said.get("problems", []):
        print(f"refused: {problem}")
PYTHON
exit "$failed"
