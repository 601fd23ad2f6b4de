"""Text: corpora, networks, training and evaluation of what completes, corrects and understands."""
