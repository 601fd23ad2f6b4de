"""detector: objects on /detections, the same with identities on /tracks. Inference runs in a thread of its own."""

from __future__ import annotations

import sys
import time
from typing import Any

from std_msgs.msg import Header

from kitt_core.convert import DetectionArrays, image_to_msg, msg_to_image, stamp_ns, to_stamp
from kitt_core.errors import KittError
from kitt_core.geometry import yaw_from_quaternion
from kitt_core.health import Level
from kitt_core.node import KittNode, run
from kitt_core.worker import Held, NewestWorker
from kitt_inference.detection import annotate
from kitt_perception.detector_health import DetectorHealth
from kitt_perception.detector_parameters import DetectorParameters
from kitt_perception.engine_upkeep import EngineUpkeep, check_engine
from kitt_perception.nodes.messages import Job, label_info, model_status, processing_times, track_columns
from kitt_perception.picture_health import PictureHealth
from kitt_perception.pipeline import Loaded, Pipeline, Seen, Wish, load, spare_threads
from kitt_perception.tracker import TrackerParams


class DetectorNode(KittNode):
    """The callback only hands the newest image to the worker; late, broken and replaced images are counted."""

    node_name = "detector"
    parameters = DetectorParameters
    params: DetectorParameters

    def on_setup(self) -> None:
        node: Any = self
        self._log = node.get_logger()
        check_engine(self.params.engine)
        self._pipeline = Pipeline(load(_wish(self.params)))
        self._pipeline.failed_over = self._announce
        self._engine = EngineUpkeep(self._pipeline, self._loaded)
        self._apply(self.params)
        self._worker: NewestWorker[Any] = NewestWorker(self._work, "detector", self._failed)
        # Tracking and publishing happen while the next image is in the network: a fifth more images a second.
        self._sender: NewestWorker[Job] = NewestWorker(self._send, "sender", self._failed)
        self._held: Held[Job] = Held(self._sender.offer)
        self._health = DetectorHealth()
        self._picture = PictureHealth()
        self._publish_s = 0.0
        self._arrays = DetectionArrays()
        self._load_failure = ""
        self._detections = self.advertise("/detections")
        self._tracks = self.advertise("/tracks")
        self._timing = self.advertise("/detections/timing")
        self._drawing = self.advertise("/detections/image")
        self._labels = self.advertise("/detections/labels")
        self._model = self.advertise("/detections/model")

    def on_start(self) -> None:
        self._announce(self._pipeline.loaded)
        self._sender.start()
        self._worker.start()
        self._health.started_s = time.monotonic()
        # Reliable, though only the newest counts: of best-effort images Fast DDS loses four in ten (measured).
        self.listen("/camera/image_raw", self._worker.offer)
        self.listen("/odom", self._on_odom, newest_only=True)
        self.every(0.5, self._report)
        self._engine.look(_wish(self.params))

    def on_stop(self) -> None:
        self._engine.stop()
        if not (self._worker.stop() and self._sender.stop()):
            self._log.error("the detector is stuck and was left behind")

    def on_parameters(self, old: DetectorParameters, new: DetectorParameters) -> None:
        if not hasattr(self, "_pipeline"):
            return
        check_engine(new.engine)
        if _wish(old) != _wish(new):
            self._pipeline.reload(_wish(new), self._loaded)
        self._apply(new)

    def _apply(self, new: DetectorParameters) -> None:
        self._pipeline.score = new.score
        wanted = TrackerParams(new.track_high_score, new_score=new.track_new_score, max_age_s=new.track_max_age)
        if self._pipeline.tracker.params != wanted:
            self._pipeline.tracker.params = wanted

    def _on_odom(self, message: Any) -> None:
        pose, q = message.pose.pose, message.pose.pose.orientation
        self._picture.on_odom(pose.position.x, pose.position.y, yaw_from_quaternion(q.x, q.y, q.z, q.w))

    # in the worker's thread ---------------------------------------------------------------------------------------
    def _work(self, message: Any) -> None:
        try:
            job = self._look(message)
        finally:
            self._held.release()
        if job is not None:
            self._held.keep(job)
        if not self._worker.has_next:
            self._held.release()

    def _look(self, message: Any) -> Job | None:
        begin_s, begin_ns = time.perf_counter(), self.now()
        captured_ns = stamp_ns(message.header.stamp)
        wait_s = (begin_ns - captured_ns) * 1e-9
        # From the future as well: then two clocks disagree, and no age can be trusted.
        if abs(wait_s) > self.params.max_image_age:
            self._health.note_late(wait_s)
            return None
        dropped = self._dropped()
        try:
            image = msg_to_image(message)
        except KittError:
            self._health.broken += 1
            raise
        decode_s = time.perf_counter() - begin_s
        found = self._pipeline.detect(image, self._held.release)
        self._health.trouble = trouble = self._picture.judge(image, time.monotonic())
        return Job(message.header, captured_ns, image, found, wait_s, decode_s, dropped, trouble)

    # in the sender's thread ---------------------------------------------------------------------------------------
    def _send(self, job: Job) -> None:
        begin_s = time.perf_counter()
        seen = self._pipeline.track(job.found, job.captured_ns * 1e-9)
        self._publish(job, seen)
        total_s = (self.now() - job.captured_ns) * 1e-9
        times = processing_times(job, self.get_name(), self._publish_s, total_s)
        times.processed = self._sender.status.processed + 1
        self._timing.publish(times)
        if self._drawing.wanted:
            self._drawing.publish(image_to_msg(annotate(job.image, seen.detections), job.header))
        self._publish_s = time.perf_counter() - begin_s
        self._health.note_seen(len(seen.detections), total_s)

    def _publish(self, job: Job, seen: Seen) -> None:
        found, header = seen.detections, job.header
        self._detections.publish(self._arrays.fill(header, found.boxes_xyxy, found.scores.tolist(), found.labels))
        if job.trouble:  # no tracks rather than false ones: without them nothing moves
            return
        coast_s = self.params.track_coast
        tracks = [t for t in seen.tracks if t.confirmed and t.time_since_update_s <= coast_s]
        self._tracks.publish(self._arrays.fill(header, *track_columns(tracks, job.image)))

    def _dropped(self) -> int:
        return self._worker.status.replaced + self._sender.status.replaced + self._health.late

    def _failed(self, error: Exception) -> None:
        self._log.error(f"an image was not processed: {error}", throttle_duration_sec=2.0)

    # models and health --------------------------------------------------------------------------------------------
    def _loaded(self, loaded: Loaded | None, failure: str) -> None:
        self._load_failure = failure
        if loaded is not None:
            self._announce(loaded)
            self._engine.look(_wish(self.params))

    def _announce(self, loaded: Loaded) -> None:
        header = Header(stamp=to_stamp(self.now()))
        self._labels.publish(label_info(loaded, header, self._pipeline.threshold))
        self._model.publish(model_status(loaded, header, self.get_name(), self._engine.state))

    def _report(self) -> None:
        worker, sender, health = self._worker.status, self._sender.status, self._health
        loaded, build = self._pipeline.loaded, self._engine.state
        if self._engine.has_news():
            self._announce(loaded)
        facts = {
            "model": loaded.model,
            "backend": loaded.backend,
            "processed": sender.processed,
            "dropped": self._dropped(),
            "late": health.late,
            "broken": health.broken,
            "failed": worker.failed + sender.failed,
            "engine": f"{build.part:.0%} {build.message}" if build.running else build.message,
        } | ({"fault": health.trouble} if health.trouble else {})
        fault = health.fault(sender if sender.error else worker, self.params.max_image_age, time.monotonic())
        if fault:
            self.set_status(Level.ERROR, fault, **facts)
        elif trouble := loaded.fallback or self._load_failure or ("" if build.running else build.message):
            self.set_status(Level.WARN, trouble, **facts)
        else:
            words = f"{health.objects} objects, {health.total_s * 1e3:.0f} ms after the image"
            self.set_status(Level.OK, words, **facts)


def _wish(parameters: DetectorParameters) -> Wish:
    return Wish(parameters.model, parameters.backend, parameters.threads or spare_threads(), parameters.engine)


def main() -> int:
    """Run the node until it is told to stop."""
    # Three threads share the interpreter: with the default of 5 ms the network's would wait for the others' Python.
    sys.setswitchinterval(0.0005)
    return run(DetectorNode)


if __name__ == "__main__":
    sys.exit(main())
