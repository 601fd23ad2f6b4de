#!/usr/bin/env bash
# Build the image for this Jetson. Usage: docker/build-jetson.sh [--print]
set -euo pipefail
cd "$(dirname "$0")/.."
root=${KITT_JETSON_ROOT:-} # tests give a folder that holds etc/ and proc/ of a board

file=$root/etc/nv_tegra_release
if [ ! -r "$file" ]; then
  echo "error: no /etc/nv_tegra_release: this is no Jetson. Elsewhere: docker build -f docker/Dockerfile -t kitt ." >&2
  exit 2
fi
# As «# R36 (release), REVISION: 4.0, ...»
if [[ ! $(head -n 1 "$file") =~ R([0-9]+)\ .*REVISION:\ ([0-9]+)\. ]]; then
  echo "error: the release cannot be read from $file" >&2
  exit 2
fi
major=${BASH_REMATCH[1]} release=r${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
soc=t234
if grep -qsa tegra264 "$root/proc/device-tree/compatible"; then soc=t264; fi

case $major in
  36) base=nvcr.io/nvidia/l4t-jetpack:r36.4.0 distribution=humble ;;
  3[89]) base=ros:jazzy-ros-base distribution=jazzy ;;
  *)
    echo "error: Jetson Linux ${release}: KITT knows 36 (JetPack 6) and 38, 39 (JetPack 7)" >&2
    exit 2
    ;;
esac
command=(docker build -f docker/Dockerfile.jetson -t kitt --build-arg "BASE=${KITT_BASE:-$base}"
  --build-arg "ROS_DISTRO=$distribution" --build-arg "L4T=$release" --build-arg "SOC=$soc" .)
if [ "${1:-}" = --print ]; then
  echo "${command[*]}"
else
  exec "${command[@]}"
fi
