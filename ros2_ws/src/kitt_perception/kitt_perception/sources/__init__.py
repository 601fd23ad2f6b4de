"""Where pictures come from: one small class a kind, behind one protocol (`base.Source`)."""
