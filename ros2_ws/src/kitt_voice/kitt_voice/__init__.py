"""The ears: microphone, acoustic model and recogniser of spoken commands."""
