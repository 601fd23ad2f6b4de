"""A run from above: the world, the people's walks and the car's path, coloured by its speed."""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from kitt_core.geometry import Pose2D
from kitt_sim.scenarios.record import Record
from kitt_sim.scenarios.runner import StepResult
from kitt_sim.vehicle import VehicleSpec
from kitt_sim.world import World

MARGIN_M, LONGEST_PX, LEAST_SCALE = 6.0, 1600, 6.0
_GRASS, _PAVEMENT, _ROAD, _WHITE = (168, 200, 172), (196, 202, 204), (120, 120, 118), (236, 236, 236)
_HOUSE, _CAR, _TREE, _PERSON, _INK = (148, 168, 190), (150, 96, 64), (96, 150, 104), (40, 40, 200), (30, 30, 30)
Image = NDArray[np.uint8]


class _Map:
    """World metres to pixels of a picture, x to the right and y up."""

    def __init__(self, low: tuple[float, float], high: tuple[float, float]) -> None:
        span = max(high[0] - low[0], high[1] - low[1])
        self.scale = max(LEAST_SCALE, min(24.0, LONGEST_PX / span))
        self._low, self._high = low, high
        size = (round((high[1] - low[1]) * self.scale), round((high[0] - low[0]) * self.scale))
        self.image: Image = np.full((*size, 3), _GRASS, np.uint8)

    def at(self, x: float, y: float) -> tuple[int, int]:
        """The pixel of a point."""
        return round((x - self._low[0]) * self.scale), round((self._high[1] - y) * self.scale)

    def box(self, pose: Pose2D, x: tuple[float, float], y: tuple[float, float], colour: tuple[int, int, int]) -> None:
        """A filled rectangle given in a pose's own frame."""
        corners = [pose.to_parent(a, b) for a, b in ((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]))]
        cv2.fillPoly(self.image, [np.array([self.at(*c) for c in corners], np.int32)], colour, cv2.LINE_AA)

    def centred(self, pose: Pose2D, size: tuple[float, float], colour: tuple[int, int, int]) -> None:
        """A filled rectangle around a pose."""
        self.box(pose, (-size[0] / 2, size[0] / 2), (-size[1] / 2, size[1] / 2), colour)

    def text(self, words: str, x: int, y: int, size: float = 0.45) -> None:
        """Dark words on a light rim."""
        for colour, thick in ((_WHITE, 3), (_INK, 1)):
            cv2.putText(self.image, words, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)


def path_picture(
    world: World, record: Record, steps: list[StepResult], title: str, spec: VehicleSpec | None = None
) -> Image:
    """The run as BGR (H, W, 3); each step's end is marked with its number, which the legend explains."""
    spec = spec or VehicleSpec()
    points = [(s.pose.x, s.pose.y) for s in record.samples] or [(world.spawn.x, world.spawn.y)]
    points += [place for s in record.samples for place in s.people.values() if math.dist(place, points[0]) < 80.0]
    low = (min(p[0] for p in points) - MARGIN_M, min(p[1] for p in points) - MARGIN_M)
    high = (max(p[0] for p in points) + MARGIN_M, max(p[1] for p in points) + MARGIN_M)
    drawn = _Map(low, high)
    _world(drawn, world)
    for person in world.people:
        walked = [s.people[person.id] for s in record.samples if person.id in s.people]
        if walked:
            line = np.array([drawn.at(*p) for p in walked], np.int32)
            cv2.polylines(drawn.image, [line], False, _PERSON, 1, cv2.LINE_AA)
            cv2.circle(drawn.image, drawn.at(*walked[-1]), round(person.radius * drawn.scale), _PERSON, -1, cv2.LINE_AA)
    for a, b in pairwise(record.samples):
        shade = cv2.applyColorMap(np.full((1, 1), min(255, round(abs(b.speed) * 100)), np.uint8), cv2.COLORMAP_TURBO)
        colour = tuple(int(c) for c in shade[0, 0])
        cv2.line(drawn.image, drawn.at(a.pose.x, a.pose.y), drawn.at(b.pose.x, b.pose.y), colour, 3, cv2.LINE_AA)
    if record.samples:
        drawn.box(record.samples[-1].pose, (spec.rear, spec.front), (-spec.width / 2, spec.width / 2), (40, 170, 250))
    return _legend(drawn, record, steps, title)


def _world(drawn: _Map, world: World) -> None:
    for road in world.roads:
        edge = road.kerb + road.pavement_width
        drawn.box(road.pose, (0.0, road.length), (-edge, edge), _PAVEMENT)
    for road in world.roads:
        drawn.box(road.pose, (0.0, road.length), (-road.kerb, road.kerb), _ROAD)
        for along in np.arange(0.0, road.length, 6.0).tolist():
            drawn.box(road.pose, (along, along + 3.0), (-0.07, 0.07), _WHITE)
    for square in world.paved:
        drawn.centred(square.pose, square.size, _ROAD)
    for marking in world.markings:
        drawn.centred(marking.pose, marking.size, _WHITE)
    for building in world.buildings:
        drawn.centred(building.pose, building.size[:2], _HOUSE)
    for tree in world.trees:
        cv2.circle(
            drawn.image, drawn.at(tree.x, tree.y), round(tree.radius * drawn.scale * 0.6), _TREE, -1, cv2.LINE_AA
        )
    for vehicle in world.vehicles:
        drawn.centred(vehicle.pose, vehicle.size[:2], _CAR)
    for sign in world.signs:
        cv2.circle(drawn.image, drawn.at(sign.pose.x, sign.pose.y), 5, (30, 30, 190), -1, cv2.LINE_AA)
    for light in world.lights:
        cv2.circle(drawn.image, drawn.at(light.pose.x, light.pose.y), 5, (40, 200, 60), -1, cv2.LINE_AA)


def _legend(drawn: _Map, record: Record, steps: list[StepResult], title: str) -> Image:
    for number, step in enumerate(steps, 1):
        sample = next((s for s in record.samples if s.t >= step.ended), record.samples[-1])
        x, y = drawn.at(sample.pose.x, sample.pose.y)
        cv2.circle(drawn.image, (x, y), 9, _WHITE, -1, cv2.LINE_AA)
        drawn.text(str(number), x - 5, y + 5)
    rows = [title, *(f"{i}  {s.ended:6.1f} s  {'' if s.done else 'NOT '}{s.name}" for i, s in enumerate(steps, 1))]
    rows.append("path: blue slow, red fast")
    height, width = drawn.image.shape[:2]
    band = np.full((20 * len(rows) + 12, max(width, 560), 3), 250, np.uint8)
    whole = np.full((height + band.shape[0], band.shape[1], 3), 250, np.uint8)
    whole[:height, :width] = drawn.image
    for i, row in enumerate(rows):
        plain = row.translate({ord(mark): '"' for mark in "«»“”"})
        words = plain.encode("ascii", "replace").decode()  # OpenCV's letters know no others
        cv2.putText(band, words, (8, 20 * i + 20), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    whole[height:] = band
    return whole
