#!/usr/bin/env bash
# Source ROS, then run: «kitt VERB ...» is the command, «python ...» the environment's, anything else as it is.
set -euo pipefail
cd "$(dirname "$0")/.."
setup=/opt/ros/${ROS_DISTRO:-jazzy}/setup.bash
set +u # ROS's own script reads variables that are not set
if [ -f "$setup" ]; then . "$setup"; fi
if [ "${1:-}" = python ] && [ -f .kitt/install/local_setup.bash ]; then . .kitt/install/local_setup.bash; fi
set -u
case ${1:-} in
  kitt) shift && exec ./kitt "$@" ;;
  python) shift && exec "${KITT_VENV:-.kitt/venv}/bin/python" "$@" ;;
  *) exec "$@" ;;
esac
