"""A world description as SDF: for Gazebo 11 («classic») and for Gazebo Harmonic, from one and the same code."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Literal

from kitt_core.geometry import Pose2D
from kitt_sim.bodies import Body, BodySet
from kitt_sim.car import Car
from kitt_sim.elements import document
from kitt_sim.elements import element as e
from kitt_sim.gazebo import sdf_car, systems
from kitt_sim.gazebo.scenery import Piece
from kitt_sim.world import LightColour, Person, World

Dialect = Literal["classic", "harmonic"]
STEP_S = 0.004
"""The physics' step."""


@dataclass(frozen=True)
class Drawing:
    """What is drawn: the standing scene, and the pieces of each moving thing by its name, in its own frame."""

    scene: list[Piece]
    moving: dict[str, list[Piece]]
    faces: dict[str, dict[LightColour, list[Piece]]]
    """Of each traffic light what it shows, by colour; in the world's frame."""


def pose(x: float, y: float, z: float = 0.0, roll: float = 0.0, pitch: float = 0.0, yaw: float = 0.0) -> ET.Element:
    """A pose element."""
    return e("pose", (float(x), float(y), float(z), float(roll), float(pitch), float(yaw)))


def _material(piece: Piece, folder: str, dialect: Dialect) -> ET.Element:
    if dialect == "classic":
        script = e("script", e("uri", f"file://{folder}/materials"), e("name", f"kitt/{piece.name}"))
        return e("material", script, e("lighting", False))
    image = f"{folder}/{piece.name}.png"
    # light is in the pictures already: they shine by themselves and reflect nothing
    metal = e("metal", e("albedo_map", image), e("emissive_map", image), e("metalness", 0.0), e("roughness", 1.0))
    return e(
        "material", e("ambient", (1.0, 1.0, 1.0, 1.0)), e("diffuse", (0.0, 0.0, 0.0, 1.0)),
        e("specular", (0.0, 0.0, 0.0, 1.0)), e("emissive", (1.0, 1.0, 1.0, 1.0)), e("pbr", metal),
        e("double_sided", piece.look.two_sided),
    )  # fmt: skip


def visuals(pieces: list[Piece], folder: str, dialect: Dialect) -> list[ET.Element]:
    """The pieces as visuals; meshes lie in `folder`, as Gazebo sees it."""
    return [
        e("visual", e("cast_shadows", False),
          e("geometry", e("mesh", e("uri", f"file://{folder}/{piece.name}.obj" if dialect == "classic"
                                    else f"{folder}/{piece.name}.obj"))),
          _material(piece, folder, dialect), name=piece.name)
        for piece in pieces
    ]  # fmt: skip


def _solid(body: Body) -> ET.Element:
    """A body of the scanner's and the collisions' world, standing."""
    length, _, height = body.size
    shape = (
        e("cylinder", e("radius", length / 2), e("length", height)) if body.round else e("box", e("size", body.size))
    )
    at = pose(body.pose.x, body.pose.y, body.z + height / 2, yaw=body.pose.yaw)
    solid = e("collision", e("geometry", shape), _mask(_STANDING_BIT), name="solid")
    return e("model", e("static", True), at, e("link", solid, name="link"), name=body.id)


def _mask(bits: int) -> ET.Element:
    return e("surface", e("contact", e("collide_bitmask", bits)))


def _face(colour: str, pieces: list[Piece], folder: str, dialect: Dialect) -> ET.Element:
    return e("link", *visuals(pieces, folder, dialect), name=colour)


def _inertial(mass: float, ixx: float, izz: float, z: float = 0.0) -> ET.Element:
    inertia = e("inertia", e("ixx", ixx), e("ixy", 0.0), e("ixz", 0.0), e("iyy", ixx), e("iyz", 0.0), e("izz", izz))
    return e("inertial", pose(0.0, 0.0, z), e("mass", mass), inertia)


FOLLOW_GAIN, FOLLOW_DAMPING = 800.0, 80.0
"""Of people's joints: with 2 kg, and 2 kg m2 about the vertical, critically damped at 20 rad/s."""
LAG_S = FOLLOW_DAMPING / FOLLOW_GAIN
"""By which somebody on the move is behind the position that was asked for."""
_STANDING_BIT, _PEOPLE_BITS = 0x01, 14
"""Of Gazebo's masks for collisions: people walk through each other and past walls, but the car hits everything."""


def _slide(name: str, kind: str, parent: str, child: str, axis: tuple[float, float, float]) -> ET.Element:
    limit = e("limit", e("lower", -1e4), e("upper", 1e4), e("effort", 1e6))
    return e("joint", e("parent", parent), e("child", child),
             e("axis", e("xyz", axis), limit), name=name, type=kind)  # fmt: skip


