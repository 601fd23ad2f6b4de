#!/usr/bin/env bash
# TensorRT and its Python bindings from NVIDIA's Jetson packages; as root. Usage: install-tensorrt.sh r36.4 t234
set -euo pipefail
release=${1:-} soc=${2:-t234}

if python3 -c "import tensorrt" 2>/dev/null; then
  echo "TensorRT is here"
  exit
fi
if [[ ! $release =~ ^r[0-9]+\.[0-9]+$ ]]; then
  echo "error: the release of Jetson Linux is «${release}»; give --build-arg L4T=r36.4 or run docker/build-jetson.sh" >&2
  exit 2
fi
apt-get update
apt-get install -y --no-install-recommends ca-certificates curl
curl -fsSL https://repo.download.nvidia.com/jetson/jetson-ota-public.asc -o /usr/share/keyrings/jetson-ota.asc
for part in common "$soc"; do
  echo "deb [signed-by=/usr/share/keyrings/jetson-ota.asc] https://repo.download.nvidia.com/jetson/${part} ${release} main"
done >/etc/apt/sources.list.d/jetson.list
apt-get update
apt-get install -y --no-install-recommends libnvinfer-bin python3-libnvinfer
rm -rf /var/lib/apt/lists/*
