"""Parameters of the simulators' nodes."""

from __future__ import annotations

from dataclasses import dataclass

from kitt_core.parameters import param
from kitt_sim.worlds import WORLDS


@dataclass(frozen=True)
class _Common:
    world: str = param("street", f"the world to drive in: {', '.join(sorted(WORLDS))}, or a file", fixed=True)
    seed: int = param(0, "varies positions, facades and timing", low=0, high=2**31 - 1, fixed=True)
    max_command_age: float = param(0.25, "older commands are not obeyed", unit="s", low=0.05, high=2.0)


@dataclass(frozen=True)
class SimulatorParameters(_Common):
    """Parameters of the simulator."""

    camera_rate: float = param(15.0, "pictures a second of simulated time", unit="Hz", low=1.0, high=60.0)
    scan_rate: float = param(10.0, "scans a second of simulated time", unit="Hz", low=1.0, high=40.0)
    odom_rate: float = param(25.0, "odometry messages a second of simulated time", unit="Hz", low=10.0, high=100.0)
    imu_rate: float = param(50.0, "IMU readings a second of simulated time", unit="Hz", low=10.0, high=50.0)
    clock_rate: float = param(50.0, "/clock messages a second of simulated time", unit="Hz", low=20.0, high=100.0)
    speed: float = param(1.0, "simulated seconds per second", low=0.05, high=10.0, fixed=True)
    publish_clock: bool = param(True, "publish /clock, for nodes with use_sim_time", fixed=True)


@dataclass(frozen=True)
class GazeboParameters(_Common):
    """Parameters of the bridge to Gazebo."""

    publish_clock: bool = param(True, "publish /clock, for nodes with use_sim_time", fixed=True)
    window: bool = param(True, "show Gazebo's window where there is a display", fixed=True)
    log: str = param("", "file for Gazebo's own output; empty: a temporary one", fixed=True)


@dataclass(frozen=True)
class HarmonicParameters(_Common):
    """Parameters of the companion of Gazebo Harmonic."""

    window: bool = param(True, "show Gazebo's window where there is a display", fixed=True)
    truth_rate: float = param(10.0, "ground truths a second", unit="Hz", low=5.0, high=50.0)
