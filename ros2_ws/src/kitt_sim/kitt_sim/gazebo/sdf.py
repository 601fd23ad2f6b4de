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
from kitt_sim.world import Person, World

Dialect = Literal["classic", "harmonic"]
STEP_S = 0.004
"""The physics' step."""
PERSON_MASS = 70.0


@dataclass(frozen=True)
class Drawing:
    """What is drawn: the standing scene, and the pieces of each moving thing by its name, in its own frame."""

    scene: list[Piece]
    moving: dict[str, list[Piece]]
    faces: dict[str, dict[str, list[Piece]]]
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


def visuals(pieces: list[Piece], folder: str, dialect: Dialect, yaw: float = 0.0) -> list[ET.Element]:
    """The pieces as visuals, turned by `yaw`; meshes lie in `folder`, as Gazebo sees it."""
    return [
        e("visual", e("cast_shadows", False), pose(0.0, 0.0, yaw=yaw),
          e("geometry", e("mesh", e("uri", f"file://{folder}/{piece.name}.obj" if dialect == "classic"
                                    else f"{folder}/{piece.name}.obj"))),
          _material(piece, folder, dialect), name=piece.name)
        for piece in pieces
    ]  # fmt: skip


def _solid(body: Body) -> ET.Element:
    """A body of the scanner's and the collisions' world, standing."""
    length, width, height = body.size
    shape = e("cylinder", e("radius", length / 2), e("length", height)) if body.round else e("box", e("size", body.size))
    at = pose(body.pose.x, body.pose.y, body.z + height / 2, yaw=body.pose.yaw)
    return e("model", e("static", True), at, e("link", e("collision", e("geometry", shape), name="solid"), name="link"),
             name=body.id)  # fmt: skip


def _face(colour: str, pieces: list[Piece], folder: str, dialect: Dialect) -> ET.Element:
    return e("link", *visuals(pieces, folder, dialect), name=colour)


def _inertial(mass: float, ixx: float, izz: float, z: float = 0.0) -> ET.Element:
    inertia = e("inertia", e("ixx", ixx), e("ixy", 0.0), e("ixz", 0.0), e("iyy", ixx), e("iyz", 0.0), e("izz", izz))
    return e("inertial", pose(0.0, 0.0, z), e("mass", mass), inertia)


# how Gazebo 11 turns a velocity command into the velocities of a person's two rails, see `joints.person`
RAIL_RADIUS, RAIL_SEPARATION = 0.5, 2.0
# Harmonic's followers: critically damped at 31 rad/s
SLIDE_GAIN, SLIDE_DAMPING = 80_000.0, 5_000.0
TURN_GAIN, TURN_DAMPING = 2_000.0, 125.0


def _slide(name: str, kind: str, parent: str, child: str, axis: tuple[float, float, float], damping: float,
           at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> ET.Element:  # fmt: skip
    limit = e("limit", e("lower", -1e4), e("upper", 1e4), e("effort", 1e6))
    return e("joint", pose(*at), e("parent", parent), e("child", child),
             e("axis", e("xyz", axis), limit, e("dynamics", e("damping", damping))), name=name, type=kind)  # fmt: skip


def _person(world: World, person: Person, drawn: list[Piece], folder: str, dialect: Dialect) -> ET.Element:
    """Somebody on two rails, so that physics moves them and the laser sees them where they are.

    Gazebo 11 takes no joint commands over its own transport, but its DiffDrive plugin drives any two joints: here the
    rails. Where they look is a matter of the visual alone, since they are round.
    """
    x, y = person.path[0]
    z = world.ground_height(x, y)
    solid = e("collision", pose(0.0, 0.0, person.height / 2),
              e("geometry", e("cylinder", e("radius", person.radius), e("length", person.height))), name="solid")  # fmt: skip
    floating = e("gravity", False)
    if dialect == "classic":
        # the plugin takes its «wheel's» radius from the rail's box: a ball deep below that touches nothing
        ball = e("collision", pose(0.0, 0.0, -9.0), e("geometry", e("sphere", e("radius", RAIL_RADIUS))),
                 e("surface", e("contact", e("collide_bitmask", 0))), name="gauge")  # fmt: skip
        drive = e("plugin", e("left_joint", "x"), e("right_joint", "y"), e("torque", 1000.0),
                  name="rails", filename="libDiffDrivePlugin.so")  # fmt: skip
        figure = e("link", pose(x, y, z), floating, _inertial(PERSON_MASS, 20.0, 20.0, 0.9), solid,
                   *visuals(drawn, folder, dialect, person.yaw), name="body")  # fmt: skip
        return e(
            "model", e("link", pose(x, y, z), e("gravity", False), _inertial(5.0, 1.0, 1.0), ball, name="rail"), figure,
            _slide("x", "prismatic", "world", "rail", (1.0, 0.0, 0.0), 0.0),
            _slide("y", "prismatic", "rail", "body", (0.0, 1.0, 0.0), 0.0, (0.0, 0.0, RAIL_SEPARATION)), drive,
            name=person.id,
        )  # fmt: skip
    return e(
        "model",
        e("link", pose(x, y, z), floating, _inertial(5.0, 1.0, 1.0), name="rail"),
        e("link", pose(x, y, z), e("gravity", False), _inertial(5.0, 1.0, 1.0), name="slide"),
        e("link", pose(x, y, z, yaw=person.yaw), e("gravity", False), _inertial(PERSON_MASS, 20.0, 2.0, 0.9), solid,
          *visuals(drawn, folder, dialect), name="body"),
        _slide("x", "prismatic", "world", "rail", (1.0, 0.0, 0.0), SLIDE_DAMPING),
        _slide("y", "prismatic", "rail", "slide", (0.0, 1.0, 0.0), SLIDE_DAMPING),
        _slide("yaw", "revolute", "slide", "body", (0.0, 0.0, 1.0), TURN_DAMPING),
        *systems.person(person.id, SLIDE_GAIN, TURN_GAIN), name=person.id,
    )  # fmt: skip


def _ground() -> ET.Element:
    friction = e("surface", e("friction", e("ode", e("mu", 1.0), e("mu2", 1.0))))
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
    content += [_person(world, p, drawing.moving.get(p.id, []), folder, dialect) for p in world.people]
    content.append(sdf_car.model(car, at, dialect))
    root = e("sdf", e("world", *content, name=world.name), version="1.6" if dialect == "classic" else "1.9")
    return document(root)


