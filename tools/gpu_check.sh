#!/usr/bin/env bash
# Everything about engines that needs an NVIDIA GPU, in one run: parity of each precision, speed beside the others, and the
# tests. For anyone who has one. Usage: tools/gpu_check.sh [--dry-run] [OUT_DIR] [PHOTOGRAPHS ANNOTATIONS]
#   --dry-run: what of it goes without a GPU (parse and build, the CPU's speed), to try the script.
#   PHOTOGRAPHS, ANNOTATIONS: a folder and its boxes in COCO's JSON format; then AP is compared too.
# KITT_CHECK_MODEL: a model other than auto. KITT_CALIBRATION: a folder of at least 16 photographs, for int8.
# Writes OUT_DIR/*.json and prints what belongs into the model's card. Ends with 1 when an engine was refused or a part
# failed, with 2 without a GPU.
set -euo pipefail
cd "$(dirname "$0")/.."
dry=
if [ "${1:-}" = --dry-run ]; then dry=yes && shift; fi
out=${1:-gpu_check} photographs=${2:-} annotations=${3:-}
model=${KITT_CHECK_MODEL:-auto}
failed=0

step() { printf '\n== %s\n' "$*" >&2; }
try() { "$@" || { failed=1; echo "failed: $*" >&2; }; }

step "the machine"
./kitt models list >/dev/null # makes the environment where there is none
python=.kitt/venv/bin/python
gpu=$(./kitt engine check --json 2>/dev/null | "$python" -c 'import json, sys; print(json.load(sys.stdin)["machine"])') || true
if [[ $gpu == "no NVIDIA GPU"* ]] && [ -z "$dry" ]; then
  echo "error: ${gpu%%;*}. tools/gpu_check.sh --dry-run does what goes without one" >&2
  exit 2
fi
mkdir -p "$out"
out=$(cd "$out" && pwd)
./kitt doctor --json >"$out/doctor.json" || true
if ! "$python" -c 'from importlib.util import find_spec as f; raise SystemExit(not (f("tensorrt") or f("tensorrt_rtx_bindings")))'; then
  step "TensorRT for RTX, as there is no TensorRT"
  "$python" -m pip install --quiet --no-deps --require-hashes -r requirements/engines.lock
fi
if [ -n "$dry" ]; then
  step "parsed and built, not run: ${gpu%%;*}"
  try ./kitt engine build "$model" --precision fp32,fp16 --dry-run --json >"$out/engine_dry.json"
else
  nvidia-smi --query-gpu=name,driver_version,power.limit,clocks.sm --format=csv 2>/dev/null | tee "$out/gpu.csv" >&2 || true
  step "the others to compare with: torch and ONNX Runtime for CUDA"
  try ./kitt train speech --help >/dev/null # installs torch
  try "$python" -m pip install --quiet --no-deps --target "$out/onnxruntime-gpu" onnxruntime-gpu
fi

if [ -n "${KITT_CALIBRATION:-}" ]; then
  step "int8, calibrated on $KITT_CALIBRATION"
  try ./kitt export detector --model "$model" --precision int8 --images "$KITT_CALIBRATION"
fi

step "engines, each compared with ONNX Runtime in float32"
compare=()
if [ -n "$photographs" ]; then compare=(--frames "$photographs"); fi
if [ -n "$annotations" ]; then compare+=(--annotations "$annotations"); fi
precisions=(fp32 fp16 int8)
if [ -n "$dry" ]; then precisions=(); fi
for precision in "${precisions[@]}"; do
  if [ "$precision" = int8 ] && [ -z "${KITT_CALIBRATION:-}" ]; then continue; fi
  try ./kitt engine build "$model" --precision "$precision" --force "${compare[@]}" --json >"$out/engine_$precision.json"
done
if [ -z "$dry" ]; then try ./kitt engine build models/kitt_ears/kitt_ears.onnx --precision fp32 --force --json >"$out/engine_ears.json"; fi
./kitt engine list
try ./kitt engine check

step "speed"
if [ -d "$out/onnxruntime-gpu" ]; then export PYTHONPATH="$out/onnxruntime-gpu${PYTHONPATH:+:$PYTHONPATH}"; fi
try ./kitt bench engines --model "$model" --seconds "${KITT_CHECK_SECONDS:-5}" --json >"$out/bench_engines.json"
./kitt bench engines --model models/kitt_ears/kitt_ears.onnx --seconds 1 --json >"$out/bench_ears.json" || true
if [ -z "$dry" ]; then
  # Pixels in, normalised on the GPU: a quarter of the copy. If it is faster than the same precision above, use it.
  try ./kitt export detector --model "$model" --pixels --json >"$out/pixels.json"
  pixels=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["file"])' "$out/pixels.json")
  try ./kitt engine build "$pixels" --precision fp16 --force "${compare[@]}" --json >"$out/engine_pixels.json"
  try ./kitt bench engines --model "$pixels" --seconds "${KITT_CHECK_SECONDS:-5}" --json >"$out/bench_pixels.json"
fi
if [ -z "$dry" ] && command -v trtexec >/dev/null; then
  file=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["engines"][0]["digest"])' "$out/engine_fp16.json")
  cache=${KITT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kitt}
  try trtexec --loadEngine="$cache/engines/$file.engine" --useCudaGraph --exportTimes="$out/trtexec.json" >"$out/trtexec.log"
  grep -E "Throughput|Latency: min" "$out/trtexec.log" >&2 || true
fi
if [ -z "$dry" ]; then
  try ./kitt bench perception --backend tensorrt --json >"$out/bench_perception.json"

  step "tests"
  try ./kitt test ros2_ws/src/kitt_inference/test/test_tensorrt.py ros2_ws/src/kitt_inference/test/test_tensorrt_models.py \
    ros2_ws/src/kitt_inference/test/test_engines.py ros2_ws/src/kitt_inference/test/test_engine_session.py
fi

step "for models/*/card.md"
"$python" - "$out" <<'PYTHON'
import json
import sys
from pathlib import Path

out = Path(sys.argv[1])
for file in sorted(out.glob("bench_*.json")):
    bench = json.loads(file.read_text() or "{}")
    if "of_the_bare_engine" not in bench:
        continue
    print(f"{bench['model']['name']}; GPU: {bench['machine']['gpu']}; versions: {bench['versions']}")
    print("| | p50, ms | p95, ms | Hz | times the CPU |\n|---|---|---|---|---|")
    for name, row in bench["engines"].items():
        print(f"| {name} | {row['p50_ms']} | {row['p95_ms']} | {row['hz']} | {row['times_as_fast']} |")
    print(f"of the bare engine: {bench['of_the_bare_engine']}; not run: {bench['notes']}\n")
print("| engine | recall | boxes, px | scores | AP | AP of the reference |\n|---|---|---|---|---|---|")
for file in sorted({*out.glob("engine_*.json")} - {out / "engine_dry.json"}):
    said = json.loads(file.read_text() or "{}")
    for engine in said.get("engines", []):
        r = engine["report"]
        row = [r.get(key) for key in ("recall", "box_px", "score", "ap", "ap_reference")]
        print(f"| {engine['model']} {engine['precision']} | " + " | ".join(map(str, row)) + " |")
    for problem in said.get("problems", []):
        print(f"refused: {problem}")
PYTHON
exit "$failed"
