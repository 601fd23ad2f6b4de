"""Features in another voice: each stream another, of the same shape, in the order of time."""

from __future__ import annotations

import pytest

from tone_corpus import NEEDS

pytest.importorskip("torch", reason=NEEDS)
pytest.importorskip("torchaudio", reason=NEEDS, exc_type=ImportError)
import torch

from kitt_learning.speech import augment
from kitt_voice.features import FLOOR, N_MELS, STACK

FLAT = -7.0


def test_features_keep_their_shape_and_floor() -> None:
    features = torch.randn(5, 90, STACK * N_MELS) * 3 - 7
    made = augment.disguised(features)
    assert made.shape == features.shape and torch.isfinite(made).all()
    assert float(made.min()) >= min(float(torch.log(torch.tensor(FLOOR))), -8.0) - 1e-4


def test_heads_differ_from_stream_to_stream_and_a_flat_spectrum_stays_flat() -> None:
    torch.manual_seed(3)
    peak = torch.full((40, 6, N_MELS), FLAT)
    peak[:, :, 18] = 0.0
    places = augment.other_head(peak).argmax(-1)[:, 0]
    assert len(places.unique()) > 3 and (places - 18).abs().max() <= 8
    flat = torch.full((3, 6, N_MELS), FLAT)
    assert torch.allclose(augment.other_head(flat), flat)


def test_time_is_bent_and_never_runs_backwards() -> None:
    torch.manual_seed(3)
    time = torch.arange(200.0).expand(N_MELS, -1).T.expand(30, -1, -1)
    bent = augment.other_pace(time)[:, :, 0]
    pace = bent.diff(dim=1)
    assert bool((pace >= 0).all()) and float(pace.max()) <= 1 + augment.PACE + 0.05
    assert float((bent - time[:, :, 0]).abs().max()) <= augment.SWAY
    assert float((bent - time[:, :, 0]).abs().max()) > 1.0


def test_clarity_changes_how_far_sounds_stand_out_and_not_their_mean() -> None:
    torch.manual_seed(3)
    frames = torch.randn(20, 50, N_MELS)
    made = augment.other_clarity(frames)
    assert torch.allclose(made.mean(1), frames.mean(1), atol=1e-5)
    ratio = made.std(1) / frames.std(1)
    assert float(ratio.min()) >= 1 - augment.CONTRAST - 1e-3 and float(ratio.max()) <= 1 + augment.CONTRAST + 1e-3
    assert float(ratio.max() - ratio.min()) > 0.1
