"""The noise of the car's own motor, from the speed it drives at."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# A small car: wheels of 6 cm radius, a brushed motor on a gear of 1 : 12 with 15 teeth on its pinion, 3 pole pairs.
_WHEEL_M = 0.06
_GEAR = 12.0
_TEETH = 15
_POLES = 3


def motor_noise(speed: Array, rate: int = 16000, seed: int = 0) -> Array:
    """Noise of a brushed motor with its gear: harmonics of the shaft, the gear's whine, brushes and wheels.

    Pitch follows the speed, loudness grows with it; a car that stands is silent.

    Args:
        speed: (n,) speed of the car at each sample [m/s]; its sign does not matter.
        rate: of the samples [Hz].
        seed: decides the particular motor (strength of its harmonics) and its noise.

    Returns:
        (n,) float32, at most 1 in magnitude; about 0.1 r.m.s. at 1 m/s. Scale it to the wanted ratio.

    Raises:
        ValueError: speed is not one-dimensional or holds what is no number.
    """
    speed = np.abs(np.asarray(speed, dtype=np.float64))
    if speed.ndim != 1 or not np.isfinite(speed).all():
        raise ValueError(f"speed must be (n,) finite numbers, it is {speed.shape}")
    n = len(speed)
    if not n:
        return np.zeros(0, dtype=np.float32)
    rng = np.random.default_rng(seed)
    shaft = speed / (2 * np.pi * _WHEEL_M) * _GEAR  # [Hz]
    # Bearings are not round: the shaft's rate wanders by a part in a hundred, a few times a second.
    points = n * 8 // rate + 2
    wander = 1.0 + 0.01 * np.interp(np.arange(n), np.linspace(0, n, points), rng.standard_normal(points))
    phase = 2 * np.pi * np.cumsum(shaft * wander) / rate
    orders = [*range(1, 9), _POLES * 2, _POLES * 4, _TEETH, 2 * _TEETH, 3 * _TEETH]
    strengths = [*(0.5 / k for k in range(1, 9)), 0.6, 0.3, 0.7, 0.35, 0.15]
    sound = np.zeros(n)
    for order, strength in zip(orders, strengths, strict=True):
        audible = order * shaft < 0.45 * rate  # what lies higher would fold back
        tone = strength * rng.uniform(0.4, 1.2) * np.sin(order * phase + rng.uniform(0, 2 * np.pi))
        sound += np.where(audible, tone, 0.0)
    # Brushes spark with the commutator; wheels roll: noise, its low part stronger.
    white = rng.standard_normal(n)
    brushes = 0.5 * white * (1.0 + 0.5 * np.sin(2 * _POLES * phase))
    sound += brushes + 1.5 * _smoothed(rng.standard_normal(n), rate)
    loudness = speed / (0.5 + speed)  # grows with the speed, ever more slowly
    result: Array = np.clip(0.15 * loudness * sound, -1.0, 1.0).astype(np.float32)
    return result


def _smoothed(noise: Array, rate: int, corner_hz: float = 250.0) -> Array:
    """Noise below a corner, of the same r.m.s."""
    spectrum = np.fft.rfft(noise)
    spectrum /= np.sqrt(1.0 + (np.fft.rfftfreq(len(noise), 1 / rate) / corner_hz) ** 4)
    smooth = np.fft.irfft(spectrum, len(noise))
    return np.asarray(smooth / max(float(np.sqrt(np.mean(smooth**2))), 1e-12))