def _servo() -> ET.Element:
    """Follows positions of the three joints, in Gazebo 11.

    That takes joint commands over another transport than its own; its one plugin that holds any joints at positions
    given over its own is made for an aeroplane's rudders. It has six, of 20 N each: two for each joint.
    """
    rudders = (("left_aileron", "x"), ("right_aileron", "x"), ("left_flap", "y"), ("right_flap", "y"),
               ("elevators", "yaw"), ("rudder", "yaw"))  # fmt: skip
    return e(
        "plugin", *(e(rudder, joint) for rudder, joint in rudders), e("propeller", "yaw"), e("propeller_max_rpm", 1),
        *(e(f"propeller_{term}_gain", 0.0) for term in "pid"), e("surfaces_p_gain", FOLLOW_GAIN / 2),
        e("surfaces_i_gain", 0.0), e("surfaces_d_gain", FOLLOW_DAMPING / 2), name="servo",
        filename="libCessnaPlugin.so",
    )  # fmt: skip


def _person(world: World, person: Person, drawn: list[Piece], folder: str, dialect: Dialect, bit: int) -> ET.Element:
    """Somebody on two rails and a pivot, so that physics moves them and the laser sees them where they are."""
    x, y = person.path[0]
    at = (x, y, world.ground_height(x, y))

    def link(name: str, mass: float, yaw: float, *content: ET.Element) -> ET.Element:
        return e("link", pose(*at, yaw=yaw), e("gravity", False), _inertial(mass, 20.0, 2.0, 0.9), *content, name=name)

    solid = e("collision", pose(0.0, 0.0, person.height / 2),
              e("geometry", e("cylinder", e("radius", person.radius), e("length", person.height))),
              _mask(2 << bit % _PEOPLE_BITS), name="solid")  # fmt: skip
    parts = [
        link("rail", 0.2, 0.0), link("slide", 0.2, 0.0),
        link("body", 1.6, person.yaw, solid, *visuals(drawn, folder, dialect)),
        _slide("x", "prismatic", "world", "rail", (1.0, 0.0, 0.0)),
        _slide("y", "prismatic", "rail", "slide", (0.0, 1.0, 0.0)),
        _slide("yaw", "revolute", "slide", "body", (0.0, 0.0, 1.0)),
    ]  # fmt: skip
    classic = dialect == "classic"
    parts += [_servo()] if classic else systems.person(person.id, FOLLOW_GAIN, FOLLOW_DAMPING)
    return e("model", *parts, name=person.id)


def _ground() -> ET.Element:
    friction = _mask(_STANDING_BIT)
    friction.append(e("friction", e("ode", e("mu", 1.0), e("mu2", 1.0))))
    plane = e("plane", e("normal", (0.0, 0.0, 1.0)), e("size", (500.0, 500.0)))
    link = e("link", e("collision", e("geometry", plane), friction, name="solid"), name="link")
    return e("model", e("static", True), link, name="ground")


def _physics(dialect: Dialect) -> ET.Element:
    common = [e("max_step_size", STEP_S), e("real_time_factor", 1.0), e("real_time_update_rate", 1.0 / STEP_S)]
    if dialect == "harmonic":
        return e("physics", *common, name="default", type="ignored")
    solver = e("solver", e("type", "quick"), e("iters", 40), e("sor", 1.3))
    return e("physics", *common, e("ode", solver), name="default", type="ode")


def world_sdf(world: World, car: Car, drawing: Drawing, folder: str, dialect: Dialect = "classic",
              start: Pose2D | None = None) -> str:  # fmt: skip
    """The SDF document of a world with the car in it.

    Args:
        drawing: what is to be seen. folder: where its files lie, as Gazebo sees it.
        start: where the car begins; the world's own start where it is not given.
    """
    bodies = BodySet(world)
    at = start or world.spawn
    sun = e(
        "light", e("cast_shadows", False), pose(0.0, 0.0, 50.0), e("diffuse", (0.5, 0.5, 0.5, 1.0)),
        e("specular", (0.0, 0.0, 0.0, 1.0)), e("direction", (0.45, -0.35, -0.82)), name="sun", type="directional",
    )  # fmt: skip
    ambient = (0.8, 0.8, 0.8, 1.0)
    scene = e("scene", e("ambient", ambient), e("background", (0.45, 0.46, 0.45, 1.0)), e("shadows", False),
              e("grid", False))  # fmt: skip
    content: list[ET.Element] = [_physics(dialect), scene, e("gravity", (0.0, 0.0, -9.81)), sun, _ground()]
    if dialect == "harmonic":
        content = [*systems.world(), *content]
    link = e("link", *visuals(drawing.scene, folder, dialect), name="link")
    content.append(e("model", e("static", True), link, name="scenery"))
    for name, colours in drawing.faces.items():
        shown = [_face(colour, pieces, folder, dialect) for colour, pieces in colours.items()]
        content.append(e("model", e("static", True), *shown, name=f"{name}_faces"))
    content += [_solid(body) for body in (*bodies.fixed, *bodies.poles)]
    content += [_person(world, p, drawing.moving.get(p.id, []), folder, dialect, i)
                for i, p in enumerate(world.people)]  # fmt: skip
    content.append(sdf_car.model(car, at, dialect))
    root = e("sdf", e("world", *content, name=world.name), version="1.6" if dialect == "classic" else "1.9")
    return document(root)
