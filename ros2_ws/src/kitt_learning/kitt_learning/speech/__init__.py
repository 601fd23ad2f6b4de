"""What the ears are trained on, and how."""
