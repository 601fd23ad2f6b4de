#!/usr/bin/env bash
# The system packages that KITT needs on a machine with ROS 2; as root. Usage: ROS_DISTRO=jazzy install-system.sh
set -euo pipefail
: "${ROS_DISTRO:?set ROS_DISTRO to jazzy or humble}"

packages=(
  python3-dev python3-pip python3-venv python3-colcon-common-extensions cmake g++ make
  "ros-${ROS_DISTRO}-vision-msgs" "ros-${ROS_DISTRO}-tf2-msgs" "ros-${ROS_DISTRO}-launch-xml" "ros-${ROS_DISTRO}-ros2launch"
  libportaudio2 libasound2-plugins alsa-utils                                              # microphone and speaker
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good v4l-utils         # cameras
)
if [ "${1:-}" = --list ]; then
  printf '%s\n' "${packages[@]}"
  exit
fi
apt-get update
apt-get install -y --no-install-recommends "${packages[@]}"
rm -rf /var/lib/apt/lists/*
