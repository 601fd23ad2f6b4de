"""camera: pictures from any source on /camera/image_raw, with their geometry on /camera/camera_info."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from kitt_core.convert import compressed_to_msg, image_to_msg, to_stamp
from kitt_core.errors import KittError
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_perception.camera_info import Intrinsics, from_fov, load_calibration
from kitt_perception.camera_parameters import CameraParameters
from kitt_perception.camera_source import CameraSource, CameraState, Frame
from kitt_perception.sources.base import SourceOptions
from kitt_perception.sources.parse import parse_source

# A source that streams, but gave nothing for so long [s], is in trouble, whatever its driver says.
_SILENT_S = 1.0


class CameraNode(KittNode):
    """Publishes in the reader's thread: a picture is on its way as soon as it is there."""

    node_name = "camera"
    parameters = CameraParameters
    params: CameraParameters

    def on_setup(self) -> None:
        self._calibration = _calibration(self.params)
        self._info: Intrinsics | None = None
        self._info_error: KittError | None = None
        self._last_frame_s = time.monotonic()
        self._image = self.advertise("/camera/image_raw")
        self._camera_info = self.advertise("/camera/camera_info")
        self._compressed = self.advertise("/camera/image_raw/compressed")
        self._camera = self._make(self.params)

    def on_start(self) -> None:
        self._last_frame_s = time.monotonic()
        self._camera.start()
        self._report()
        self.every(0.5, self._report)

    def on_stop(self) -> None:
        self._camera.stop()

    def on_parameters(self, old: CameraParameters, new: CameraParameters) -> None:
        if not hasattr(self, "_camera"):
            return
        calibration = _calibration(new)
        names = ("source", "width", "height", "fps", "loop")
        if any(getattr(old, name) != getattr(new, name) for name in names):
            camera = self._make(new)
            running = self._camera.status.state is not CameraState.STOPPED
            self._camera.stop()
            self._camera = camera
            if running:
                camera.start()
        self._calibration, self._info, self._info_error = calibration, None, None

    def _make(self, parameters: CameraParameters) -> CameraSource:
        options = SourceOptions(parameters.width, parameters.height, parameters.fps, parameters.loop)
        return CameraSource(parse_source(parameters.source, options), clock=self.now, on_frame=self._publish)

    def _publish(self, frame: Frame) -> None:
        header = Header(stamp=to_stamp(frame.stamp_ns), frame_id=self.params.frame_id)
        self._image.publish(image_to_msg(frame.image, header))
        self._last_frame_s = time.monotonic()
        height, width = frame.image.shape[:2]
        info = self._intrinsics(width, height)
        if info is not None:
            self._camera_info.publish(_to_msg(info, header))
        if self._compressed.wanted:
            quality = [cv2.IMWRITE_JPEG_QUALITY, self.params.jpeg_quality]
            good, jpeg = cv2.imencode(".jpg", frame.image, quality)
            if good:
                self._compressed.publish(compressed_to_msg(jpeg.tobytes(), header))

    def _intrinsics(self, width: int, height: int) -> Intrinsics | None:
        info = self._info
        if info is None or (info.width, info.height) != (width, height):
            try:
                calibration = self._calibration
                info = calibration.scaled_to(width, height) if calibration else self._ideal(width, height)
                self._info, self._info_error = info, None
            except KittError as error:
                self._info, self._info_error = None, error
                return None
        return info

    def _ideal(self, width: int, height: int) -> Intrinsics:
        return from_fov(width, height, self.params.horizontal_fov)

    def _report(self) -> None:
        status = self._camera.status
        silent_s = time.monotonic() - self._last_frame_s
        facts = {
            "source": self._camera.name,
            "state": status.state.value,
            "frames": status.frames,
            "undecodable": status.undecodable,
            "losses": status.losses,
        }
        if status.state is CameraState.LOST:
            self.set_status(Level.ERROR, f"{status.reason}. {status.remedy}", **facts)
        elif status.state is CameraState.STREAMING and silent_s > _SILENT_S:
            self.set_status(Level.ERROR, f"{self._camera.name} has given nothing for {silent_s:.1f} s", **facts)
        elif self._info_error is not None:
            self.set_status(Level.WARN, f"no camera_info: {self._info_error}", **facts)
        elif status.state is CameraState.STREAMING:
            self.set_status(Level.OK, f"streaming from {self._camera.name}", **facts)
        else:
            self.set_status(Level.WARN, f"{self._camera.name}: {status.state.value}", **facts)


def _calibration(parameters: CameraParameters) -> Intrinsics | None:
    return load_calibration(Path(parameters.calibration_file)) if parameters.calibration_file else None


def _to_msg(info: Intrinsics, header: Header) -> CameraInfo:
    return CameraInfo(
        header=header,
        width=info.width,
        height=info.height,
        distortion_model=info.distortion_model,
        d=list(info.d),
        k=list(info.k),
        r=list(info.r),
        p=list(info.p),
    )


def main() -> int:
    """Run the node until it is told to stop."""
    return run(CameraNode)


if __name__ == "__main__":
    sys.exit(main())
