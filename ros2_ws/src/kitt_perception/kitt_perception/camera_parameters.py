"""Parameters of the camera node."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param


@dataclass(frozen=True)
class CameraParameters:
    """Parameters of the camera node."""

    source: str = param("0", "camera number, /dev/videoN, video file, picture, folder, URL, or «gst: PIPELINE»")
    width: int = param(640, "width asked of the camera; 0: as it is", unit="px", low=0, high=8192)
    height: int = param(480, "height asked of the camera; 0: as it is", unit="px", low=0, high=8192)
    fps: float = param(0.0, "rate asked of the camera; 0: as it is", unit="Hz", low=0.0, high=240.0)
    loop: bool = param(True, "files and folders begin again at their end")
    frame_id: str = param("camera_optical_frame", "frame of the pictures (REP 103: z forward, x right, y down)")
    calibration_file: str = param("", "camera_info YAML; empty: horizontal_fov is used")
    horizontal_fov: float = param(1.05, "angle of view without a calibration", unit="rad", low=0.1, high=3.0)
    jpeg_quality: int = param(85, "of /camera/image_raw/compressed", low=1, high=100)
