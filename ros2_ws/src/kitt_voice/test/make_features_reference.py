"""Makes features_reference.npz: a signal and what torchaudio makes of it. Needs torch and torchaudio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def signal(seconds: float, seed: int = 1) -> np.ndarray[Any, Any]:
    """A rising tone in noise, with a silent and a very quiet part: int16 at 16 kHz."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(16000 * seconds)) / 16000
    sound = 0.3 * np.sin(2 * np.pi * (200 + 3000 * t / seconds) * t) + 0.05 * rng.standard_normal(len(t))
    part = len(t) // 6
    sound[2 * part : 3 * part] = 0.0
    sound[4 * part : 5 * part] *= 1e-3
    return np.asarray(np.round(sound * 32767).clip(-32768, 32767), dtype=np.int16)


def torchaudio_log_mel(samples: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """(n, 40) of int16 samples, as torchaudio computes them."""
    import torch
    import torchaudio

    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=16000, n_fft=512, win_length=400, hop_length=160, f_min=20.0, f_max=7600.0, n_mels=40, power=2.0,
        center=False, norm=None, mel_scale="htk",
    )  # fmt: skip
    return np.asarray(torch.log(mel(torch.from_numpy(samples.astype(np.float32) / 32768)) + 1e-6).numpy().T)


if __name__ == "__main__":
    samples = signal(0.3)
    np.savez(Path(__file__).parent / "features_reference.npz", samples=samples, log_mel=torchaudio_log_mel(samples))
