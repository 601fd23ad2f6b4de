"""Features as other people and microphones would have given them; anew each time that a stream is learnt from."""

from __future__ import annotations

import numpy as np
import torch
import torchaudio

from kitt_voice.features import FLOOR, N_MELS, mel_corners

VOCAL_TRACT = 0.16
"""Frequencies are stretched by up to this part, as in a head of another size."""
CURVE = (0.6, 0.7, 0.5, 0.3)
"""Standard deviations [nats] of a frequency response's level, slope and finer waves."""
_CENTRES_HZ = torch.from_numpy(mel_corners()[1:-1])


def disguised(features: torch.Tensor) -> torch.Tensor:
    """(B, T, 80) log-mel in another voice, through another microphone, with bands and moments missing.

    Vocal tract length perturbation (Jaitly and Hinton 2013), SpecAugment (Park et al. 2019).
    """
    frames = other_head(features.reshape(len(features), -1, N_MELS)) + _microphone(len(features))[:, None]
    frames = frames.clamp_min(float(np.log(FLOOR))).transpose(1, 2)[:, None]
    bands = torchaudio.transforms.FrequencyMasking(5, iid_masks=True)
    moments = torchaudio.transforms.TimeMasking(6, iid_masks=True)
    for mask in (bands, bands, moments, moments):
        frames = mask(frames, -8.0)
    return frames[:, 0].transpose(1, 2).reshape(features.shape)


def other_head(frames: torch.Tensor) -> torch.Tensor:
    """(B, T, 40) log-mel of speakers with a vocal tract of another length, another for each stream."""
    hertz = _CENTRES_HZ
    wanted = hertz * (1 + VOCAL_TRACT * (2 * torch.rand(len(frames), 1) - 1))
    above = torch.searchsorted(hertz, wanted).clamp(1, N_MELS - 1)
    share = ((wanted - hertz[above - 1]) / (hertz[above] - hertz[above - 1])).clamp(0, 1)
    low, high = (frames.gather(2, (above + shift)[:, None].expand_as(frames)) for shift in (-1, 0))
    return low.lerp(high, share[:, None].expand_as(frames))


def _microphone(count: int) -> torch.Tensor:
    """(count, 40) what frequency responses add."""
    mels = torch.arange(N_MELS) / N_MELS
    waves = torch.stack([torch.cos(torch.pi * k * (mels + torch.rand(count, 1))) for k in range(len(CURVE))], 1)
    return (waves * torch.randn(count, len(CURVE), 1) * torch.tensor(CURVE)[:, None]).sum(1)
