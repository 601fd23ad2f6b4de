"""Features as other people and microphones would have given them; anew each time that a stream is learnt from."""

from __future__ import annotations

import numpy as np
import torch
import torchaudio

from kitt_voice.features import FLOOR, N_MELS, mel_corners

VOCAL_TRACT, BEND = 0.16, 0.04
"""Frequencies are stretched by up to this part, as in a head of another size, and bent by waves of this size."""
CONTRAST = 0.2
"""Sounds stand out from the mean over time by up to this part more or less, as said by the clear and the drowsy."""
PACE, SWAY = 0.3, 5.0
"""Sounds are drawn out or hurried by up to this part, and shifted by at most so many frames."""
CURVE = (0.6, 0.7, 0.5, 0.3)
"""Standard deviations [nats] of a frequency response's level, slope and finer waves."""
MISSING, APART = (6, 7), 80
"""Most bands missing together, twice, and most frames, once in so many."""
_CENTRES_HZ = torch.from_numpy(mel_corners()[1:-1])


def disguised(features: torch.Tensor) -> torch.Tensor:
    """(B, T, 80) log-mel in another voice, through another microphone, with bands and moments missing.

    Vocal tract length perturbation (Jaitly and Hinton 2013), SpecAugment with its time warping (Park et al. 2019).
    """
    frames = other_pace(other_clarity(other_head(features.reshape(len(features), -1, N_MELS))))
    frames = frames + _microphone(frames.device, len(features))[:, None]
    frames = frames.clamp_min(float(np.log(FLOOR))).transpose(1, 2)[:, None]
    bands = torchaudio.transforms.FrequencyMasking(MISSING[0], iid_masks=True)
    moments = torchaudio.transforms.TimeMasking(MISSING[1], iid_masks=True)
    for mask in (bands, bands, *[moments] * (frames.shape[-1] // APART)):
        frames = mask(frames, -8.0)
    return frames[:, 0].transpose(1, 2).reshape(features.shape)


def other_head(frames: torch.Tensor) -> torch.Tensor:
    """(B, T, 40) log-mel of speakers with a vocal tract of another length and form, another for each stream."""
    hertz, at = _CENTRES_HZ.to(frames.device), frames.device
    wanted = hertz * (1 + VOCAL_TRACT * _either_way(at, len(frames), 1))
    for k in (1, 2):
        wanted = wanted * (1 + BEND * torch.randn(len(frames), 1, device=at) * _wave(at, len(frames), k))
    above = torch.searchsorted(hertz, wanted).clamp(1, N_MELS - 1)
    share = ((wanted - hertz[above - 1]) / (hertz[above] - hertz[above - 1])).clamp(0, 1)
    low, high = (frames.gather(2, (above + shift)[:, None].expand_as(frames)) for shift in (-1, 0))
    return low.lerp(high, share[:, None].expand_as(frames))


def other_clarity(frames: torch.Tensor) -> torch.Tensor:
    """(B, T, 40) log-mel whose sounds stand out more or less from their mean over time."""
    mean = frames.mean(1, keepdim=True)
    return mean + (frames - mean) * (1 + CONTRAST * _either_way(frames.device, len(frames), 1, 1))


def other_pace(frames: torch.Tensor) -> torch.Tensor:
    """(B, T, 40) log-mel whose time is bent by a wave, another for each stream."""
    count, last = len(frames), frames.shape[1] - 1
    sway, speed, phase = torch.rand(3, count, 1, device=frames.device)
    sway = SWAY * sway
    time = torch.arange(last + 1, device=frames.device)[None]
    at = time + sway * torch.sin(PACE * speed / sway.clamp_min(0.5) * time + 2 * torch.pi * phase)
    before = at.floor().long().clamp(0, last - 1)
    share = (at - before).clamp(0, 1)[..., None]
    first, second = (frames.gather(1, (before + shift)[..., None].expand(-1, -1, frames.shape[2])) for shift in (0, 1))
    return first.lerp(second, share)


def _either_way(on: torch.device, *shape: int) -> torch.Tensor:
    return 2 * torch.rand(*shape, device=on) - 1


def _microphone(on: torch.device, count: int) -> torch.Tensor:
    """(count, 40) what frequency responses add."""
    waves = torch.stack([spread * _wave(on, count, k) for k, spread in enumerate(CURVE)], 1)
    return (waves * torch.randn(count, len(CURVE), 1, device=on)).sum(1)


def _wave(on: torch.device, count: int, k: int) -> torch.Tensor:
    """(count, 40) k half waves over the bands, each from another place on."""
    bands = torch.arange(N_MELS, device=on) / N_MELS
    return torch.cos(torch.pi * k * (bands + torch.rand(count, 1, device=on)))
