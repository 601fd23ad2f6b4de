"""The world as a scene graph. All light is baked into vertex colours: the software renderer then only fills."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from panda3d.core import NodePath, Texture, TransparencyAttrib

from kitt_core.geometry import Pose2D
from kitt_sim import meshes, textures
from kitt_sim.actors import Walker
from kitt_sim.ground import draw_ground
from kitt_sim.lights import LightScene
from kitt_sim.people import PeopleScene
from kitt_sim.vehicles import vehicle_node
from kitt_sim.world import LightColour, ParkedVehicle, StopSign, Tree, World

# drawn in this order: sky, ground, what lies flat on it, then everything that stands, by depth
_SKY, _DECAL = 0, 9


@cache
def _image(name: str, *numbers: float) -> textures.Picture:
    """A picture by its function's name in `textures` and, after a colon, its style; `numbers` are its arguments."""
    kind, _, style = name.partition(":")
    make: Callable[..., textures.Picture] = getattr(textures, kind)
    if style:
        return make(int(style) if style.isdigit() else style)
    return make(*numbers)


class Scene:
    """Builds once, then only people, lights and the sky change."""

    def __init__(self, world: World, root: NodePath) -> None:
        self.world = world
        self._textures: dict[str, Texture] = {}
        # Panda3D would else sort by addresses in memory, and where walls touch the pixels would differ from run to run
        self._drawn = 0
        self._root = root
        self._sky = self._make_sky(root)
        draw_ground(world, self)
        self._buildings(root)
        for vehicle in world.vehicles:
            self._vehicle(root, vehicle)
        for sign in world.signs:
            self._sign(root, sign)
        for tree in world.trees:
            self._tree(root, tree)
        self._lights = LightScene(world, self)
        self.people = PeopleScene(world, root, self._shadow)

    def update(self, eye_x: float, eye_y: float, walkers: list[Walker], colours: list[LightColour]) -> None:
        """Moves the people, and the sky along with the eye; lights show `colours`."""
        self._sky.set_pos(eye_x, eye_y, 0.0)
        self.people.update(walkers)
        self._lights.update(colours)

    def flat(
        self, name: str, mesh: meshes.Mesh, texture: str = "", *numbers: float, at: Pose2D | None = None, layer: int = 1
    ) -> NodePath:
        """Adds something flat: above lower layers, below all that stands; `numbers` make the texture."""
        path = self._add(self._root, name, mesh, self._texture(texture, *numbers) if texture else None, layer)
        if at is not None:
            place(path, at, 0.0)
        return path

    def standing(self, name: str, mesh: meshes.Mesh, texture: str = "", at: Pose2D | None = None) -> NodePath:
        """Adds something that stands, on the ground at a pose."""
        made = self._texture(texture, repeat=False) if texture else None
        path = self._add(self._root, name, mesh, made, None)
        if at is not None:
            place(path, at, self.world.ground_height(at.x, at.y))
        return path

    def _texture(self, name: str, *numbers: float, **options: bool) -> Texture:
        key = f"{name}{numbers or ''}"
        if key not in self._textures:
            self._textures[key] = meshes.texture(key, _image(name, *numbers), **options)
        return self._textures[key]

    def _add(
        self, root: NodePath, name: str, mesh: meshes.Mesh, texture: Texture | None, order: int | None
    ) -> NodePath:
        path: NodePath = root.attach_new_node(meshes.node(name, mesh))
        if texture is not None:
            path.set_texture(texture)
        self._drawn += 1
        if order is None:
            path.set_bin("fixed", self._drawn)
        else:
            path.set_bin("background", order * 10000 + self._drawn)
            path.set_depth_write(False)
            path.set_depth_test(False)
        return path

    def _make_sky(self, root: NodePath) -> NodePath:
        parts, radius, steps = [], 160.0, 32
        for i in range(steps):
            a, b = 2 * math.pi * i / steps, 2 * math.pi * (i + 1) / steps
            ring = [(radius * math.cos(t), radius * math.sin(t)) for t in (a, b)]
            corners = [(*ring[0], -3.0), (*ring[1], -3.0), (*ring[1], 120.0), (*ring[0], 120.0)]
            parts.append(meshes.quad(np.array(corners), (2.0 * i / steps, 0.0, 2.0 * (i + 1) / steps, 1.0)))
        path = self._add(root, "sky", meshes.join(parts), self._texture("sky", mipmap=False), _SKY)
        path.set_two_sided(True)
        return path

    def _buildings(self, root: NodePath) -> None:
        for building in self.world.buildings:
            mesh = meshes.box(building.size, (4.0, 6.4))
            path = self._add(root, building.id, mesh, self._texture(f"facade:{building.style}"), None)
            path.set_pos_hpr(building.pose.x, building.pose.y, 0.0, math.degrees(building.pose.yaw), 0, 0)

    def _shadow(self, root: NodePath, length: float, width: float, strength: float = 1.0) -> NodePath:
        """A blob under something; moved with it."""
        a, b = length / 2, width / 2
        corners = [(-a, -b, 0.01), (a, -b, 0.01), (a, b, 0.01), (-a, b, 0.01)]
        mesh = meshes.quad(np.array(corners), shade=1.0)
        mesh.colour[:, 3] = strength
        path = self._add(root, "shadow", mesh, self._texture("blob", repeat=False), _DECAL)
        path.set_transparency(TransparencyAttrib.M_alpha)
        return path

    def _vehicle(self, root: NodePath, vehicle: ParkedVehicle) -> None:
        path = vehicle_node(vehicle, lambda parent, mesh, texture: self._add(parent, vehicle.id, mesh, texture, None))
        path.reparent_to(root)
        shadow = self._shadow(root, vehicle.size[0] * 1.12, vehicle.size[1] * 1.25)
        for part in (path, shadow):
            place(part, vehicle.pose, self.world.ground_height(vehicle.pose.x, vehicle.pose.y))

    def _sign(self, root: NodePath, sign: StopSign) -> None:
        low = self.world.ground_height(sign.pose.x, sign.pose.y)
        pole = meshes.tinted(meshes.box((0.06, 0.06, sign.height + sign.width * 0.3)), (0.62, 0.64, 0.66))
        path = self._add(root, f"{sign.id}_pole", pole, None, None)
        place(path, sign.pose, low)
        half = sign.width / 2
        angles = np.pi / 8 + np.arange(8) * np.pi / 4
        ring = np.stack([np.cos(angles), np.sin(angles)], 1) / np.cos(np.pi / 8)
        points = np.concatenate([np.full((8, 1), 0.045), ring[:, :1] * half, sign.height + ring[:, 1:] * half], axis=1)
        faces = np.array([(0, i, i + 1) for i in range(1, 7)], np.uint32)
        uv = 0.5 + 0.5 * ring * 0.99
        face = meshes.Mesh(
            points.astype(np.float32), uv.astype(np.float32), np.ones((8, 4), np.float32), faces
        )  # fmt: skip
        plate = self._add(root, sign.id, face, self._texture("stop_sign", repeat=False), None)
        back = meshes.Mesh(
            (points - [0.02, 0, 0]).astype(np.float32), face.uv, np.full((8, 4), 0.6, np.float32), faces[:, ::-1].copy()
        )
        back.colour[:, 3] = 1.0
        place(plate, sign.pose, low)
        place(self._add(root, f"{sign.id}_back", back, None, None), sign.pose, low)

    def _tree(self, root: NodePath, tree: Tree) -> None:
        width, parts = tree.radius * 1.6, []
        for angle in (0.4, 0.4 + math.pi / 2):
            dx, dy = width * math.cos(angle), width * math.sin(angle)
            corners = [(-dx, -dy, 0), (dx, dy, 0), (dx, dy, tree.height), (-dx, -dy, tree.height)]
            parts.append(meshes.quad(np.array(corners), (0.0, 0.02, 1.0, 0.94)))
        path = self._add(
            root, tree.id, meshes.join(parts), self._texture(f"tree:{tree.style}", repeat=False, mipmap=False), None
        )
        path.set_two_sided(True)
        path.set_transparency(TransparencyAttrib.M_binary)
        place(path, Pose2D(tree.x, tree.y), self.world.ground_height(tree.x, tree.y))


def place(path: NodePath, pose: Pose2D, z: float) -> None:
    """Puts a node at a pose on the ground."""
    path.set_pos_hpr(pose.x, pose.y, z, math.degrees(pose.yaw), 0.0, 0.0)
