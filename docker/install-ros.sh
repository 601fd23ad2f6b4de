#!/usr/bin/env bash
# ROS 2 from packages.ros.org where the image has none; as root. Usage: install-ros.sh jazzy|humble
set -euo pipefail
distribution=${1:?give jazzy or humble}

if [ -f "/opt/ros/${distribution}/setup.bash" ]; then
  echo "ROS 2 ${distribution} is here"
  exit
fi
. /etc/os-release
case "${distribution} ${VERSION_CODENAME}" in
  "jazzy noble" | "humble jammy") ;;
  *)
    echo "error: ROS 2 ${distribution} has no packages for ${PRETTY_NAME}: Jazzy wants Ubuntu 24.04, Humble 22.04" >&2
    exit 2
    ;;
esac
apt-get update
apt-get install -y --no-install-recommends ca-certificates curl
curl -fsSL https://raw.githubusercontent.com/ros/rosdistro/master/ros.key -o /usr/share/keyrings/ros-archive-keyring.gpg
echo "deb [arch=$(dpkg --print-architecture) signed-by=/usr/share/keyrings/ros-archive-keyring.gpg]" \
  "http://packages.ros.org/ros2/ubuntu ${VERSION_CODENAME} main" >/etc/apt/sources.list.d/ros2.list
apt-get update
apt-get install -y --no-install-recommends "ros-${distribution}-ros-base"
rm -rf /var/lib/apt/lists/*
