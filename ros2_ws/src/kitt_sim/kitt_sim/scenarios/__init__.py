"""Scenarios: data, a runner that plays them on any simulator, and the judgement by ground truth."""
