"""What the verbs about speech share: opening the recogniser, their tables, the rivals, enrolment."""
