"""The parts of `kitt bench`: figures as ratios within one run, because absolute ones belong to one machine."""
