"""Meshes of the parked vehicles."""

from __future__ import annotations

from panda3d.core import Texture

from kitt_sim import meshes
from kitt_sim.world import ParkedVehicle


def vehicle_mesh(vehicle: ParkedVehicle) -> list[tuple[meshes.Mesh, Texture | None]]:
    """The parts of a vehicle with their textures, standing on z = 0, facing +x."""
    length, width, height = vehicle.size
    body = meshes.tinted(meshes.box((length, width, height * 0.55)), vehicle.colour)
    cabin = meshes.tinted(meshes.box((length * 0.55, width * 0.9, height)), (0.2, 0.22, 0.25))
    return [(meshes.join([body, cabin]), None)]
